/* The settings of enrichd: one table, from which the configuration file, the environment, the options of
 * `enrichd serve` and the output of `enrichd config show` all come.
 *
 * Precedence: command line, environment (ENRICHD_SERVER_BODY_MAX), file, default. The file is the one that
 * --config names, else enrichd.conf in the data folder if there is one.
 */
#ifndef ENRICHD_CMD_SETTINGS_H
#define ENRICHD_CMD_SETTINGS_H

#include "base/conf.h"
#include "cmd/data_dir.h"
#include "hooks/ip_policy.h"
#include "store/records_segments.h"

#define EXIT_CONFIG 78 /* a setting is unknown or wrong; nothing was started */

enum setting {
    SETTING_SERVER_LISTEN,
    SETTING_SERVER_PUBLIC_URL,
    SETTING_SERVER_THREADS,
    SETTING_SERVER_BACKLOG,
    SETTING_SERVER_CONNECTIONS_MAX,
    SETTING_SERVER_CONNECTIONS_PER_IP_MAX,
    SETTING_SERVER_CONNECTION_MEMORY,
    SETTING_SERVER_HEADERS_MAX,
    SETTING_SERVER_REQUEST_ID_MAX,
    SETTING_SERVER_IDLE_TIMEOUT,
    SETTING_SERVER_HEAD_TIMEOUT,
    SETTING_SERVER_BODY_TIMEOUT,
    SETTING_SERVER_RATE_MIN,
    SETTING_SERVER_RATE_PERIOD,
    SETTING_SERVER_BODY_MAX,
    SETTING_SERVER_DISK_FREE_MIN,
    SETTING_SERVER_BODIES_MEMORY,
    SETTING_SERVER_DRAIN_DELAY,
    SETTING_SERVER_DRAIN_TIMEOUT,
    SETTING_SERVER_USER,
    SETTING_SERVER_CONFINE,
    SETTING_TLS_CERTIFICATE,
    SETTING_TLS_KEY,
    SETTING_BATCH_IDENTIFIERS_MAX,
    SETTING_BATCH_CHUNK_SIZE_DEFAULT,
    SETTING_BATCH_CHUNK_SIZE_MIN,
    SETTING_BATCH_CHUNK_SIZE_MAX,
    SETTING_BATCH_ACTIVE_MAX,
    SETTING_BATCH_RETENTION,
    SETTING_BATCH_LINK_VALIDITY,
    SETTING_BATCH_WAIT_MAX,
    SETTING_ENRICH_IDENTIFIERS_MAX,
    SETTING_JOBS_WORKERS,
    SETTING_JOBS_QUEUE_MAX,
    SETTING_JOBS_PIECE_SIZE,
    SETTING_JOBS_LEASE,
    SETTING_JOBS_CHECKPOINT,
    SETTING_JOBS_PREPARED_MAX,
    SETTING_JOBS_CHUNK_MEMORY,
    SETTING_JOBS_REAP_PERIOD,
    SETTING_HOOKS_ALLOW_NETWORKS,
    SETTING_HOOKS_ALLOW_HOSTS,
    SETTING_HOOKS_PROXY,
    SETTING_HOOKS_CA_FILE,
    SETTING_HOOKS_CONNECT_TIMEOUT,
    SETTING_HOOKS_TIMEOUT,
    SETTING_HOOKS_ANSWER_HEAD_MAX,
    SETTING_HOOKS_ANSWER_BODY_MAX,
    SETTING_HOOKS_RETRY_DELAYS,
    SETTING_HOOKS_RETRY_AFTER_MAX,
    SETTING_HOOKS_ATTEMPTS_MAX,
    SETTING_HOOKS_ACCOUNT_ATTEMPTS_MAX,
    SETTING_HOOKS_HOST_ATTEMPTS_MAX,
    SETTING_HOOKS_SECRET_OVERLAP,
    SETTING_HOOKS_STOP_TIMEOUT,
    SETTING_LIMITS_REQUESTS_PER_MINUTE,
    SETTING_LIMITS_ENRICH_PER_MINUTE,
    SETTING_LIMITS_SUBMIT_PER_MINUTE,
    SETTING_LIMITS_POLL_PER_MINUTE,
    SETTING_LIMITS_BUDGET_DAILY,
    SETTING_LIMITS_BUDGET_TOTAL,
    SETTING_LIMITS_IDENTIFIER_BYTES,
    SETTING_LIMITS_FIELDS,
    SETTING_LIMITS_USAGE_ENDPOINTS,
    SETTING_LIMITS_USAGE_DAYS,
    SETTING_IMPORT_MEMORY,
    SETTING_IMPORT_LINE_MAX,
    SETTING_IMPORT_COMPRESSION,
    SETTING_COMPACT_PERIOD,
    SETTING_COMPACT_MEMORY,
    SETTING_METRICS_LISTEN,
    SETTING_LOG_LEVEL,
    SETTING_LOG_FORMAT,
    SETTING_COUNT
};

/* Of server.confine. */
enum { SERVER_CONFINE_AUTO, SERVER_CONFINE_OFF };

/* What the command line says about settings; NULL where it says nothing. Set up by SETTINGS_SOURCE_INIT,
 * filled in by options_parse through settings_options. */
struct settings_source {
    const char *data_cstr;
    const char *config_cstr;
    const char *values_cstr[SETTING_COUNT];
    struct option_list allow_networks, allow_hosts;
};
#define SETTINGS_SOURCE_INIT                                                                                 \
    {                                                                                                        \
        .data_cstr = DATA_DIR_DEFAULT                                                                        \
    }

/* Rows for a table of options: --data, --config, --listen, --allow-webhook-network, --allow-webhook-host and
 * one for each setting ("--server.body_max SIZE"). They fill source, which must outlive them; the help texts
 * are static. */
#define SETTINGS_OPTION_COUNT ((size_t)SETTING_COUNT + 5)
void settings_options(struct settings_source *source, struct option ret[SETTINGS_OPTION_COUNT]);

/* All settings, from everywhere. ERR_INVALID with err_detail() for what is wrong, wherever it was written;
 * ERR_NOT_FOUND, ERR_IO: the file that --config names cannot be read. conf is to be released by conf_fini in
 * any case. */
enum err settings_load(const struct settings_source *source, struct conf *ret) MUST_USE;

/* How records are stored: import.memory, import.compression and compact.memory. */
struct records_segments_settings settings_records(const struct conf *conf);

/* The networks of hooks.allow_networks in arena. ERR_INVALID, ERR_NOMEM. */
enum err settings_networks(const struct conf *conf, struct arena *arena, struct ip_network **ret) MUST_USE;

/* The durations of hooks.retry_delays in arena. ERR_INVALID, ERR_NOMEM. */
enum err settings_retry_delays(const struct conf *conf, struct arena *arena, const int64_t **ret_us) MUST_USE;

#endif
