/* Opens everything in order, waits for a signal, closes everything in reverse order. */
#include "cmd/serve.h"

#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/batch_json.h"
#include "api/keeper.h"
#include "api/metrics.h"
#include "api/rate.h"
#include "base/log.h"
#include "base/os.h"
#include "cmd/confine.h"
#include "cmd/job_settings.h"
#include "cmd/notify.h"
#include "cmd/secret.h"
#include "cmd/settings.h"
#include "hooks/hooks.h"
#include "hooks/target.h"
#include "http/server.h"
#include "http/tls.h"
#include "jobs/compactor.h"
#include "store/audit.h"
#include "store/control_sqlite.h"
#include "store/records_segments.h"

#define EXIT_FAILED 1

#define HTTP_THREADS_AUTO_MAX 4
#define OTHER_FILES_MAX       256 /* open besides connections: databases, segments, results */
#define OWN_ADDRESSES_MAX     64
#define GIVE_BACK_PERIOD_S    60

/* The running program. What is not open yet is NULL. */
struct serve {
    const char *data;
    struct conf conf;
    struct api api;
    struct http_server *http;
    struct compactor *compactor;
    struct http_server *metrics_http; /* NULL: metrics are served with the rest */
    struct listener listener, metrics_listener;
    struct os_file manager; /* whoever wants to know when the server is ready */
    char confinement[CONFINE_TEXT_MAX];
    struct ip_address own_addresses[OWN_ADDRESSES_MAX];
};

static uint32_t core_count(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > 1024 ? 1024 : (uint32_t)count;
}

static uint32_t setting_u32(const struct conf *conf, enum setting setting)
{
    int64_t value = conf_number(conf, setting);
    must(value >= 0 && value <= UINT32_MAX);
    return (uint32_t)value;
}

static size_t setting_bytes(const struct conf *conf, enum setting setting)
{
    return (size_t)conf_number(conf, setting);
}

/* ---- opening ---- */

static struct api_limits limits_of(const struct conf *conf)
{
    size_t body_bytes_max = setting_bytes(conf, SETTING_SERVER_BODY_MAX);
    return (struct api_limits){
        .body_bytes_max = body_bytes_max,
        /* Parsed document, list of identifiers, encoded inputs: measured at 5 times the body at worst. */
        .request_memory_bytes = ((size_t)1 << 20) + 8 * body_bytes_max,
        .batch_identifiers_max = setting_u32(conf, SETTING_BATCH_IDENTIFIERS_MAX),
        .batch_active_max = setting_u32(conf, SETTING_BATCH_ACTIVE_MAX),
        .chunk_size_default = setting_u32(conf, SETTING_BATCH_CHUNK_SIZE_DEFAULT),
        .chunk_size_min = setting_u32(conf, SETTING_BATCH_CHUNK_SIZE_MIN),
        .chunk_size_max = setting_u32(conf, SETTING_BATCH_CHUNK_SIZE_MAX),
        .requests_per_minute = setting_u32(conf, SETTING_LIMITS_REQUESTS_PER_MINUTE),
        .enrich_per_minute = setting_u32(conf, SETTING_LIMITS_ENRICH_PER_MINUTE),
        .submit_per_minute = setting_u32(conf, SETTING_LIMITS_SUBMIT_PER_MINUTE),
        .poll_per_minute = setting_u32(conf, SETTING_LIMITS_POLL_PER_MINUTE),
        .enrich_identifiers_max = setting_u32(conf, SETTING_ENRICH_IDENTIFIERS_MAX),
        .identifier_bytes_max = setting_bytes(conf, SETTING_LIMITS_IDENTIFIER_BYTES),
        .fields_max = setting_u32(conf, SETTING_LIMITS_FIELDS),
        .request_id_bytes_max = setting_u32(conf, SETTING_SERVER_REQUEST_ID_MAX),
        .usage_endpoints_max = setting_u32(conf, SETTING_LIMITS_USAGE_ENDPOINTS),
        .usage_days = setting_u32(conf, SETTING_LIMITS_USAGE_DAYS),
        .wait_s_max = (uint32_t)(conf_number(conf, SETTING_BATCH_WAIT_MAX) / 1000000),
        .retention_us = conf_number(conf, SETTING_BATCH_RETENTION),
        .link_validity_us = conf_number(conf, SETTING_BATCH_LINK_VALIDITY),
    };
}

