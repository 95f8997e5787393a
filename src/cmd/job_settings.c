/* One field a setting. */
#include "cmd/job_settings.h"

#include <unistd.h>

#include "cmd/settings.h"

static uint32_t setting_u32(const struct conf *conf, enum setting setting)
{
    int64_t value = conf_number(conf, setting);
    must(value >= 0 && value <= UINT32_MAX);
    return (uint32_t)value;
}

static uint32_t core_count(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > 1024 ? 1024 : (uint32_t)count;
}

struct jobs_settings job_settings_of(const struct conf *conf)
{
    uint32_t workers = setting_u32(conf, SETTING_JOBS_WORKERS);
    return (struct jobs_settings){
        .worker_count = workers ? workers : core_count(),
        .active_batches_max = setting_u32(conf, SETTING_BATCH_ACTIVE_MAX),
        .submit_queue_max = setting_u32(conf, SETTING_JOBS_QUEUE_MAX),
        .piece_raw_bytes = setting_u32(conf, SETTING_JOBS_PIECE_SIZE),
        .prepared_batches_max = setting_u32(conf, SETTING_JOBS_PREPARED_MAX),
        .identifier_bytes_max = (size_t)conf_number(conf, SETTING_LIMITS_IDENTIFIER_BYTES),
        .retention_us = conf_number(conf, SETTING_BATCH_RETENTION),
        .checkpoint_us = conf_number(conf, SETTING_JOBS_CHECKPOINT),
        .reap_period_us = conf_number(conf, SETTING_JOBS_REAP_PERIOD),
        .chunk_memory_bytes = (size_t)conf_number(conf, SETTING_JOBS_CHUNK_MEMORY),
    };
}

struct control_sqlite_settings control_settings_of(const struct conf *conf)
{
    return (struct control_sqlite_settings){
        .lease_us = conf_number(conf, SETTING_JOBS_LEASE),
        .served_batches_max = setting_u32(conf, SETTING_JOBS_PREPARED_MAX),
    };
}
