/* One batch at a time: those that somebody waits for first. */
#include "jobs/scrub.h"

#include <time.h>

#include "base/log.h"
#include "base/os.h"
#include "jobs/scrub_lines.h"
#include "results/piece.h"

#define TICK_NS         (INT64_C(500) * 1000 * 1000)
#define IDS_MAX         256
#define ARENA_BYTES_MAX ((size_t)1 << 30)
#define LINES_BYTES_MAX ((size_t)2 << 30)

struct scrub {
    struct jobs *jobs;
    pthread_t thread;
    pthread_mutex_t lock;   /* guards the three below */
    pthread_cond_t changed; /* there is a request, or is_stopped */
    struct scrub_request *first;
    bool is_stopped;

    /* the thread's own, of one batch */
    struct arena arena;
    struct buf old_results, old_unresolved; /* lines of a claim */
    struct buf results, unresolved;         /* what stays of them */
    struct buf deflated;                    /* new pieces of all claims */
    struct piece_deflater *deflater;
};

/* ---- lines of one batch ---- */

/* A batch that is being scrubbed. */
struct work {
    struct scrub_lines lines;
    const struct batch *batch;
    struct batch_pieces pieces;
    struct piece_pair *pairs; /* the new list; new pieces count their offsets from the first new byte */
    bool *is_new;
    uint32_t moved_count;
    bool is_changed;
    str inputs;
};

static str bytes_of(const struct work *work, const struct piece *piece)
{
    return str_of(work->pieces.bytes + (piece->bytes ? piece->offset : 0), piece->bytes);
}

static enum err deflate(struct scrub *scrub, const struct buf *lines, uint32_t count, struct piece *ret)
{
    uint64_t offset = scrub->deflated.n;
    TRY(piece_deflate(scrub->deflater, buf_str(lines), count, &scrub->deflated, ret));
    ret->offset = offset;
    return OK;
}

static enum err scrub_claim(struct scrub *scrub, struct work *work, uint32_t i)
{
    struct piece_pair *pair = &work->pairs[i];
    struct scrubbed scrubbed;
    struct buf *const bufs[] = {&scrub->old_results, &scrub->old_unresolved, &scrub->results,
                                &scrub->unresolved};
    for (size_t k = 0; k < sizeof bufs / sizeof *bufs; k++) buf_clear(bufs[k]);
    TRY(piece_inflate(&pair->results, bytes_of(work, &pair->results), &scrub->old_results));
    TRY(piece_inflate(&pair->unresolved, bytes_of(work, &pair->unresolved), &scrub->old_unresolved));
    TRY(scrub_claim_lines(&work->lines, buf_str(&scrub->old_results), buf_str(&scrub->old_unresolved),
                          &scrub->results, &scrub->unresolved, &scrubbed));
    if (!scrubbed.is_changed) return OK;
    TRY(deflate(scrub, &scrub->results, scrubbed.result_count, &pair->results));
    TRY(deflate(scrub, &scrub->unresolved, scrubbed.unresolved_count, &pair->unresolved));
    pair->counts.of[OUTCOME_MATCHED] -= scrubbed.moved_count;
    pair->counts.of[OUTCOME_SUPPRESSED] += scrubbed.moved_count;
    work->moved_count += scrubbed.moved_count;
    work->is_new[i] = work->is_changed = true;
    return OK;
}

static enum err scrub_all_inputs(struct scrub *scrub, struct work *work)
{
    struct control *control = scrub->jobs->control;
    struct input *inputs;
    size_t count;
    str encoded;
    bool has_changed;
    TRY(control->ops->batch_inputs(control, work->batch->id, &scrub->arena, &encoded));
    TRY(inputs_decode(encoded, &scrub->arena, &inputs, &count));
    TRY(scrub_inputs(&work->lines, inputs, count, &has_changed));
    return has_changed ? inputs_encode(inputs, count, &scrub->arena, &work->inputs) : OK;
}

static enum err scrub_pieces(struct scrub *scrub, struct work *work)
{
    uint32_t count = work->pieces.count;
    work->pairs = arena_array(&scrub->arena, count, sizeof *work->pairs);
    work->is_new = arena_array(&scrub->arena, count, sizeof *work->is_new);
    if (!work->pairs || !work->is_new) return err_raise(ERR_NOMEM, "no memory for a list of pieces");
    if (count) memcpy(work->pairs, work->pieces.pairs, count * sizeof *work->pairs);
    buf_clear(&scrub->deflated);
    for (uint32_t i = 0; i < count; i++) TRY(scrub_claim(scrub, work, i));
    return scrub_all_inputs(scrub, work);
}