static enum err open_stores(struct serve *serve)
{
    struct control_sqlite_settings control = control_settings_of(&serve->conf);
    struct records_segments_settings records = settings_records(&serve->conf);
    TRY(control_sqlite_open(serve->data, CONTROL_SERVE, &control, &serve->api.control));
    for (int i = 0; i < ENTITY_COUNT; i++) {
        TRY(records_segments_open(serve->data, (enum entity)i, &records, &serve->api.records[i]));
    }
    return OK;
}

/* A batch has become final. */
static void wake(void *context, struct uuid batch_id)
{
    const struct api *api = context;
    keeper_wake(api->keeper, batch_id);
    hooks_wake(api->hooks);
}

static const char *scheme(const struct serve *serve)
{
    return serve->api.has_tls ? "https" : "http";
}

/* Without a public URL the links of a webhook begin with the address that is served. */
static void add_hook_body(void *context, const struct batch *batch, struct buf *out)
{
    const struct serve *serve = context;
    char base[sizeof serve->listener.address + 8];
    int n = snprintf(base, sizeof base, "%s://%s", scheme(serve), serve->listener.address);
    str local = str_of(base, (size_t)n);
    batch_json_add(&serve->api, batch, serve->api.public_url.n ? serve->api.public_url : local, out);
}

static enum err open_hooks(struct serve *serve, str secret)
{
    struct conf *conf = &serve->conf;
    struct hooks_settings settings = {
        .transfer = {.policy = serve->api.webhook_policy,
                     .proxy = conf_text(conf, SETTING_HOOKS_PROXY),
                     .ca_file = conf_text(conf, SETTING_HOOKS_CA_FILE),
                     .connect_timeout_us = conf_number(conf, SETTING_HOOKS_CONNECT_TIMEOUT),
                     .timeout_us = conf_number(conf, SETTING_HOOKS_TIMEOUT),
                     .head_bytes_max = setting_bytes(conf, SETTING_HOOKS_ANSWER_HEAD_MAX),
                     .body_bytes_max = setting_bytes(conf, SETTING_HOOKS_ANSWER_BODY_MAX)},
        .schedule = {.delay_count = (size_t)conf_number(conf, SETTING_HOOKS_RETRY_DELAYS),
                     .retry_after_max_us = conf_number(conf, SETTING_HOOKS_RETRY_AFTER_MAX)},
        .body = {add_hook_body, serve},
        .attempts_max = setting_u32(conf, SETTING_HOOKS_ATTEMPTS_MAX),
        .account_attempts_max = setting_u32(conf, SETTING_HOOKS_ACCOUNT_ATTEMPTS_MAX),
        .host_attempts_max = setting_u32(conf, SETTING_HOOKS_HOST_ATTEMPTS_MAX),
        .secret_overlap_us = conf_number(conf, SETTING_HOOKS_SECRET_OVERLAP),
        .stop_timeout_us = conf_number(conf, SETTING_HOOKS_STOP_TIMEOUT),
    };
    TRY(settings_retry_delays(conf, &conf->arena, &settings.schedule.delays_us));
    hook_secrets_init(&settings.secrets, secret);
    return hooks_new(&settings, serve->api.control, &serve->api.hooks);
}

static enum err open_jobs(struct serve *serve)
{
    struct jobs_settings settings = job_settings_of(&serve->conf);
    settings.suppression = serve->api.suppression;
    settings.on_final = wake;
    settings.on_final_context = &serve->api;
    TRY(jobs_start(&settings, serve->api.control, serve->api.records, &serve->api.jobs));
    return keeper_start(serve->api.keeper, serve->api.jobs);
}

static enum err open_compactor(struct serve *serve)
{
    int64_t period_us = conf_number(&serve->conf, SETTING_COMPACT_PERIOD);
    return period_us ? compactor_start(serve->api.records, period_us, &serve->compactor) : OK;
}

/* A shell's limit is often 1024, which says nothing about what the system can do. */
static void raise_file_limit(const struct conf *conf)
{
    struct rlimit limit;
    uint32_t wanted = setting_u32(conf, SETTING_SERVER_CONNECTIONS_MAX) + OTHER_FILES_MAX;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= wanted) return;
    log_warn("too few open files are allowed for server.connections_max; see ulimit -n",
             LOG_INT("allowed", limit.rlim_max), LOG_INT("wanted", wanted));
}

static enum err load_certificate(const struct serve *serve)
{
    return tls_load(conf_text(&serve->conf, SETTING_TLS_CERTIFICATE),
                    conf_text(&serve->conf, SETTING_TLS_KEY));
}

