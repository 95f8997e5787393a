/* Balance and endpoints. The balance of a key without a budget is the largest number that every JSON reader
 * takes exactly. */
#include "api/account.h"

#include "api/auth.h"
#include "api/error.h"
#include "api/header.h"
#include "api/query.h"
#include "api/scope.h"
#include "base/json.h"
#include "base/os.h"
#include "base/time.h"

#define UNLIMITED "9007199254740991"

static enum api_progress answer_json(struct api_call *call)
{
    buf_add_char(&call->response.body, '\n');
    api_header_add(call, STR("Content-Type"), STR("application/json"));
    call->response.status = 200;
    return API_DONE;
}

static enum err records_used(struct api_call *call, uint64_t *ret)
{
    struct control *control = call->api->control;
    struct usage *usages;
    size_t count;
    *ret = 0;
    TRY(control->ops->usage(control, call->key.account_id, 0, INT64_MAX, &call->arena, &usages, &count));
    for (size_t i = 0; i < count; i++) *ret += usages[i].results;
    return OK;
}

/* A daily budget is a grant that comes again at midnight. */
static void add_recurrence(struct buf *out, const struct budget *budget)
{
    json_add_key(out, STR("recurring_credits"));
    buf_add_u64(out, budget->daily_max);
    json_add_key(out, STR("recurring_credits_frequency"));
    buf_add(out, budget->daily_max ? STR("\"daily\"") : STR("null"));
    json_add_key(out, STR("recurring_credits_refresh_date"));
    if (!budget->daily_max) {
        buf_add(out, STR("null"));
        return;
    }
    buf_add_char(out, '"');
    time_add_text(out, (os_now_us() / DAY_US + 1) * DAY_US);
    buf_add_char(out, '"');
}

static void add_credits(struct buf *out, const struct budget *budget, uint64_t used)
{
    bool is_unlimited = !budget_is_limit(budget);
    buf_add(out, STR("{\"account\":{\"credits\":"));
    if (is_unlimited) {
        buf_add(out, STR(UNLIMITED));
    } else {
        buf_add_u64(out, budget_room(budget));
    }
    add_recurrence(out, budget);
    buf_add(out, STR(",\"credit_rollover\":false"));
    json_add_key(out, STR("is_unlimited"));
    buf_add(out, is_unlimited ? STR("true") : STR("false"));
    json_add_key(out, STR("credits_used"));
    buf_add_u64(out, used);
    buf_add(out, STR("}}"));
}

enum api_progress account_credits(struct api_call *call)
{
    struct control *control = call->api->control;
    struct budget budget;
    uint64_t used;
    enum err e = records_used(call, &used);
    if (e == OK) e = control->ops->budget_get(control, call->key.token.id, &budget);
    if (e != OK) {
        api_fail(call, e, "reading usage");
        return API_DONE;
    }
    add_credits(&call->response.body, &budget, used);
    return answer_json(call);
}

/* ---- endpoints ---- */

static const struct {
    str path, category;
    enum entity entity;
    enum scope scope;
} endpoints[] = {
    {STR_INIT("/batch/person/enrich"), STR_INIT("Batch"), ENTITY_PERSON, SCOPE_ENRICH_PERSON},
    {STR_INIT("/batch/company/enrich"), STR_INIT("Batch"), ENTITY_COMPANY, SCOPE_ENRICH_COMPANY},
    {STR_INIT("/person/enrich"), STR_INIT("Person"), ENTITY_PERSON, SCOPE_ENRICH_PERSON},
    {STR_INIT("/company/enrich"), STR_INIT("Company"), ENTITY_COMPANY, SCOPE_ENRICH_COMPANY},
};

/* The fields of the families in the set. */
static void add_paths(struct buf *out, str key, const struct field_table *table, uint64_t families)
{
    json_add_str(out, key);
    buf_add(out, STR(":["));
    for (size_t i = 0, n = 0; i < table->count; i++) {
        const struct field *field = &table->fields[i];
        if (!field->types || !((families >> field->family) & 1)) continue;
        if (n++) buf_add_char(out, ',');
        json_add_str(out, field->path);
    }
    buf_add_char(out, ']');
}

static void add_fields(struct buf *out, enum entity entity, uint64_t families)
{
    buf_add_char(out, '{');
    add_paths(out, STR("enabled"), fields_of(entity), families);
    buf_add_char(out, ',');
    add_paths(out, STR("disabled"), fields_of(entity), ~families);
    buf_add_char(out, '}');
}

static bool is_enabled(const struct api_call *call, size_t i)
{
    return scope_is_in(endpoints[i].scope, call->key.scopes);
}

static uint32_t effective_rate(const struct api_call *call, size_t i)
{
    bool is_batch = str_starts(endpoints[i].path, STR("/batch/"));
    uint32_t all = auth_rate_of(call->api, CLASS_ANY);
    uint32_t own = auth_rate_of(call->api, is_batch ? CLASS_SUBMIT : CLASS_ENRICH);
    return own && own < all ? own : all;
}

static void add_endpoint(struct api_call *call, size_t i)
{
    struct buf *out = &call->response.body;
    if (out->p[out->n - 1] != '[') buf_add_char(out, ',');
    buf_add(out, STR("{\"path\":"));
    json_add_str(out, endpoints[i].path);
    json_add_key(out, STR("category"));
    json_add_str(out, endpoints[i].category);
    json_add_key(out, STR("status"));
    json_add_str(out, is_enabled(call, i) ? STR("enabled") : STR("disabled"));
    json_add_key(out, STR("effective_rate_limit_rpm"));
    buf_add_u64(out, effective_rate(call, i));
    json_add_key(out, STR("fields"));
    add_fields(out, endpoints[i].entity, family_set(fields_of(endpoints[i].entity), call->key.families));
    buf_add_char(out, '}');
}

enum api_progress account_endpoints(struct api_call *call)
{
    struct buf *out = &call->response.body;
    str path = query_value(call->request.query, STR("path"), &call->arena);
    str category = query_value(call->request.query, STR("category"), &call->arena);
    str status = query_value(call->request.query, STR("status"), &call->arena);
    bool wants_disabled = str_eq(status, STR("disabled")) || str_eq(status, STR("not_enabled"));
    if (status.p && !wants_disabled && !str_eq(status, STR("enabled"))) {
        api_refuse(call, API_INVALID_REQUEST, "status must be enabled, disabled or not_enabled, not '%.*s'",
                   API_QUOTED(status));
        return API_DONE;
    }
    buf_add(out, STR("{\"api_version\":\"2025-11-01\",\"token_limit_rpm\":"));
    buf_add_u64(out, call->api->limits.requests_per_minute);
    buf_add(out, STR(",\"endpoints\":["));
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        if (status.p && is_enabled(call, i) == wants_disabled) continue;
        if (path.p && !str_eq(path, endpoints[i].path)) continue;
        if (category.p && !str_eq_nocase(category, endpoints[i].category)) continue;
        add_endpoint(call, i);
    }
    buf_add(out, STR("]}"));
    return answer_json(call);
}
