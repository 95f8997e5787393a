/* Sums the stored rows by the dimensions that are asked for. */
#include "api/account_usage.h"

#include "api/error.h"
#include "api/header.h"
#include "api/query.h"
#include "base/json.h"
#include "base/os.h"
#include "base/time.h"

#define DATE_BYTES ((size_t)10)

enum dimension { BY_DAY, BY_ENDPOINT, BY_PRODUCT, BY_KEY, BY_STATUS, DIMENSION_COUNT };

static const str dimension_names[DIMENSION_COUNT] = {
    [BY_DAY] = STR_INIT("day"),
    [BY_ENDPOINT] = STR_INIT("endpoint"),
    [BY_PRODUCT] = STR_INIT("product"),
    [BY_KEY] = STR_INIT("api_key_id"),
    [BY_STATUS] = STR_INIT("status_class"),
};

struct summary {
    struct api_call *call;
    int64_t from_day, to_day;
    bool by[DIMENSION_COUNT];
    str endpoints; /* comma-separated; empty: all */
};

/* One line of the answer: its identifying values (those that are not grouped by stay empty) and its sums. */
struct bucket {
    struct usage key;
    uint64_t requests, errors, results;
};

/* What an endpoint belongs to, as bills would name it. */
static str product_of(str endpoint)
{
    if (str_starts(endpoint, STR("/batch"))) return STR("batch");
    if (str_starts(endpoint, STR("/person"))) return STR("person");
    if (str_starts(endpoint, STR("/company"))) return STR("company");
    return STR("account");
}

/* ---- the question ---- */

/* "2026-06-08", alone or with a time behind it that is a midnight in UTC. */
static bool parse_day(str text, int64_t *ret)
{
    str time = str_from(text, DATE_BYTES);
    bool is_midnight = time.n == 0 || str_eq(time, STR("T00:00:00Z")) ||
                       str_eq(time, STR("T00:00:00+00:00")) || str_eq(time, STR("T00:00:00.000000+00:00")) ||
                       str_eq(time, STR("T00:00:00"));
    return is_midnight && time_parse_date(str_slice(text, 0, DATE_BYTES), ret) == OK;
}

static bool read_day(struct api_call *call, str name, int64_t fallback, int64_t *ret)
{
    str text = query_value(call->request.query, name, &call->arena);
    *ret = fallback;
    if (!text.p || parse_day(text, ret)) return true;
    api_refuse(call, API_INVALID_REQUEST,
               "%.*s must be a day such as 2026-06-08, or its midnight in UTC, not '%.*s'", STR_ARG(name),
               API_QUOTED(text));
    return false;
}

/* A parameter that may be repeated or hold several values with commas: all of them, with commas. */
static str query_list(struct api_call *call, str name)
{
    struct buf list;
    str rest = call->request.query, pair;
    buf_init(&list, 1 << 16);
    while (str_split(&rest, '&', &pair)) {
        str value = query_value(pair, name, &call->arena);
        if (!value.n) continue;
        if (list.n) buf_add_char(&list, ',');
        buf_add(&list, value);
    }
    str copy = arena_copy(&call->arena, buf_str(&list));
    buf_fini(&list);
    return copy;
}

static bool read_dimensions(struct summary *summary)
{
    str rest = query_list(summary->call, STR("group_by")), name;
    while (str_split(&rest, ',', &name)) {
        int i = 0;
        while (i < DIMENSION_COUNT && !str_eq(str_trim(name), dimension_names[i])) i++;
        if (i == DIMENSION_COUNT) {
            api_refuse(summary->call, API_INVALID_REQUEST,
                       "group_by may hold day, endpoint, product, api_key_id and status_class, not '%.*s'",
                       API_QUOTED(name));
            return false;
        }
        summary->by[i] = true;
    }
    return true;
}

static bool read_question(struct summary *summary)
{
    struct api_call *call = summary->call;
    str bucket = query_value(call->request.query, STR("bucket"), &call->arena);
    const struct api_limits *limits = &call->api->limits;
    size_t endpoint_count = 1;
    if (bucket.p && !str_eq(bucket, STR("1d"))) {
        api_refuse(call, API_INVALID_REQUEST, "bucket must be 1d, not '%.*s'", API_QUOTED(bucket));
        return false;
    }
    summary->endpoints = query_list(call, STR("endpoints"));
    for (size_t i = 0; i < summary->endpoints.n; i++) endpoint_count += summary->endpoints.p[i] == ',';
    if (endpoint_count > limits->usage_endpoints_max) {
        api_refuse(call, API_INVALID_REQUEST, "endpoints may have at most %" PRIu32 " items",
                   limits->usage_endpoints_max);
        return false;
    }
    int64_t tomorrow = os_now_us() / DAY_US + 1;
    if (!read_day(call, STR("end"), tomorrow, &summary->to_day)) return false;
    if (!read_day(call, STR("start"), summary->to_day - limits->usage_days, &summary->from_day)) return false;
    if (summary->from_day >= summary->to_day) {
        api_refuse(call, API_INVALID_REQUEST, "start must be before end");
        return false;
    }
    return read_dimensions(summary);
}

/* ---- the sums ---- */

static bool is_wanted(const struct summary *summary, const struct usage *usage)
{
    str rest = summary->endpoints, endpoint;
    if (!rest.n) return true;
    while (str_split(&rest, ',', &endpoint)) {
        if (str_eq(str_trim(endpoint), usage->endpoint)) return true;
    }
    return false;
}