static enum err open_http(struct serve *serve)
{
    const struct conf *conf = &serve->conf;
    uint32_t threads = setting_u32(conf, SETTING_SERVER_THREADS);
    uint32_t automatic = core_count() < HTTP_THREADS_AUTO_MAX ? core_count() : HTTP_THREADS_AUTO_MAX;
    bool has_metrics_listener = serve->metrics_listener.file.fd >= 0;
    struct http_settings settings = {
        .has_tls = serve->api.has_tls,
        .side = has_metrics_listener ? API_SIDE_CLIENTS : API_SIDE_BOTH,
        .thread_count = threads ? threads : automatic,
        .backlog = setting_u32(conf, SETTING_SERVER_BACKLOG),
        .connections_max = setting_u32(conf, SETTING_SERVER_CONNECTIONS_MAX),
        .connections_per_ip_max = setting_u32(conf, SETTING_SERVER_CONNECTIONS_PER_IP_MAX),
        .connection_memory_bytes = setting_u32(conf, SETTING_SERVER_CONNECTION_MEMORY),
        .headers_max = setting_u32(conf, SETTING_SERVER_HEADERS_MAX),
        .bodies_memory_bytes = setting_bytes(conf, SETTING_SERVER_BODIES_MEMORY),
        .idle_timeout_us = conf_number(conf, SETTING_SERVER_IDLE_TIMEOUT),
        .head_timeout_us = conf_number(conf, SETTING_SERVER_HEAD_TIMEOUT),
        .body_timeout_us = conf_number(conf, SETTING_SERVER_BODY_TIMEOUT),
        .rate_min_bytes = (uint64_t)conf_number(conf, SETTING_SERVER_RATE_MIN),
        .rate_period_us = conf_number(conf, SETTING_SERVER_RATE_PERIOD),
    };
    raise_file_limit(conf);
    if (settings.has_tls) TRY(load_certificate(serve));
    TRY(http_server_start(&settings, &serve->listener, &serve->api, &serve->http));
    if (!has_metrics_listener) return OK;
    settings.side = API_SIDE_OPERATORS;
    settings.has_tls = false;
    settings.thread_count = 1;
    return http_server_start(&settings, &serve->metrics_listener, &serve->api, &serve->metrics_http);
}

/* What the operator allows; hosts compare in lower case. */
static enum err read_webhook_policy(struct serve *serve)
{
    struct conf *conf = &serve->conf;
    const struct conf_value *hosts = &conf->values[SETTING_HOOKS_ALLOW_HOSTS];
    struct ip_network *networks;
    size_t host_count = (size_t)hosts->number;
    TRY(settings_networks(conf, &conf->arena, &networks));
    str *lower = arena_array(&conf->arena, host_count, sizeof *lower);
    if (!lower) return err_raise(ERR_NOMEM, "no memory for settings");
    for (size_t i = 0; i < host_count; i++) {
        TRY(hook_host_lower(hosts->list[i], &conf->arena, &lower[i]));
    }
    serve->api.webhook_policy = (struct ip_policy){
        .networks = networks,
        .network_count = (size_t)conf_number(conf, SETTING_HOOKS_ALLOW_NETWORKS),
        .hosts = lower,
        .host_count = host_count,
        .own = serve->own_addresses,
        .own_count = ip_own_addresses(serve->own_addresses, OWN_ADDRESSES_MAX),
    };
    return OK;
}

static enum err bind_all(struct serve *serve)
{
    str metrics = conf_text(&serve->conf, SETTING_METRICS_LISTEN);
    TRY(listen_bind(conf_text(&serve->conf, SETTING_SERVER_LISTEN), &serve->listener));
    return metrics.n ? listen_bind(metrics, &serve->metrics_listener) : OK;
}

static enum err confine_all(struct serve *serve)
{
    const struct conf *conf = &serve->conf;
    const char *const files[] = {
        conf_text(conf, SETTING_HOOKS_CA_FILE).p,
        conf_text(conf, SETTING_TLS_CERTIFICATE).p,
        conf_text(conf, SETTING_TLS_KEY).p,
    };
    struct confine_settings settings = {
        .data_cstr = serve->data,
        .user = conf_text(conf, SETTING_SERVER_USER),
        .files_cstr = files,
        .file_count = sizeof files / sizeof *files,
        .is_off = conf_number(conf, SETTING_SERVER_CONFINE) == SERVER_CONFINE_OFF,
    };
    return confine(&settings, serve->confinement);
}

