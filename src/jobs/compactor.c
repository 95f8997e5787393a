/* One round a period over all stores. */
#include "jobs/compactor.h"

#include "base/log.h"
#include "base/os.h"
#include "jobs/stop_flag.h"

struct compactor {
    struct records *records[ENTITY_COUNT];
    int64_t period_us;
    struct stop_flag stop;
    pthread_t thread;
};

static bool is_stopped(void *context)
{
    struct compactor *compactor = context;
    return stop_flag_wait(&compactor->stop, 0);
}

static void tell(enum entity entity, enum err e, const struct records_compaction *done, int64_t took_us)
{
    bool is_quiet = e == ERR_BUSY || e == ERR_CLOSED || (e == OK && done->merged_segments == 0);
    if (is_quiet) return;
    if (e != OK) {
        log_warn("records could not be compacted, trying again later", LOG_STR("entity", entity_name(entity)),
                 LOG_CSTR("error", err_name(e)), LOG_CSTR("detail", err_detail()));
        return;
    }
    log_info("records compacted", LOG_STR("entity", entity_name(entity)),
             LOG_INT("segments", done->merged_segments), LOG_INT("records", done->kept_records),
             LOG_INT("bytes_before", done->read_bytes), LOG_INT("bytes_after", done->written_bytes),
             LOG_INT("ms", took_us / 1000));
}

static void *run(void *context)
{
    struct compactor *compactor = context;
    os_lower_priority();
    do {
        for (int i = 0; i < ENTITY_COUNT; i++) {
            struct records *records = compactor->records[i];
            struct records_compaction done;
            int64_t started_us = os_monotonic_us();
            enum err e = records->ops->compact(records, COMPACT_DUE, is_stopped, compactor, &done);
            tell((enum entity)i, e, &done, os_monotonic_us() - started_us);
        }
    } while (!stop_flag_wait(&compactor->stop, compactor->period_us));
    return NULL;
}

enum err compactor_start(struct records *const records[ENTITY_COUNT], int64_t period_us,
                         struct compactor **ret)
{
    struct compactor *compactor = calloc(1, sizeof *compactor);
    if (!compactor) return err_raise(ERR_NOMEM, "no memory for the compactor");
    for (int i = 0; i < ENTITY_COUNT; i++) compactor->records[i] = records[i];
    compactor->period_us = period_us;
    stop_flag_init(&compactor->stop);
    if (pthread_create(&compactor->thread, NULL, run, compactor) != 0) {
        stop_flag_fini(&compactor->stop);
        free(compactor);
        return err_raise(ERR_IO, "cannot start the compactor's thread");
    }
    *ret = compactor;
    return OK;
}

void compactor_stop(struct compactor *compactor)
{
    if (!compactor) return;
    stop_flag_raise(&compactor->stop);
    must(pthread_join(compactor->thread, NULL) == 0);
    stop_flag_fini(&compactor->stop);
    free(compactor);
}
