/* One worker's loop, and what it does when something fails. */
#include "jobs/worker.h"

#include "base/log.h"
#include "base/os.h"
#include "results/piece.h"

#define FAILURES_MAX 5 /* of one claim, a full disk not counted, before its batch fails */
#define PAUSE_MIN_US (INT64_C(200) * 1000)
#define PAUSE_MAX_US (INT64_C(5) * 1000 * 1000)
#define FULL_DISK_US (INT64_C(1) * 1000 * 1000)

static const str internal_message = STR_INIT("The job could not be completed because of an internal error.");

/* Everything is the thread's own. */
struct worker {
    struct jobs *jobs;
    pthread_t thread;
    struct arena arena;           /* of one claim */
    struct request_id request_id; /* of the claim's batch; empty if it could not be read */
    struct enrich_output output;  /* lines of one claim */
    struct buf deflated;
    struct piece_deflater *deflater;
};

/* ---- conditions that last: logged when they begin and when they end ---- */

static bool has_changed(struct jobs *jobs, bool *note, bool value)
{
    pthread_mutex_lock(&jobs->notes_lock);
    bool is_news = *note != value;
    *note = value;
    pthread_mutex_unlock(&jobs->notes_lock);
    return is_news;
}

static void note_disk(struct jobs *jobs, bool is_full)
{
    if (!has_changed(jobs, &jobs->is_disk_full, is_full)) return;
    if (is_full) {
        log_error("disk full: jobs wait for room");
    } else {
        log_info("disk has room: jobs go on");
    }
}

static void note_snapshot(struct jobs *jobs, const struct records_snapshot *snapshot)
{
    if (!has_changed(jobs, &jobs->is_stale, snapshot->stale != OK)) return;
    if (snapshot->stale != OK) {
        log_error("the latest import cannot be read: jobs use the records before it",
                  LOG_CSTR("error", err_name(snapshot->stale)), LOG_CSTR("detail", err_detail()));
    } else {
        log_info("jobs use the latest import again");
    }
}

/* ---- one claim ---- */

static enum err enrich_claim(struct worker *worker, const struct claim *claim,
                             const struct prepared *prepared)
{
    struct records *records = worker->jobs->records[prepared->spec.entity];
    struct records_snapshot *snapshot;
    if ((size_t)claim->first_identifier + claim->identifier_count > prepared->input_count) {
        return err_raise(ERR_CORRUPT, "a claim behind the end of its batch");
    }
    arena_reset(&worker->arena);
    buf_clear(&worker->output.results);
    buf_clear(&worker->output.unresolved);
    worker->output.counts = (struct batch_counts){0};
    const struct suppression_set *suppressed;
    TRY(suppression_take(worker->jobs->settings.suppression, &suppressed));
    enum err e = records->ops->snapshot(records, &snapshot);
    if (e == OK) {
        note_snapshot(worker->jobs, snapshot);
        e = enrich(&prepared->spec, prepared->inputs + claim->first_identifier, claim->identifier_count,
                   snapshot, suppressed, &worker->arena, &worker->output);
        records->ops->release(snapshot);
    }
    suppression_return(worker->jobs->settings.suppression, suppressed);
    return e;
}

static enum err deflate_output(struct worker *worker, struct piece_pair *ret)
{
    const struct enrich_output *output = &worker->output;
    uint32_t matched = output->counts.of[OUTCOME_MATCHED];
    uint32_t rest = batch_counts_sum(&output->counts) - matched;
    buf_clear(&worker->deflated);
    TRY(piece_deflate(worker->deflater, buf_str(&output->results), matched, &worker->deflated,
                      &ret->results));
    TRY(piece_deflate(worker->deflater, buf_str(&output->unresolved), rest, &worker->deflated,
                      &ret->unresolved));
    ret->counts = output->counts;
    return OK;
}

static enum err work(struct worker *worker, const struct claim *claim, bool *ret_is_last)
{
    struct jobs *jobs = worker->jobs;
    const struct prepared *prepared;
    struct piece_pair pair;
    worker->request_id.n = 0;
    TRY(prepared_take(&jobs->prepared, claim->batch_id, &prepared));
    worker->request_id = prepared->request_id;
    enum err e = enrich_claim(worker, claim, prepared);
    prepared_return(&jobs->prepared, prepared);
    TRY(e);
    TRY(deflate_output(worker, &pair));
    return jobs->control->ops->commit_claim(jobs->control, claim, &pair, buf_str(&worker->deflated),
                                            ret_is_last);
}

/* ---- what comes after it ---- */

static void tell_end(const struct worker *worker, const struct batch *batch)
{
    const struct jobs *jobs = worker->jobs;
    log_info(batch->state == BATCH_COMPLETED ? "batch completed" : "batch failed",
             LOG_STR("request_id", str_of(worker->request_id.p, worker->request_id.n)),
             LOG_STR("batch_id", UUID_STR(batch->id)), LOG_INT("identifiers", batch->identifier_count),
             LOG_INT("matched", batch->counts.of[OUTCOME_MATCHED]),
             LOG_INT("ms", (batch->completed_us - batch->created_us) / 1000));
    if (jobs->settings.on_final) jobs->settings.on_final(jobs->settings.on_final_context, batch->id);
}