static enum err open_all(struct serve *serve)
{
    uint8_t secret[SECRET_BYTES];
    serve->api.limits = limits_of(&serve->conf);
    serve->api.data_cstr = serve->data;
    serve->api.disk_free_bytes_min = setting_bytes(&serve->conf, SETTING_SERVER_DISK_FREE_MIN);
    serve->api.started_us = os_now_us();
    serve->api.public_url = conf_text(&serve->conf, SETTING_SERVER_PUBLIC_URL);
    serve->api.has_tls = conf_text(&serve->conf, SETTING_TLS_CERTIFICATE).n > 0;
    TRY(read_webhook_policy(serve));
    TRY(bind_all(serve));
    TRY(confine_all(serve)); /* before the first thread, as threads are confined one by one */
    TRY(open_stores(serve));
    TRY(secret_load(serve->data, secret));
    TRY(link_keys_new(str_of(secret, sizeof secret), serve->api.control, &serve->api.link_keys));
    TRY(suppression_open(serve->api.control, str_of(secret, sizeof secret), &serve->api.suppression));
    TRY(rate_new(&serve->api.rate));
    TRY(keeper_new(&serve->api.keeper));
    TRY(api_metrics_new(&serve->api.metrics));
    TRY(open_hooks(serve, str_of(secret, sizeof secret)));
    TRY(open_jobs(serve));
    TRY(open_compactor(serve));
    TRY(open_http(serve));
    return hooks_start(serve->api.hooks, serve->api.jobs);
}

/* Accepts what open_all left half done. */
static void close_all(struct serve *serve)
{
    struct api *api = &serve->api;
    if (serve->metrics_http) http_server_stop(serve->metrics_http);
    if (serve->http) http_server_stop(serve->http);
    tls_unload();
    keeper_stop(api->keeper);
    hooks_stop(api->hooks);
    compactor_stop(serve->compactor);
    jobs_stop(api->jobs);
    hooks_free(api->hooks);
    keeper_free(api->keeper);
    rate_free(api->rate);
    api_metrics_free(api->metrics);
    suppression_close(api->suppression);
    link_keys_free(api->link_keys);
    for (int i = 0; i < ENTITY_COUNT; i++) {
        if (api->records[i]) api->records[i]->ops->close(api->records[i]);
    }
    if (api->control) api->control->ops->close(api->control);
    os_close(&serve->metrics_listener.file);
    os_close(&serve->listener.file);
    os_close(&serve->manager);
}

/* ---- serving ---- */

static uint64_t record_count(struct records *records)
{
    struct records_snapshot *snapshot;
    struct records_stats stats = {0};
    if (records->ops->snapshot(records, &snapshot) != OK) return 0;
    records->ops->stats(snapshot, &stats);
    records->ops->release(snapshot);
    return stats.record_count;
}

static bool has_key(struct control *control)
{
    struct arena arena;
    struct api_key *keys;
    size_t count = 0;
    arena_init(&arena, (size_t)64 << 20);
    enum err e = control->ops->key_list(control, &arena, &keys, &count);
    arena_fini(&arena);
    return e != OK || count > 0;
}

static void announce(const struct serve *serve)
{
    log_info(
        "listening", LOG_CSTR("scheme", scheme(serve)), LOG_CSTR("address", serve->listener.address),
        LOG_CSTR("metrics", serve->metrics_listener.address), LOG_CSTR("data", serve->data),
        LOG_INT("persons", record_count(serve->api.records[ENTITY_PERSON])),
        LOG_INT("companies", record_count(serve->api.records[ENTITY_COMPANY])),
        LOG_CSTR("confinement", serve->confinement),
        LOG_CSTR("durability", "submissions and results are synced to disk before they are acknowledged"));
    if (geteuid() == 0)
        log_warn("running as root: start as a user that owns the data folder and nothing else, or set "
                 "server.user");
    if (!isatty(STDERR_FILENO)) return;
    fprintf(stderr, "\n  %s://%s   (Ctrl-C stops)\n", scheme(serve), serve->listener.address);
    if (!has_key(serve->api.control)) {
        fprintf(stderr, "  No API key yet. Make one: enrichd key create NAME --data %s\n", serve->data);
    }
    if (!record_count(serve->api.records[ENTITY_PERSON]) &&
        !record_count(serve->api.records[ENTITY_COMPANY])) {
        fprintf(stderr, "  No records yet. Load some: enrichd import person FILE... --data %s\n",
                serve->data);
    }
    fputc('\n', stderr);
}

/* What is waited for, one after the other. */
static sigset_t handled_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

static void reload(const struct serve *serve)
{
    if (!serve->api.has_tls) {
        log_info("SIGHUP: there is no certificate to read again");
    } else if (load_certificate(serve) == OK) {
        log_info("certificate read again; new connections get it");
    } else {
        log_error("certificate cannot be read again; the one before stays", LOG_CSTR("detail", err_detail()));
    }
}

