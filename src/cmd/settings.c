/* The table, and the order in which the sources are read. */
#include "cmd/settings.h"

#include <unistd.h>

#include "api/selectors.h"
#include "base/conf_value.h"

#define MINUTE_US ((int64_t)60 * 1000000)
#define HOUR_US   (60 * MINUTE_US)
#define KIB       ((int64_t)1 << 10)
#define MIB       ((int64_t)1 << 20)
#define GIB       ((int64_t)1 << 30)

#define HELP_BYTES_MAX 200

static const struct conf_item items[SETTING_COUNT] = {
    [SETTING_SERVER_LISTEN] = {"server.listen", CONF_TEXT, "127.0.0.1:8080", 1, 255,
                               .help_cstr = "address and port to serve on; port 0 takes a free one"},
    [SETTING_SERVER_PUBLIC_URL] = {"server.public_url", CONF_TEXT, "", 0, 1024,
                                   .help_cstr = "what links begin with, as clients see the server:\n"
                                                "https://enrich.example.com; empty: the request's Host"},
    [SETTING_SERVER_THREADS] = {"server.threads", CONF_NUMBER, "0", 0, 256,
                                .help_cstr = "threads that serve HTTP; 0: one a core, at most 4"},
    [SETTING_SERVER_BACKLOG] = {"server.backlog", CONF_NUMBER, "1024", 1, 65535,
                                .help_cstr = "connections that may wait to be accepted"},
    [SETTING_SERVER_CONNECTIONS_MAX] = {"server.connections_max", CONF_NUMBER, "4096", 16, 1000000,
                                        .help_cstr = "open connections"},
    [SETTING_SERVER_CONNECTIONS_PER_IP_MAX] = {"server.connections_per_ip_max", CONF_NUMBER, "0", 0, 1000000,
                                               .help_cstr = "open connections of one address; 0: no limit\n"
                                                            "(behind a proxy all have one address)"},
    [SETTING_SERVER_CONNECTION_MEMORY] = {"server.connection_memory", CONF_BYTES, "32KiB", 8 * KIB, 16 * MIB,
                                          .help_cstr = "buffer of a connection; a request's head must fit"},
    [SETTING_SERVER_HEADERS_MAX] = {"server.headers_max", CONF_NUMBER, "100", 16, 1000,
                                    .help_cstr = "header lines of a request; more are refused"},
    [SETTING_SERVER_REQUEST_ID_MAX] = {"server.request_id_max", CONF_NUMBER, "64", 8,
                                       (int64_t)REQUEST_ID_BYTES_MAX,
                                       .help_cstr = "characters of an X-Request-Id that is kept"},
    [SETTING_SERVER_IDLE_TIMEOUT] = {"server.idle_timeout", CONF_DURATION, "30s", 1000000, HOUR_US,
                                     .help_cstr = "a connection without traffic is closed after this"},
    [SETTING_SERVER_HEAD_TIMEOUT] = {"server.head_timeout", CONF_DURATION, "10s", 100000, HOUR_US,
                                     .help_cstr = "a request's head must be there after this, else 408"},
    [SETTING_SERVER_BODY_TIMEOUT] = {"server.body_timeout", CONF_DURATION, "5m", 100000, DAY_US,
                                     .help_cstr = "a request's body must be there after this, else 408"},
    [SETTING_SERVER_RATE_MIN] = {"server.rate_min", CONF_BYTES, "1KiB", 0, GIB,
                                 .help_cstr = "bytes a second of a body or of an answer that is read;\n"
                                              "slower clients are cut off; 0: as slow as they like"},
    [SETTING_SERVER_RATE_PERIOD] = {"server.rate_period", CONF_DURATION, "10s", 100000, HOUR_US,
                                    .help_cstr = "time over which server.rate_min is measured"},
    [SETTING_SERVER_BODY_MAX] = {"server.body_max", CONF_BYTES, "8MiB", KIB, GIB,
                                 .help_cstr = "request body; longer ones are refused"},
    [SETTING_SERVER_DISK_FREE_MIN] = {"server.disk_free_min", CONF_BYTES, "64MiB", 0, 1024 * GIB,
                                      .help_cstr =
                                          "with less room on the data folder's disk /readyz says 503"},
    [SETTING_SERVER_BODIES_MEMORY] = {"server.bodies_memory", CONF_BYTES, "256MiB", KIB, 1024 * GIB,
                                      .help_cstr = "all request bodies together; more get 503"},
    [SETTING_SERVER_DRAIN_DELAY] = {"server.drain_delay", CONF_DURATION, "0s", 0, HOUR_US,
                                    .help_cstr = "how long /readyz says 503 before no more connections\n"
                                                 "are accepted on a stop"},
    [SETTING_SERVER_DRAIN_TIMEOUT] = {"server.drain_timeout", CONF_DURATION, "30s", 0, HOUR_US,
                                      .help_cstr = "how long a stop waits for requests under way"},
    [SETTING_SERVER_USER] = {"server.user", CONF_TEXT, "", 0, 63,
                             .help_cstr = "whom to become when started as root; the data folder must\n"
                                          "belong to that user"},
    [SETTING_SERVER_CONFINE] = {"server.confine", CONF_CHOICE, "auto", .choices_cstr = "auto|off",
                                .help_cstr =
                                    "auto: files outside of the data folder are out of reach, where the\n"
                                    "kernel has Landlock; no core dumps"},
    [SETTING_TLS_CERTIFICATE] = {"tls.certificate", CONF_TEXT, "", 0, 4095,
                                 .help_cstr = "PEM file, with the certificates up to the root behind\n"
                                              "it; empty: plain HTTP. SIGHUP reads it again"},
    [SETTING_TLS_KEY] = {"tls.key", CONF_TEXT, "", 0, 4095, .help_cstr = "PEM file, without a password"},
    [SETTING_BATCH_IDENTIFIERS_MAX] = {"batch.identifiers_max", CONF_NUMBER, "10000", 1, 1000000,
                                       .help_cstr = "identifiers in one batch"},
    [SETTING_BATCH_CHUNK_SIZE_DEFAULT] = {"batch.chunk_size_default", CONF_NUMBER, "100", 1, 1000000,
                                          .help_cstr = "identifiers a chunk if the request does not say"},
    [SETTING_BATCH_CHUNK_SIZE_MIN] = {"batch.chunk_size_min", CONF_NUMBER, "10", 1, 1000000,
                                      .help_cstr = "least chunk_size that a request may ask for"},
    [SETTING_BATCH_CHUNK_SIZE_MAX] = {"batch.chunk_size_max", CONF_NUMBER, "1000", 1, 1000000,
                                      .help_cstr = "greatest chunk_size that a request may ask for"},
    [SETTING_BATCH_ACTIVE_MAX] = {"batch.active_max", CONF_NUMBER, "5", 1, 1000000,
                                  .help_cstr = "pending or processing batches of one account"},
    [SETTING_BATCH_RETENTION] = {"batch.retention", CONF_DURATION, "5d", 1000000, 3650 * DAY_US,
                                 .help_cstr = "how long result files stay"},
    [SETTING_BATCH_LINK_VALIDITY] = {"batch.link_validity", CONF_DURATION, "5d", 1000000, 3650 * DAY_US,
                                     .help_cstr = "how long a download link works"},
    [SETTING_BATCH_WAIT_MAX] = {"batch.wait_max", CONF_DURATION, "60s", 1000000, HOUR_US,
                                .help_cstr = "how long ?wait=N may hold a status answer"},
    [SETTING_ENRICH_IDENTIFIERS_MAX] = {"enrich.identifiers_max", CONF_NUMBER, "25", 1, 10000,
                                        .help_cstr = "identifiers of a synchronous request"},
    [SETTING_JOBS_REAP_PERIOD] = {"jobs.reap_period", CONF_DURATION, "60s", 100000, DAY_US,
                                  .help_cstr = "how often expired files are looked for"},
    [SETTING_JOBS_WORKERS] = {"jobs.workers", CONF_NUMBER, "0", 0, 1024,
                              .help_cstr = "threads that enrich; 0: one a core"},
    [SETTING_JOBS_QUEUE_MAX] = {"jobs.queue_max", CONF_NUMBER, "1024", 1, 1000000,
                                .help_cstr = "submissions that wait for the disk; more get 503"},
    [SETTING_JOBS_PIECE_SIZE] = {"jobs.piece_size", CONF_BYTES, "512KiB", 4 * KIB, 64 * MIB,
                                 .help_cstr = "lines that are compressed together, about"},
    [SETTING_JOBS_LEASE] = {"jobs.lease", CONF_DURATION, "60s", 1000000, HOUR_US,
                            .help_cstr = "work that takes longer may be given to another thread"},
    [SETTING_JOBS_CHECKPOINT] = {"jobs.checkpoint", CONF_DURATION, "5s", 100000, HOUR_US,
                                 .help_cstr = "how often the progress of a long batch is made durable"},
    [SETTING_JOBS_PREPARED_MAX] = {"jobs.prepared_max", CONF_NUMBER, "16", 1, 4096,
                                   .help_cstr = "batches whose inputs are kept in memory"},
    [SETTING_JOBS_CHUNK_MEMORY] = {"jobs.chunk_memory", CONF_BYTES, "256MiB", MIB, 16 * GIB,
                                   .help_cstr = "memory that one thread may use for its chunk"},
    [SETTING_HOOKS_ALLOW_NETWORKS] = {"hooks.allow_networks", CONF_LIST, "", 0, 256,
                                      .help_cstr = "networks that webhooks may reach though they are\n"
                                                   "private or special: 10.1.0.0/16, fd00::/8"},
    [SETTING_HOOKS_ALLOW_HOSTS] = {"hooks.allow_hosts", CONF_LIST, "", 0, 256,
                                   .help_cstr = "hosts that webhooks may reach wherever they lead to"},
    [SETTING_HOOKS_PROXY] = {"hooks.proxy", CONF_TEXT, "", 0, 1024,
                             .help_cstr = "send webhooks through this proxy (http://host:port), which then\n"
                                          "decides what is reached; empty: none"},
    [SETTING_HOOKS_CA_FILE] = {"hooks.ca_file", CONF_TEXT, "", 0, 4095,
                               .help_cstr = "certificates to trust, PEM; empty: the system's"},
    [SETTING_HOOKS_CONNECT_TIMEOUT] = {"hooks.connect_timeout", CONF_DURATION, "5s", 1000, HOUR_US,
                                       .help_cstr = "for reaching a receiver"},
    [SETTING_HOOKS_TIMEOUT] = {"hooks.timeout", CONF_DURATION, "15s", 1000, HOUR_US,
                               .help_cstr = "for a whole attempt"},
    [SETTING_HOOKS_ANSWER_HEAD_MAX] = {"hooks.answer_head_max", CONF_BYTES, "16KiB", KIB, 64 * KIB,
                                       .help_cstr = "head of a receiver's answer; longer ones are failures"},
    [SETTING_HOOKS_ANSWER_BODY_MAX] = {"hooks.answer_body_max", CONF_BYTES, "4KiB", 0, 64 * KIB,
                                       .help_cstr = "what is read of its body before it is cut off"},
    [SETTING_HOOKS_RETRY_DELAYS] = {"hooks.retry_delays", CONF_LIST, "5s,5m,30m,2h,5h,10h,14h,20h,24h", 0, 64,
                                    .help_cstr = "waits behind failed attempts;\n"
                                                 "an attempt more than delays"},
    [SETTING_HOOKS_RETRY_AFTER_MAX] = {"hooks.retry_after_max", CONF_DURATION, "24h", 0, 30 * DAY_US,
                                       .help_cstr = "a receiver's Retry-After counts up to this"},
    [SETTING_HOOKS_ATTEMPTS_MAX] = {"hooks.attempts_max", CONF_NUMBER, "256", 1, 4096,
                                    .help_cstr = "webhooks that are being sent at the same time"},
    [SETTING_HOOKS_ACCOUNT_ATTEMPTS_MAX] = {"hooks.account_attempts_max", CONF_NUMBER, "64", 1, 4096,
                                            .help_cstr = "the same, of one account"},
    [SETTING_HOOKS_HOST_ATTEMPTS_MAX] = {"hooks.host_attempts_max", CONF_NUMBER, "32", 1, 4096,
                                         .help_cstr = "the same, of one account to one host"},
    [SETTING_HOOKS_SECRET_OVERLAP] = {"hooks.secret_overlap", CONF_DURATION, "24h", 0, 365 * DAY_US,
                                      .help_cstr = "how long the secret before a change signs, too"},
    [SETTING_HOOKS_STOP_TIMEOUT] = {"hooks.stop_timeout", CONF_DURATION, "5s", 0, HOUR_US,
                                    .help_cstr = "how long a stop waits for webhooks under way"},
    [SETTING_LIMITS_REQUESTS_PER_MINUTE] = {"limits.requests_per_minute", CONF_NUMBER, "60000", 1, 1000000000,
                                            .help_cstr = "requests of one key"},
    [SETTING_LIMITS_ENRICH_PER_MINUTE] = {"limits.enrich_per_minute", CONF_NUMBER, "0", 0, 1000000000,
                                          .help_cstr =
                                              "of these, synchronous ones; 0: no limit of their own"},
    [SETTING_LIMITS_SUBMIT_PER_MINUTE] = {"limits.submit_per_minute", CONF_NUMBER, "0", 0, 1000000000,
                                          .help_cstr = "of these, new batches; 0: no limit of their own"},
    [SETTING_LIMITS_POLL_PER_MINUTE] = {"limits.poll_per_minute", CONF_NUMBER, "0", 0, 1000000000,
                                        .help_cstr =
                                            "of these, reads of status and lists; 0: no limit of\ntheir own"},
    [SETTING_LIMITS_BUDGET_DAILY] = {"limits.budget_daily", CONF_NUMBER, "0", 0, INT64_C(1000000000000),
                                     .help_cstr = "records that a new key may get on a day, if enrichd key\n"
                                                  "create does not say; 0: no limit"},
    [SETTING_LIMITS_BUDGET_TOTAL] = {"limits.budget_total", CONF_NUMBER, "0", 0, INT64_C(1000000000000),
                                     .help_cstr = "the same at all; 0: no limit"},
    [SETTING_LIMITS_IDENTIFIER_BYTES] = {"limits.identifier_bytes", CONF_BYTES, "2KiB", 64,
                                         (int64_t)IDENTIFIER_BYTES_MAX,
                                         .help_cstr = "identifier of a request; longer ones are invalid"},
    [SETTING_LIMITS_FIELDS] = {"limits.fields", CONF_NUMBER, "1024", 1, SELECTOR_FIELDS_MAX,
                               .help_cstr = "names in the fields of a request"},
    [SETTING_LIMITS_USAGE_ENDPOINTS] = {"limits.usage_endpoints", CONF_NUMBER, "50", 1, 1000,
                                        .help_cstr = "endpoints that a summary of usage may be asked for"},
    [SETTING_LIMITS_USAGE_DAYS] = {"limits.usage_days", CONF_NUMBER, "7", 1, 3650,
                                   .help_cstr = "days of a summary of usage if the request does not say"},
    [SETTING_IMPORT_MEMORY] = {"import.memory", CONF_BYTES, "512MiB", MIB, 1024 * GIB,
                               .help_cstr = "memory of an import; a new segment when its tables fill it"},
    [SETTING_IMPORT_LINE_MAX] = {"import.line_max", CONF_BYTES, "8MiB", KIB, 16 * MIB,
                                 .help_cstr = "longest line of an import"},
    [SETTING_IMPORT_COMPRESSION] = {"import.compression", CONF_CHOICE, "none",
                                    .choices_cstr = "none|rest|all",
                                    .help_cstr =
                                        "what of records imports and merges compress; rest: all but\n"
                                        "the default fields"},
    [SETTING_COMPACT_PERIOD] = {"compact.period", CONF_DURATION, "1m", 0, 365 * DAY_US,
                                .help_cstr = "how often the server looks whether segments of records are to\n"
                                             "be merged; 0s: never"},
    [SETTING_COMPACT_MEMORY] = {"compact.memory", CONF_BYTES, "512MiB", MIB, 1024 * GIB,
                                .help_cstr =
                                    "memory for a merge: 16 bytes a record; larger merges are not made"},
    [SETTING_METRICS_LISTEN] = {"metrics.listen", CONF_TEXT, "", 0, 255,
                                .help_cstr = "address and port for /metrics (and health) alone;\n"
                                             "empty: served with the rest"},
    [SETTING_LOG_LEVEL] = {"log.level", CONF_CHOICE, "info", .choices_cstr = "error|warn|info|debug",
                           .help_cstr = "what is logged, on standard error"},
    [SETTING_LOG_FORMAT] = {"log.format", CONF_CHOICE, "auto", .choices_cstr = "auto|logfmt|json",
                            .help_cstr = "auto: logfmt on a terminal, else json"},
};

