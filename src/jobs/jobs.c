/* Start and stop of the threads, and submission. */
#include "jobs/jobs.h"

#include "base/os.h"
#include "jobs/claim_size.h"
#include "jobs/jobs_state.h"
#include "jobs/plan.h"
#include "jobs/scrub.h"
#include "jobs/upkeep.h"
#include "jobs/worker.h"

/* Before anything is imported: what records were measured to have. */
#define DEFAULT_BYTES_GUESS ((size_t)1200)
#define ALL_BYTES_GUESS     ((size_t)4000)
#define LINE_FRAME_BYTES    ((size_t)64) /* of a result line, around identifier and record */

/* ---- start and stop ---- */

static enum err start_threads(struct jobs *jobs)
{
    const struct jobs_settings *settings = &jobs->settings;
    TRY(prepared_init(&jobs->prepared, jobs->control, settings->prepared_batches_max, settings->worker_count,
                      settings->identifier_bytes_max));
    TRY(commit_start(&jobs->commit, jobs->control, settings->submit_queue_max, settings->worker_count + 5));
    enum err e = workers_start(jobs);
    if (e == OK) {
        e = scrub_start(jobs);
        if (e == OK) e = upkeep_start(jobs);
        if (e == OK) return OK;
        scrub_join(jobs);
        jobs->control->ops->stop(jobs->control);
        stop_flag_raise(&jobs->stop);
        workers_join(jobs);
    }
    commit_stop(&jobs->commit);
    return e;
}

static void jobs_free(struct jobs *jobs)
{
    prepared_fini(&jobs->prepared);
    stop_flag_fini(&jobs->stop);
    pthread_mutex_destroy(&jobs->notes_lock);
    free(jobs);
}

enum err jobs_start(const struct jobs_settings *settings, struct control *control,
                    struct records *const records[ENTITY_COUNT], struct jobs **ret)
{
    must(settings->worker_count >= 1);
    struct jobs *jobs = malloc(sizeof *jobs);
    if (!jobs) return err_raise(ERR_NOMEM, "no memory for jobs");
    *jobs = (struct jobs){.settings = *settings, .control = control};
    memcpy(jobs->records, records, sizeof jobs->records);
    stop_flag_init(&jobs->stop);
    must(pthread_mutex_init(&jobs->notes_lock, NULL) == 0);
    enum err e = start_threads(jobs);
    if (e != OK) {
        jobs_free(jobs);
        return e;
    }
    *ret = jobs;
    return OK;
}

void jobs_stop(struct jobs *jobs)
{
    if (!jobs) return;
    jobs->control->ops->stop(jobs->control);
    stop_flag_raise(&jobs->stop);
    workers_join(jobs);
    upkeep_join(jobs);
    scrub_join(jobs);
    upkeep_checkpoint(jobs, 0);
    commit_stop(&jobs->commit);
    jobs_free(jobs);
}

/* ---- submission ---- */

static enum err encode(struct job_request *request)
{
    TRY(inputs_mark_duplicates(request->inputs, request->input_count, request->arena));
    return inputs_encode(request->inputs, request->input_count, request->arena, &request->submission.inputs);
}

/* About how many bytes of a record the answer has: by what the store holds, or a guess if that is not known.
 */
static size_t record_bytes(struct records *records, const struct project_plan *plan)
{
    struct records_snapshot *snapshot;
    struct records_stats stats = {0};
    if (records->ops->snapshot(records, &snapshot) == OK) {
        records->ops->stats(snapshot, &stats);
        records->ops->release(snapshot);
    }
    if (stats.default_bytes_average == 0) {
        return project_bytes_estimate(plan, DEFAULT_BYTES_GUESS, ALL_BYTES_GUESS);
    }
    return project_bytes_estimate(plan, stats.default_bytes_average, stats.all_bytes_average);
}

static size_t input_bytes_average(const struct job_request *request)
{
    size_t bytes = 0;
    for (size_t i = 0; i < request->input_count; i++) bytes += request->inputs[i].text.n;
    return bytes / request->input_count;
}

static enum err size_claims(const struct jobs *jobs, struct job_request *request, struct claim_size *ret)
{
    const struct project_plan *plan;
    TRY(plan_compile(request->entity, request->fields, request->families, request->arena, &plan));
    size_t line_bytes =
        record_bytes(jobs->records[request->entity], plan) + input_bytes_average(request) + LINE_FRAME_BYTES;
    *ret = claim_size(request->chunk_size, line_bytes, jobs->settings.piece_raw_bytes);
    return OK;
}

/* Every claim will know at least these. */
static enum err known_suppressions(struct jobs *jobs, int64_t *ret_seq)
{
    const struct suppression_set *set;
    TRY(suppression_take(jobs->settings.suppression, &set));
    *ret_seq = suppression_seq(set);
    suppression_return(jobs->settings.suppression, set);
    return OK;
}

static void submitted(struct control_write *write)
{
    struct job_request *request = write->context;
    request->result = write->result;
    if (write->result == OK) request->batch = request->submission.batch;
    request->done(request);
}

enum err jobs_submit(struct jobs *jobs, struct job_request *request)
{
    struct claim_size size;
    int64_t suppression_seq;
    must(request->input_count >= 1 && request->input_count < UINT32_MAX && request->chunk_size >= 1);
    if (stop_flag_wait(&jobs->stop, 0)) return ERR_CLOSED;
    TRY(encode(request));
    TRY(size_claims(jobs, request, &size));
    TRY(known_suppressions(jobs, &suppression_seq));
    request->submission.active_max = jobs->settings.active_batches_max;
    request->submission.batch = (struct batch){
        .id = uuid_new(),
        .account_id = request->account_id,
        .entity = request->entity,
        .action = request->action,
        .identifier_kind = request->identifier_kind,
        .state = BATCH_PENDING,
        .identifier_count = (uint32_t)request->input_count,
        .chunk_size = request->chunk_size,
        .claim_identifiers = size.claim_identifiers,
        .part_claims = size.part_claims,
        .fields = request->fields,
        .families = request->families,
        .webhook_url = request->webhook_url,
        .request_id = request->request_id,
        .created_us = os_now_us(),
        .suppression_seq = suppression_seq,
    };
    memcpy(request->submission.batch.key_id, request->key_id, TOKEN_ID_BYTES);
    request->submission.idempotency_key = request->idempotency_key;
    memcpy(request->submission.body_hash, request->body_hash, SHA256_BYTES);
    request->write = (struct control_write){
        .kind = WRITE_SUBMIT,
        .submission = &request->submission,
        .ret_batch = &request->batch,
        .done = submitted,
        .context = request,
    };
    return commit_put(&jobs->commit, &request->write);
}

enum err jobs_write(struct jobs *jobs, struct control_write *write)
{
    must(write->kind == WRITE_CANCEL || write->kind == WRITE_ERASE || write->kind == WRITE_REDELIVER ||
         write->kind == WRITE_REVOKE_LINKS || write->kind == WRITE_CHARGE);
    if (stop_flag_wait(&jobs->stop, 0)) return ERR_CLOSED;
    return commit_put(&jobs->commit, write);
}

enum err jobs_write_outcomes(struct jobs *jobs, struct control_write *write)
{
    must(write->kind == WRITE_OUTCOMES);
    return commit_put_own(&jobs->commit, write);
}

enum err jobs_add_usage(struct jobs *jobs, const struct usage *usages, size_t count)
{
    struct control_write write = {.kind = WRITE_USAGE, .usages = usages, .usage_count = count};
    return commit_wait(&jobs->commit, &write);
}