/* The new pieces behind the old ones; their places count only once the row names them. */
static enum err append_pieces(struct scrub *scrub, struct work *work, uint32_t pair_count)
{
    struct control *control = scrub->jobs->control;
    uint64_t start;
    if (!work->is_changed) return OK;
    TRY(control->ops->pieces_append(control, work->batch->id, buf_str(&scrub->deflated), &start));
    for (uint32_t i = 0; i < pair_count; i++) {
        if (!work->is_new[i]) continue;
        work->pairs[i].results.offset += start;
        work->pairs[i].unresolved.offset += start;
    }
    return OK;
}

/* ---- one batch ---- */

static enum err replace_lines(struct scrub *scrub, const struct suppression_set *set, struct batch *batch)
{
    struct control *control = scrub->jobs->control;
    struct work work = {
        .lines = {.set = set,
                  .entity = batch->entity,
                  .identifier_kind = batch->identifier_kind,
                  .arena = &scrub->arena},
        .batch = batch,
    };
    TRY(control->ops->pieces_open(control, batch->id, &work.pieces));
    uint32_t pair_count = work.pieces.count;
    enum err e = scrub_pieces(scrub, &work);
    control->ops->pieces_close(control, &work.pieces);
    TRY(e);
    TRY(append_pieces(scrub, &work, pair_count));
    batch->suppression_seq = suppression_seq(set);
    batch->has_waste |= work.is_changed;
    struct control_write write = {
        .kind = WRITE_SCRUB,
        .scrubbed_id = batch->id,
        .pairs = work.is_changed ? work.pairs : NULL,
        .pair_count = pair_count,
        .moved_count = work.moved_count,
        .inputs = work.inputs,
        .suppression_seq = batch->suppression_seq,
        .has_waste = batch->has_waste,
        .tallies = work.lines.tallies,
        .tally_count = work.lines.tally_count,
    };
    return commit_wait(&scrub->jobs->commit, &write);
}

/* Overwrites what was replaced; as long as somebody still reads it, the next round tries again. */
static enum err clean(struct scrub *scrub, const struct batch *batch)
{
    struct control *control = scrub->jobs->control;
    enum err e = control->ops->pieces_clean(control, batch->id);
    if (e != OK) return e == ERR_BUSY ? OK : e;
    struct control_write write = {
        .kind = WRITE_SCRUB, .scrubbed_id = batch->id, .suppression_seq = batch->suppression_seq};
    return commit_wait(&scrub->jobs->commit, &write);
}

static enum err scrub_with(struct scrub *scrub, const struct suppression_set *set, struct uuid id)
{
    struct control *control = scrub->jobs->control;
    struct batch batch;
    arena_reset(&scrub->arena);
    TRY(control->ops->batch_get_any(control, id, &scrub->arena, &batch));
    if (batch.is_erased || !batch_state_is_final(batch.state)) return ERR_NOT_FOUND;
    if (batch.suppression_seq < suppression_seq(set)) TRY(replace_lines(scrub, set, &batch));
    return batch.has_waste ? clean(scrub, &batch) : OK;
}

static enum err scrub_batch(struct scrub *scrub, struct uuid id)
{
    struct suppression *suppression = scrub->jobs->settings.suppression;
    const struct suppression_set *set;
    TRY(suppression_take(suppression, &set));
    enum err e = scrub_with(scrub, set, id);
    suppression_return(suppression, set);
    if (e != OK && e != ERR_NOT_FOUND && e != ERR_CLOSED)
        log_warn("suppressed lines could not be taken out of a batch: its files are withheld",
                 LOG_STR("batch_id", UUID_STR(id)), LOG_CSTR("error", err_name(e)),
                 LOG_CSTR("detail", err_detail()));
    return e;
}

/* ---- all batches ---- */

static struct scrub_request *take_request(struct scrub *scrub)
{
    pthread_mutex_lock(&scrub->lock);
    struct scrub_request *request = scrub->first;
    if (request) scrub->first = request->next;
    pthread_mutex_unlock(&scrub->lock);
    return request;
}

static void serve_requests(struct scrub *scrub)
{
    for (struct scrub_request *request; (request = take_request(scrub));) {
        request->result = scrub_batch(scrub, request->batch_id);
        request->done(request);
    }
}

/* Without anybody on the list there is nothing to look for. */
static enum err find_batches(struct scrub *scrub, struct uuid ids[IDS_MAX], size_t *ret_count)
{
    struct control *control = scrub->jobs->control;
    const struct suppression_set *set;
    *ret_count = 0;
    TRY(suppression_take(scrub->jobs->settings.suppression, &set));
    int64_t seq = suppression_seq(set);
    suppression_return(scrub->jobs->settings.suppression, set);
    return seq ? control->ops->unscrubbed(control, seq, false, ids, IDS_MAX, ret_count) : OK;
}