static const char *value_name(const struct conf_item *item)
{
    switch (item->type) {
    case CONF_NUMBER:
        return "N";
    case CONF_BYTES:
        return "SIZE";
    case CONF_DURATION:
        return "TIME";
    case CONF_CHOICE:
        return "WORD";
    case CONF_TEXT:
    case CONF_LIST:
        break;
    }
    return "TEXT";
}

static const char *help_text(const struct conf_item *item)
{
    static char texts[SETTING_COUNT][HELP_BYTES_MAX];
    char *text = texts[item - items];
    snprintf(text, HELP_BYTES_MAX, "%s%s%s%s%s%s", item->help_cstr, item->choices_cstr ? ":\n" : "",
             item->choices_cstr ? item->choices_cstr : "", *item->default_cstr ? " (default " : "",
             item->default_cstr, *item->default_cstr ? ")" : "");
    return text;
}

void settings_options(struct settings_source *source, struct option ret[SETTINGS_OPTION_COUNT])
{
    ret[0] = (struct option)DATA_DIR_OPTION(&source->data_cstr);
    ret[1] =
        (struct option){"config", "FILE", "settings (default: enrichd.conf in the data folder, if there)",
                        .text = &source->config_cstr};
    ret[2] = (struct option){"listen", "HOST:PORT", "the same as --server.listen",
                             .text = &source->values_cstr[SETTING_SERVER_LISTEN]};
    ret[3] = (struct option){"allow-webhook-network", "CIDR", "one more of hooks.allow_networks; repeatable",
                             .list = &source->allow_networks};
    ret[4] = (struct option){"allow-webhook-host", "NAME", "one more of hooks.allow_hosts; repeatable",
                             .list = &source->allow_hosts};
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        ret[i + 5] = (struct option){items[i].name_cstr, value_name(&items[i]), help_text(&items[i]),
                                     .text = &source->values_cstr[i]};
    }
}

