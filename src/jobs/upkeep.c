/* A loop over two duties with different periods. */
#include "jobs/upkeep.h"

#include "base/log.h"
#include "base/os.h"

#define TICK_US (INT64_C(1) * 1000 * 1000)
#define IDS_MAX 64 /* checkpoints a step */

/* One transaction and one emptying of the log for all of them; but each syncs a file, and submissions wait
 * meanwhile. */
#define ERASED_AT_ONCE 16

#define ARENA_BYTES_MAX ((size_t)1 << 20)

void upkeep_checkpoint(struct jobs *jobs, int64_t min_age_us)
{
    struct uuid ids[IDS_MAX];
    size_t count = jobs->control->ops->unsaved(jobs->control, min_age_us, ids, IDS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct control_write write = {.kind = WRITE_CHECKPOINT, .batch_id = ids[i]};
        enum err e = commit_wait(&jobs->commit, &write);
        if (e == OK || e == ERR_NOT_FOUND) continue;
        log_warn("checkpoint failed: after a crash more would be computed again",
                 LOG_STR("batch_id", UUID_STR(ids[i])), LOG_CSTR("error", err_name(e)));
    }
}

static enum err erasure_of(struct jobs *jobs, struct uuid id, struct arena *arena, struct control_write *ret)
{
    struct batch batch;
    arena_reset(arena);
    TRY(jobs->control->ops->batch_get_any(jobs->control, id, arena, &batch));
    *ret = (struct control_write){.kind = WRITE_ERASE, .account_id = batch.account_id, .batch_id = id};
    return OK;
}

/* The first failure. */
static enum err erase(struct jobs *jobs, const struct uuid *ids, size_t count, struct arena *arena)
{
    struct control_write writes[ERASED_AT_ONCE];
    enum err e = OK;
    for (size_t i = 0; i < count; i++) TRY(erasure_of(jobs, ids[i], arena, &writes[i]));
    commit_wait_all(&jobs->commit, writes, count);
    for (size_t i = 0; i < count; i++) {
        if (writes[i].result == OK) {
            log_info("batch expired, files erased", LOG_STR("batch_id", UUID_STR(ids[i])));
        } else if (e == OK) {
            e = writes[i].result;
        }
    }
    return e;
}

/* Erases what has expired, a few at a time; false when there is no more or one would not go. */
static bool reap_some(struct jobs *jobs, struct arena *arena)
{
    struct uuid ids[ERASED_AT_ONCE];
    size_t count = 0;
    enum err e = jobs->control->ops->expired(jobs->control, os_now_us(), ids, ERASED_AT_ONCE, &count);
    if (e == OK) e = erase(jobs, ids, count, arena);
    if (e != OK) log_warn("expired batches could not be erased", LOG_CSTR("error", err_name(e)));
    return e == OK && count == ERASED_AT_ONCE && !stop_flag_wait(&jobs->stop, 0);
}

static void reap(struct jobs *jobs)
{
    struct arena arena;
    arena_init(&arena, ARENA_BYTES_MAX);
    while (reap_some(jobs, &arena)) continue;
    arena_fini(&arena);
}

static void *run(void *context)
{
    struct jobs *jobs = context;
    int64_t checkpoint_us = jobs->settings.checkpoint_us;
    int64_t tick_us = checkpoint_us < TICK_US ? checkpoint_us : TICK_US;
    if (jobs->settings.reap_period_us < tick_us) tick_us = jobs->settings.reap_period_us;
    int64_t reap_at_us = 0;
    os_name_thread("upkeep");
    do {
        if (os_monotonic_us() >= reap_at_us) {
            reap(jobs);
            reap_at_us = os_monotonic_us() + jobs->settings.reap_period_us;
        }
        upkeep_checkpoint(jobs, checkpoint_us);
    } while (!stop_flag_wait(&jobs->stop, tick_us));
    return NULL;
}

enum err upkeep_start(struct jobs *jobs)
{
    if (pthread_create(&jobs->upkeep, NULL, run, jobs) == 0) return OK;
    return err_raise(ERR_IO, "cannot start the upkeep thread");
}

void upkeep_join(struct jobs *jobs)
{
    must(pthread_join(jobs->upkeep, NULL) == 0);
}