/* A submission takes some megabytes for a millisecond. Given back to the system each time, its pages would
 * have to be mapped and zeroed anew for the next one, which takes as long as parsing it (measured). */
static void keep_freed_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
}

/* But each thread's heap would stay as large as its largest moment ever was, and such moments of all threads
 * add up over days (measured: twice of what is in use, and rising). Once a minute costs nothing. */
static void give_back_freed_memory(void)
{
    malloc_trim(0);
}

/* From here on a second signal ends the process at once, which is safe: what was acknowledged is on disk. */
static void wait_for_stop(const struct serve *serve)
{
    static const struct timespec period = {.tv_sec = GIVE_BACK_PERIOD_S};
    sigset_t set = handled_signals();
    int number;
    while ((number = sigtimedwait(&set, NULL, &period)) < 0 || number == SIGHUP) {
        if (number == SIGHUP)
            reload(serve);
        else
            give_back_freed_memory();
    }
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    log_info("stopping", LOG_CSTR("signal", number == SIGTERM ? "SIGTERM" : "SIGINT"));
}

static void drain(struct serve *serve)
{
    flag_raise(&serve->api.is_draining);
    keeper_release(serve->api.keeper);
    int64_t delay_us = conf_number(&serve->conf, SETTING_SERVER_DRAIN_DELAY);
    struct timespec delay = {delay_us / 1000000, delay_us % 1000000 * 1000};
    nanosleep(&delay, NULL);
    http_server_quiesce(serve->http, conf_number(&serve->conf, SETTING_SERVER_DRAIN_TIMEOUT));
}

static void audit(struct serve *serve, str event)
{
    enum err e =
        audit_add(serve->data, serve->api.control, event, STR("\"version\":\"" ENRICHD_VERSION "\""), NULL);
    if (e != OK)
        log_warn("the audit log could not be written", LOG_CSTR("error", err_name(e)),
                 LOG_CSTR("detail", err_detail()));
}

static int run(struct serve *serve)
{
    keep_freed_memory();
    sigset_t set = handled_signals();
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* before the first thread, so that all inherit it */
    enum err e = open_all(serve);
    if (e == OK) {
        audit(serve, STR("server.start"));
        announce(serve);
        notify_say(serve->manager, STR("READY=1"));
        wait_for_stop(serve);
        notify_say(serve->manager, STR("STOPPING=1"));
        drain(serve);
        audit(serve, STR("server.stop"));
    } else {
        log_error("cannot start", LOG_CSTR("error", err_name(e)), LOG_CSTR("detail", err_detail()));
    }
    close_all(serve);
    if (e == OK) log_info("stopped");
    return e == OK ? 0 : EXIT_FAILED;
}

int cmd_serve(int argc, char **argv)
{
    struct settings_source source = SETTINGS_SOURCE_INIT;
    struct option options[SETTINGS_OPTION_COUNT];
    settings_options(&source, options);
    const struct command command = {
        .name_cstr = "enrichd serve",
        .arguments_cstr = "",
        .about_cstr = "Serves the records of a data folder over HTTP. Needs no configuration.",
        .notes_cstr =
            "Every setting may also stand in the environment (ENRICHD_SERVER_BODY_MAX=64MiB) or in the\n"
            "configuration file. SIGTERM and Ctrl-C finish what is under way and stop; a second one stops "
            "at\n"
            "once. SIGHUP reads the certificate of TLS again. Exit codes: 0 stopped, 1 cannot start,\n"
            "2 wrong command line, 78 wrong configuration.",
        .options = options,
        .option_count = SETTINGS_OPTION_COUNT,
    };
    int exit_code;
    if (!options_parse(&command, &argc, argv, &exit_code)) return exit_code;
    if (argc > 1) return options_refuse(&command, "unexpected argument '%s'", argv[1]);
    struct serve serve = {
        .data = source.data_cstr,
        .listener = LISTENER_NONE,
        .metrics_listener = LISTENER_NONE,
        .manager = notify_open(),
    };
    if (settings_load(&source, &serve.conf) == OK) {
        log_setup((enum log_level)conf_number(&serve.conf, SETTING_LOG_LEVEL),
                  (enum log_format)conf_number(&serve.conf, SETTING_LOG_FORMAT));
        exit_code = run(&serve);
    } else {
        fprintf(stderr, "enrichd serve: %s\n", err_detail());
        exit_code = EXIT_CONFIG;
    }
    conf_fini(&serve.conf);
    return exit_code;
}
