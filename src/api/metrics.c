/* Counting answers by route and code, and printing everything that is counted anywhere. */
#include "api/metrics.h"

#include "api/error.h"
#include "api/header.h"
#include "api/route.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/os.h"
#include "base/process.h"
#include "store/control_metrics.h"

#define ROUTES_MAX  64
#define STATUS_LOW  200
#define STATUS_HIGH 511

struct api_metrics {
    struct counter answers[ROUTES_MAX][STATUS_HIGH - STATUS_LOW + 1]; /* by place in the table of routes */
    struct durations durations[ROUTES_MAX];
    struct counter file_bytes;
};

enum err api_metrics_new(struct api_metrics **ret)
{
    must(route_count() < ROUTES_MAX);
    struct api_metrics *metrics = calloc(1, sizeof *metrics);
    if (!metrics) return err_raise(ERR_NOMEM, "no memory for metrics");
    *ret = metrics;
    return OK;
}

void api_metrics_free(struct api_metrics *metrics)
{
    free(metrics);
}

void api_metrics_count(struct api_metrics *metrics, const struct api_call *call)
{
    size_t route = route_number(call->route);
    unsigned status = call->response.status;
    must(status >= STATUS_LOW && status <= STATUS_HIGH);
    counter_add(&metrics->answers[route][status - STATUS_LOW], 1);
    durations_add(&metrics->durations[route], os_monotonic_us() - call->began_us);
    counter_add(&metrics->file_bytes, call->response.extent_bytes);
}

/* ---- the text ---- */

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_add_format(out, "# HELP enrichd_%s %s\n# TYPE enrichd_%s %s\n", name, help, name, type);
}

static void labelled(struct buf *out, const char *name, const char *label, str value, uint64_t number)
{
    buf_add_format(out, "enrichd_%s{%s=\"%.*s\"} %" PRIu64 "\n", name, label, STR_ARG(value), number);
}

static void of_entity(struct buf *out, const char *name, int entity, uint64_t number)
{
    labelled(out, name, "entity", entity_name((enum entity)entity), number);
}

static void single(struct buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
    head(out, name, type, help);
    buf_add_format(out, "enrichd_%s %" PRIu64 "\n", name, value);
}

static void seconds(struct buf *out, int64_t us)
{
    buf_add_format(out, "%" PRId64 ".%06" PRId64, us / 1000000, us % 1000000);
}

static void histogram(struct buf *out, const char *name, str labels, const struct durations *durations)
{
    const char *comma = labels.n ? "," : "";
    uint64_t count = 0;
    for (size_t i = 0; i < DURATION_BOUNDS; i++) {
        count += counter_get(&durations->within[i]);
        buf_add_format(out, "enrichd_%s_bucket{%.*s%sle=\"", name, STR_ARG(labels), comma);
        seconds(out, duration_bounds_us[i]);
        buf_add_format(out, "\"} %" PRIu64 "\n", count);
    }
    count += counter_get(&durations->within[DURATION_BOUNDS]);
    buf_add_format(out, "enrichd_%s_bucket{%.*s%sle=\"+Inf\"} %" PRIu64 "\n", name, STR_ARG(labels), comma,
                   count);
    const char *open = labels.n ? "{" : "", *close = labels.n ? "}" : "";
    buf_add_format(out, "enrichd_%s_sum%s%.*s%s ", name, open, STR_ARG(labels), close);
    seconds(out, (int64_t)counter_get(&durations->sum_us));
    buf_add_format(out, "\nenrichd_%s_count%s%.*s%s %" PRIu64 "\n", name, open, STR_ARG(labels), close,
                   count);
}

/* As they stand between the braces; in static memory of the thread. */
static str route_labels(size_t number)
{
    static _Thread_local char text[128];
    const struct api_route *route = route_at(number);
    str pattern = route ? route->pattern : STR("none");
    str method = route ? route->method : STR("any");
    int n = snprintf(text, sizeof text, "route=\"%.*s\",method=\"%.*s\"", STR_ARG(pattern), STR_ARG(method));
    return str_of(text, (size_t)n);
}

static void print_requests(struct buf *out, const struct api_metrics *metrics)
{
    head(out, "http_requests_total", "counter", "Answered requests by route, method and status code.");
    for (size_t route = 0; route <= route_count(); route++) {
        for (unsigned i = 0; i <= STATUS_HIGH - STATUS_LOW; i++) {
            uint64_t count = counter_get(&metrics->answers[route][i]);
            if (!count) continue;
            buf_add_format(out, "enrichd_http_requests_total{%.*s,code=\"%u\"} %" PRIu64 "\n",
                           STR_ARG(route_labels(route)), STATUS_LOW + i, count);
        }
    }
    head(out, "http_request_duration_seconds", "histogram",
         "From the request line to the end of the answer, waiting of long-polls included.");
    for (size_t route = 0; route < route_count(); route++) {
        histogram(out, "http_request_duration_seconds", route_labels(route), &metrics->durations[route]);
    }
    single(out, "result_bytes_total", "counter", "Bytes of result files that were asked for.",
           counter_get(&metrics->file_bytes));
}

static void print_batches(struct buf *out)
{
    static const char *const ends[] = {"completed", "failed", "cancelled"};
    head(out, "batches_submitted_total", "counter", "Batches that were accepted.");
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        of_entity(out, "batches_submitted_total", entity, counter_get(&control_metrics.submitted[entity]));
    }
    head(out, "batches_finished_total", "counter", "Batches that became final, by their end.");
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        for (int end = 0; end < BATCH_END_COUNT; end++) {
            buf_add_format(out, "enrichd_batches_finished_total{entity=\"%.*s\",end=\"%s\"} %" PRIu64 "\n",
                           STR_ARG(entity_name((enum entity)entity)), ends[end],
                           counter_get(&control_metrics.ended[entity][end]));
        }
    }
    head(out, "identifiers_total", "counter", "Identifiers of batches that became final, by their outcome.");
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        labelled(out, "identifiers_total", "outcome", outcome_count_name((enum outcome)outcome),
                 counter_get(&control_metrics.outcomes[outcome]));
    }
}