/* Makes the batch final. Tries again until that is durable or turns out to be somebody else's; when the
 * server stops before, the next start gets to the same point again. */
static void finish(struct worker *worker, struct uuid batch_id, enum batch_error error)
{
    struct jobs *jobs = worker->jobs;
    struct batch batch;
    struct control_write write = {
        .kind = WRITE_FINISH,
        .batch_id = batch_id,
        .error = error,
        .error_message = error == BATCH_ERROR_NONE ? STR("") : internal_message,
        .retention_us = jobs->settings.retention_us,
        .ret_batch = &batch,
    };
    for (;;) {
        enum err e = commit_wait(&jobs->commit, &write);
        bool is_settled = e == OK || e == ERR_CONFLICT || e == ERR_NOT_FOUND || e == ERR_STALE;
        if (e == OK) tell_end(worker, &batch);
        if (is_settled) break;
        if (e == ERR_NOSPACE) {
            note_disk(jobs, true);
        } else {
            log_warn("batch could not be made final, trying again", LOG_STR("batch_id", UUID_STR(batch_id)),
                     LOG_CSTR("error", err_name(e)));
        }
        if (stop_flag_wait(&jobs->stop, FULL_DISK_US)) break;
    }
    prepared_forget(&jobs->prepared, batch_id);
}

static int64_t pause_us(uint32_t failures)
{
    int64_t us = PAUSE_MIN_US << (failures < 8 ? failures : 8);
    return us < PAUSE_MAX_US ? us : PAUSE_MAX_US;
}

/* Damaged inputs or unknown fields do not get better. */
static bool is_hopeless(enum err e, const struct claim *claim)
{
    return e == ERR_CORRUPT || e == ERR_INVALID || claim->failures >= FAILURES_MAX;
}

static void fail(struct worker *worker, struct claim *claim, enum err e)
{
    struct jobs *jobs = worker->jobs;
    struct control *control = jobs->control;
    if (e == ERR_NOSPACE) {
        note_disk(jobs, true);
        control->ops->release_claim(control, claim, FULL_DISK_US);
        stop_flag_wait(&jobs->stop, FULL_DISK_US);
        return;
    }
    claim->failures++;
    log_warn("claim failed", LOG_STR("request_id", str_of(worker->request_id.p, worker->request_id.n)),
             LOG_STR("batch_id", UUID_STR(claim->batch_id)), LOG_INT("claim", claim->number),
             LOG_INT("failures", claim->failures), LOG_CSTR("error", err_name(e)),
             LOG_CSTR("detail", err_detail()));
    if (is_hopeless(e, claim)) {
        finish(worker, claim->batch_id, BATCH_ERROR_INTERNAL);
    } else {
        control->ops->release_claim(control, claim, pause_us(claim->failures));
    }
}

static void *run(void *context)
{
    struct worker *worker = context;
    struct jobs *jobs = worker->jobs;
    struct claim claim;
    os_name_thread("worker");
    os_step_back();
    while (jobs->control->ops->claim(jobs->control, &claim) == OK) {
        bool is_last = false;
        enum err e = work(worker, &claim, &is_last);
        if (e == OK) {
            note_disk(jobs, false);
            if (is_last) finish(worker, claim.batch_id, BATCH_ERROR_NONE);
        } else if (e != ERR_STALE && e != ERR_NOT_FOUND) {
            fail(worker, &claim, e);
        }
    }
    return NULL;
}

/* ---- threads ---- */

static void worker_fini(struct worker *worker)
{
    piece_deflater_free(worker->deflater);
    buf_fini(&worker->deflated);
    buf_fini(&worker->output.unresolved);
    buf_fini(&worker->output.results);
    arena_fini(&worker->arena);
}

static enum err worker_start(struct worker *worker, struct jobs *jobs)
{
    size_t bytes_max = jobs->settings.chunk_memory_bytes;
    worker->jobs = jobs;
    TRY(piece_deflater_new(&worker->deflater));
    arena_init(&worker->arena, bytes_max);
    buf_init(&worker->output.results, bytes_max);
    buf_init(&worker->output.unresolved, bytes_max);
    buf_init(&worker->deflated, bytes_max * 2); /* what ISA-L wants as room for both */
    if (pthread_create(&worker->thread, NULL, run, worker) == 0) return OK;
    worker_fini(worker);
    return err_raise(ERR_IO, "cannot start a worker thread");
}

static void join_some(struct jobs *jobs, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        must(pthread_join(jobs->workers[i].thread, NULL) == 0);
        worker_fini(&jobs->workers[i]);
    }
    free(jobs->workers);
    jobs->workers = NULL;
}

enum err workers_start(struct jobs *jobs)
{
    jobs->workers = calloc(jobs->settings.worker_count, sizeof *jobs->workers);
    if (!jobs->workers) return err_raise(ERR_NOMEM, "no memory for workers");
    for (uint32_t i = 0; i < jobs->settings.worker_count; i++) {
        enum err e = worker_start(&jobs->workers[i], jobs);
        if (e == OK) continue;
        jobs->control->ops->stop(jobs->control);
        stop_flag_raise(&jobs->stop);
        join_some(jobs, i);
        return e;
    }
    return OK;
}

void workers_join(struct jobs *jobs)
{
    join_some(jobs, jobs->settings.worker_count);
}