/* The usage with only the values that are grouped by. */
static struct usage key_of(const struct summary *summary, const struct usage *usage)
{
    struct usage key = {0};
    if (summary->by[BY_DAY]) key.day = usage->day;
    if (summary->by[BY_ENDPOINT]) {
        key.endpoint = usage->endpoint;
    } else if (summary->by[BY_PRODUCT]) {
        key.endpoint = product_of(usage->endpoint);
    }
    if (summary->by[BY_KEY]) memcpy(key.key_id, usage->key_id, sizeof key.key_id);
    if (summary->by[BY_STATUS]) key.status_class = usage->status_class;
    return key;
}

static bool is_same(const struct usage *a, const struct usage *b)
{
    return a->day == b->day && str_eq(a->endpoint, b->endpoint) && a->status_class == b->status_class &&
           memcmp(a->key_id, b->key_id, sizeof a->key_id) == 0;
}

static void add_usage(const struct summary *summary, const struct usage *usage, struct bucket *buckets,
                      size_t *count)
{
    struct usage key = key_of(summary, usage);
    size_t i = 0;
    while (i < *count && !is_same(&buckets[i].key, &key)) i++;
    if (i == *count) buckets[(*count)++] = (struct bucket){.key = key};
    buckets[i].requests += usage->requests;
    buckets[i].results += usage->results;
    if (usage->status_class >= 4) buckets[i].errors += usage->requests;
}

/* ---- the answer ---- */

static void add_day(struct buf *out, str name, int64_t day)
{
    json_add_key(out, name);
    buf_add_char(out, '"');
    time_add_text(out, day * DAY_US);
    buf_add_char(out, '"');
}

static void add_text(struct buf *out, str name, str value)
{
    json_add_key(out, name);
    json_add_str_lossy(out, value);
}

static void add_bucket(const struct summary *summary, const struct bucket *bucket, struct buf *out)
{
    const struct usage *key = &bucket->key;
    buf_add_char(out, '{');
    if (summary->by[BY_DAY]) add_day(out, STR("bucket_start"), key->day);
    if (summary->by[BY_ENDPOINT]) add_text(out, STR("endpoint"), key->endpoint);
    if (summary->by[BY_PRODUCT]) {
        add_text(out, STR("product"), summary->by[BY_ENDPOINT] ? product_of(key->endpoint) : key->endpoint);
    }
    if (summary->by[BY_KEY]) add_text(out, STR("api_key_id"), str_of(key->key_id, sizeof key->key_id));
    if (summary->by[BY_STATUS]) {
        json_add_key(out, STR("status_class"));
        buf_add_format(out, "\"%" PRIu32 "xx\"", key->status_class);
    }
    json_add_key(out, STR("requests"));
    buf_add_u64(out, bucket->requests);
    json_add_key(out, STR("credits"));
    buf_add_u64(out, bucket->results);
    json_add_key(out, STR("errors"));
    buf_add_u64(out, bucket->errors);
    json_add_key(out, STR("results"));
    buf_add_u64(out, bucket->results);
    buf_add_char(out, '}');
}

static void answer(const struct summary *summary, const struct bucket *buckets, size_t count)
{
    struct buf *out = &summary->call->response.body;
    buf_add_char(out, '{');
    add_day(out, STR("start"), summary->from_day);
    add_day(out, STR("end"), summary->to_day);
    buf_add(out, STR(",\"bucket\":\"1d\",\"group_by\":["));
    for (int i = 0, n = 0; i < DIMENSION_COUNT; i++) {
        if (!summary->by[i]) continue;
        if (n++) buf_add_char(out, ',');
        json_add_str(out, dimension_names[i]);
    }
    buf_add(out, STR("],\"buckets\":["));
    for (size_t i = 0; i < count; i++) {
        if (i) buf_add_char(out, ',');
        add_bucket(summary, &buckets[i], out);
    }
    buf_add(out, STR("]}\n"));
    api_header_add(summary->call, STR("Content-Type"), STR("application/json"));
    summary->call->response.status = 200;
}

/* Without grouping there is one bucket, also when nothing was used. */
static enum err summarise(struct summary *summary)
{
    struct api_call *call = summary->call;
    struct control *control = call->api->control;
    struct usage *usages;
    size_t usage_count, count = 0;
    TRY(control->ops->usage(control, call->key.account_id, summary->from_day, summary->to_day, &call->arena,
                            &usages, &usage_count));
    struct bucket *buckets = arena_array(&call->arena, usage_count + 1, sizeof *buckets);
    if (!buckets) return err_raise(ERR_NOMEM, "no memory for %zu usage sums", usage_count);
    bool is_grouped = false;
    for (int i = 0; i < DIMENSION_COUNT; i++) is_grouped |= summary->by[i];
    if (!is_grouped) count = 1;
    for (size_t i = 0; i < usage_count; i++) {
        if (is_wanted(summary, &usages[i])) add_usage(summary, &usages[i], buckets, &count);
    }
    answer(summary, buckets, count);
    return OK;
}

enum api_progress account_usage(struct api_call *call)
{
    struct summary summary = {.call = call};
    if (!read_question(&summary)) return API_DONE;
    enum err e = summarise(&summary);
    if (e != OK) api_fail(call, e, "reading usage");
    return API_DONE;
}