static void sweep(struct scrub *scrub)
{
    struct uuid ids[IDS_MAX];
    size_t count;
    enum err e = find_batches(scrub, ids, &count);
    if (e != OK) {
        log_warn("batches to be scrubbed could not be found", LOG_CSTR("error", err_name(e)),
                 LOG_CSTR("detail", err_detail()));
        return;
    }
    for (size_t i = 0; i < count && !stop_flag_wait(&scrub->jobs->stop, 0); i++) {
        serve_requests(scrub);
        enum err ignored = scrub_batch(scrub, ids[i]); /* found again in the next round */
        (void)ignored;
    }
}

/* Waits for a request or the next round; false when it is over. */
static bool wait_for_work(struct scrub *scrub)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + TICK_NS;
    until.tv_sec += ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    pthread_mutex_lock(&scrub->lock);
    if (!scrub->first && !scrub->is_stopped) pthread_cond_timedwait(&scrub->changed, &scrub->lock, &until);
    bool is_stopped = scrub->is_stopped;
    pthread_mutex_unlock(&scrub->lock);
    return !is_stopped;
}

static void *run(void *context)
{
    struct scrub *scrub = context;
    os_name_thread("scrub");
    os_step_back();
    do {
        serve_requests(scrub);
        sweep(scrub);
    } while (wait_for_work(scrub));
    return NULL;
}

/* ---- start and stop ---- */

static void scrub_free(struct scrub *scrub)
{
    struct buf *const bufs[] = {&scrub->old_results, &scrub->old_unresolved, &scrub->results,
                                &scrub->unresolved, &scrub->deflated};
    for (size_t k = 0; k < sizeof bufs / sizeof *bufs; k++) buf_fini(bufs[k]);
    piece_deflater_free(scrub->deflater);
    arena_fini(&scrub->arena);
    pthread_cond_destroy(&scrub->changed);
    pthread_mutex_destroy(&scrub->lock);
    free(scrub);
}

static void init_lock(struct scrub *scrub)
{
    pthread_condattr_t attributes;
    must(pthread_mutex_init(&scrub->lock, NULL) == 0 && pthread_condattr_init(&attributes) == 0);
    must(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    must(pthread_cond_init(&scrub->changed, &attributes) == 0);
    pthread_condattr_destroy(&attributes);
}

static enum err start_thread(struct scrub *scrub)
{
    TRY(piece_deflater_new(&scrub->deflater));
    if (pthread_create(&scrub->thread, NULL, run, scrub) == 0) return OK;
    return err_raise(ERR_IO, "cannot start the scrub thread");
}

enum err scrub_start(struct jobs *jobs)
{
    if (!jobs->settings.suppression) return OK;
    struct scrub *scrub = calloc(1, sizeof *scrub);
    if (!scrub) return err_raise(ERR_NOMEM, "no memory for the scrub thread");
    scrub->jobs = jobs;
    init_lock(scrub);
    arena_init(&scrub->arena, ARENA_BYTES_MAX);
    struct buf *const bufs[] = {&scrub->old_results, &scrub->old_unresolved, &scrub->results,
                                &scrub->unresolved, &scrub->deflated};
    for (size_t k = 0; k < sizeof bufs / sizeof *bufs; k++) buf_init(bufs[k], LINES_BYTES_MAX);
    enum err e = start_thread(scrub);
    if (e != OK) {
        scrub_free(scrub);
        return e;
    }
    jobs->scrub = scrub;
    return OK;
}

void scrub_join(struct jobs *jobs)
{
    struct scrub *scrub = jobs->scrub;
    if (!scrub) return;
    pthread_mutex_lock(&scrub->lock);
    scrub->is_stopped = true;
    pthread_cond_signal(&scrub->changed);
    pthread_mutex_unlock(&scrub->lock);
    must(pthread_join(scrub->thread, NULL) == 0);
    for (struct scrub_request *request; (request = take_request(scrub));) {
        request->result = ERR_CLOSED;
        request->done(request);
    }
    scrub_free(scrub);
    jobs->scrub = NULL;
}

enum err jobs_scrub(struct jobs *jobs, struct scrub_request *request)
{
    struct scrub *scrub = jobs->scrub;
    if (!scrub || stop_flag_wait(&jobs->stop, 0)) return ERR_CLOSED;
    enum err e = OK;
    pthread_mutex_lock(&scrub->lock);
    if (scrub->is_stopped) {
        e = ERR_CLOSED;
    } else {
        request->next = scrub->first;
        scrub->first = request;
        pthread_cond_signal(&scrub->changed);
    }
    pthread_mutex_unlock(&scrub->lock);
    return e;
}