static enum err read_file(const struct settings_source *source, struct conf *conf)
{
    char beside_data[4096];
    if (source->config_cstr) return conf_read_file(conf, source->config_cstr);
    int n = snprintf(beside_data, sizeof beside_data, "%s/enrichd.conf", source->data_cstr);
    if (n < 0 || (size_t)n >= sizeof beside_data)
        return err_raise(ERR_INVALID, "--data: the path is too long");
    enum err e = conf_read_file(conf, beside_data);
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err read_flags(const struct settings_source *source, struct conf *conf)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (!source->values_cstr[i]) continue;
        if (conf_set(conf, i, str_of_cstr(source->values_cstr[i]), CONF_FLAG) == OK) continue;
        char what[400];
        snprintf(what, sizeof what, "%s", err_detail());
        return err_raise(ERR_INVALID, "--%s: %s", items[i].name_cstr, what);
    }
    return OK;
}

/* Behind the setting's own option, whose entries stay. */
static enum err read_list(const struct option_list *list, struct conf *conf, enum setting setting)
{
    for (size_t i = 0; i < list->count; i++)
        TRY(conf_append(conf, setting, str_of_cstr(list->values_cstr[i]), CONF_FLAG));
    return OK;
}

struct records_segments_settings settings_records(const struct conf *conf)
{
    return (struct records_segments_settings){
        .writer_memory_bytes = (size_t)conf_number(conf, SETTING_IMPORT_MEMORY),
        .merge_memory_bytes = (size_t)conf_number(conf, SETTING_COMPACT_MEMORY),
        .packing = {.compression = (enum compression)conf_number(conf, SETTING_IMPORT_COMPRESSION),
                    .sample_bytes = PACKER_SAMPLE_BYTES_DEFAULT},
    };
}