static void print_webhooks(struct buf *out)
{
    head(out, "webhook_attempts_total", "counter", "Attempts to deliver a webhook, by their result.");
    labelled(out, "webhook_attempts_total", "result", STR("delivered"),
             counter_get(&control_metrics.webhooks_delivered));
    labelled(out, "webhook_attempts_total", "result", STR("failed"),
             counter_get(&control_metrics.webhooks_failed));
    single(out, "webhooks_given_up_total", "counter", "Deliveries that are not tried any more.",
           counter_get(&control_metrics.webhooks_given_up));
}

static void print_store(struct buf *out)
{
    head(out, "store_commit_duration_seconds", "histogram", "Transactions on control.db, the sync included.");
    histogram(out, "store_commit_duration_seconds", (str){0}, &control_metrics.transactions);
    single(out, "store_commits_failed_total", "counter", "Transactions that failed.",
           counter_get(&control_metrics.transactions_failed));
    single(out, "lease_expirations_total", "counter", "Claims that were given to another worker.",
           counter_get(&control_metrics.leases_expired));
    single(out, "stale_commits_rejected_total", "counter", "Results that came too late and were refused.",
           counter_get(&control_metrics.commits_stale));
}

static enum err print_load(struct buf *out, struct control *control)
{
    struct control_load load;
    TRY(control->ops->load(control, &load));
    int64_t age_us = load.oldest_us ? os_now_us() - load.oldest_us : 0;
    head(out, "batches", "gauge", "Batches that are not final.");
    labelled(out, "batches", "state", STR("pending"), load.pending);
    labelled(out, "batches", "state", STR("processing"), load.processing);
    single(out, "oldest_pending_batch_age_seconds", "gauge", "How long the oldest pending batch has waited.",
           (uint64_t)(age_us > 0 ? age_us : 0) / 1000000);
    single(out, "webhook_deliveries_pending", "gauge", "Webhook deliveries that are to be tried yet.",
           load.deliveries_pending);
    return OK;
}

static enum err print_records(struct buf *out, struct records *const records[ENTITY_COUNT])
{
    struct records_stats stats[ENTITY_COUNT];
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        struct records_snapshot *snapshot;
        TRY(records[entity]->ops->snapshot(records[entity], &snapshot));
        records[entity]->ops->stats(snapshot, &stats[entity]);
        records[entity]->ops->release(snapshot);
    }
    head(out, "records", "gauge", "Stored records; superseded ones count until they are merged away.");
    for (int entity = 0; entity < ENTITY_COUNT; entity++)
        of_entity(out, "records", entity, stats[entity].record_count);
    head(out, "records_bytes", "gauge", "Bytes of stored records and their index.");
    for (int entity = 0; entity < ENTITY_COUNT; entity++)
        of_entity(out, "records_bytes", entity, stats[entity].stored_bytes);
    return OK;
}

static void print_log(struct buf *out)
{
    head(out, "log_events_total", "counter", "Events by level, also those that are not printed.");
    labelled(out, "log_events_total", "level", STR("error"), log_count(LOG_ERROR));
    labelled(out, "log_events_total", "level", STR("warn"), log_count(LOG_WARN));
    labelled(out, "log_events_total", "level", STR("info"), log_count(LOG_INFO));
}

/* Names that every exporter has in common, and so without the prefix. */
static void print_process(struct buf *out, const struct api *api)
{
    struct process_use use;
    process_use(&use);
    buf_add(out, STR("# HELP process_cpu_seconds_total CPU time of all threads.\n"
                     "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total "));
    seconds(out, (int64_t)use.cpu_us);
    buf_add_format(out,
                   "\n# HELP process_resident_memory_bytes Resident memory.\n"
                   "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %" PRIu64
                   "\n# HELP process_open_fds Open file descriptors.\n"
                   "# TYPE process_open_fds gauge\nprocess_open_fds %" PRIu64
                   "\n# HELP process_max_fds How many may be open.\n"
                   "# TYPE process_max_fds gauge\nprocess_max_fds %" PRIu64
                   "\n# HELP process_start_time_seconds When the server started, since 1970.\n"
                   "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds ",
                   use.resident_bytes, use.open_files, use.open_files_max);
    seconds(out, api->started_us);
    buf_add_char(out, '\n');
    head(out, "build_info", "gauge", "1, with the version as label.");
    labelled(out, "build_info", "version", STR(ENRICHD_VERSION), 1);
}

enum api_progress metrics_get(struct api_call *call)
{
    struct api *api = call->api;
    struct buf *out = &call->response.body;
    print_requests(out, api->metrics);
    print_batches(out);
    print_webhooks(out);
    print_store(out);
    enum err e = print_load(out, api->control);
    if (e == OK) e = print_records(out, api->records);
    if (e != OK) {
        buf_clear(out);
        api_fail(call, e, "collecting metrics");
        return API_DONE;
    }
    print_log(out);
    print_process(out, api);
    api_header_add(call, STR("Content-Type"), STR("text/plain; version=0.0.4; charset=utf-8"));
    api_header_add(call, STR("Cache-Control"), STR("no-store"));
    call->response.status = 200;
    return API_DONE;
}