enum err settings_networks(const struct conf *conf, struct arena *arena, struct ip_network **ret)
{
    size_t count = (size_t)conf_number(conf, SETTING_HOOKS_ALLOW_NETWORKS);
    struct ip_network *networks = arena_array(arena, count, sizeof *networks);
    if (!networks) return err_raise(ERR_NOMEM, "no memory for settings");
    for (size_t i = 0; i < count; i++)
        TRY(err_at(ip_network_parse(conf->values[SETTING_HOOKS_ALLOW_NETWORKS].list[i], &networks[i]),
                   "hooks.allow_networks"));
    *ret = networks;
    return OK;
}

enum err settings_retry_delays(const struct conf *conf, struct arena *arena, const int64_t **ret_us)
{
    static const struct conf_item delay = {"", CONF_DURATION, "", 0, 30 * DAY_US, .help_cstr = ""};
    const struct conf_value *value = &conf->values[SETTING_HOOKS_RETRY_DELAYS];
    int64_t *delays_us = arena_array(arena, (size_t)value->number, sizeof *delays_us);
    if (!delays_us) return err_raise(ERR_NOMEM, "no memory for settings");
    for (int64_t i = 0; i < value->number; i++)
        TRY(err_at(conf_value_parse(&delay, value->list[i], &delays_us[i]), "hooks.retry_delays"));
    *ret_us = delays_us;
    return OK;
}

static enum err check_together(const struct conf *conf)
{
    int64_t least = conf_number(conf, SETTING_BATCH_CHUNK_SIZE_MIN);
    int64_t greatest = conf_number(conf, SETTING_BATCH_CHUNK_SIZE_MAX);
    int64_t normal = conf_number(conf, SETTING_BATCH_CHUNK_SIZE_DEFAULT);
    if (normal < least || normal > greatest) {
        return err_raise(ERR_INVALID,
                         "batch.chunk_size_default is %" PRId64 ", outside batch.chunk_size_min to "
                         "batch.chunk_size_max (%" PRId64 " to %" PRId64 ")",
                         normal, least, greatest);
    }
    return OK;
}

static enum err check_server(const struct conf *conf)
{
    int64_t longest = conf_number(conf, SETTING_SERVER_BODY_MAX);
    if (conf_number(conf, SETTING_SERVER_BODIES_MEMORY) < longest) {
        return err_raise(ERR_INVALID,
                         "server.bodies_memory must not be less than server.body_max (%" PRId64 " bytes)",
                         longest);
    }
    if (!conf_text(conf, SETTING_TLS_CERTIFICATE).n != !conf_text(conf, SETTING_TLS_KEY).n) {
        return err_raise(ERR_INVALID, "tls.certificate and tls.key are needed both, or neither");
    }
    return OK;
}

static enum err check_lists(struct conf *conf)
{
    struct ip_network *networks;
    const int64_t *delays_us;
    TRY(settings_networks(conf, &conf->arena, &networks));
    return settings_retry_delays(conf, &conf->arena, &delays_us);
}

enum err settings_load(const struct settings_source *source, struct conf *ret)
{
    TRY(conf_init(ret, items, SETTING_COUNT));
    TRY(read_file(source, ret));
    TRY(conf_read_environment(ret, STR("ENRICHD_"), (const char *const *)environ));
    TRY(read_flags(source, ret));
    TRY(read_list(&source->allow_networks, ret, SETTING_HOOKS_ALLOW_NETWORKS));
    TRY(read_list(&source->allow_hosts, ret, SETTING_HOOKS_ALLOW_HOSTS));
    TRY(check_lists(ret));
    TRY(check_server(ret));
    return check_together(ret);
}
