/* One look-up for all identifiers, one row for each. */
#include "api/enrich_now.h"

#include "api/body.h"
#include "api/budget.h"
#include "api/error.h"
#include "api/header.h"
#include "api/selectors.h"
#include "base/json.h"

enum more_keys { KEY_FIELDS, KEY_MIN_SIMILARITY_SCORE, MORE_KEY_COUNT };

static const str more_keys[MORE_KEY_COUNT] = {
    [KEY_FIELDS] = STR_INIT("fields"),
    [KEY_MIN_SIMILARITY_SCORE] = STR_INIT("min_similarity_score"),
};

struct request {
    enum entity entity;
    const struct selector *selector;
    const struct project_plan *plan;
    str *items;
    size_t count;
    size_t identifier_bytes_max; /* longer ones match nothing */
};

/* Matches are exact, so that any score from 0 to 1 is met; the number is only checked. JSON has made sure
 * that it is one. */
static bool check_score(struct api_call *call, yyjson_val *value)
{
    if (!value) return true;
    str text = yyjson_is_raw(value) ? json_str(value) : (str){0};
    str terminated = arena_copy(&call->arena, text);
    yyjson_val number = {0};
    bool is_number = text.n && terminated.p && yyjson_read_number(terminated.p, &number, 0, NULL, NULL);
    if (is_number && yyjson_get_num(&number) >= 0 && yyjson_get_num(&number) <= 1) return true;
    api_refuse(call, API_INVALID_REQUEST, "min_similarity_score must be a number from 0 to 1%s%.*s",
               text.n ? ", not " : "", API_QUOTED(text));
    return false;
}

static bool read_request(struct api_call *call, enum entity entity, struct request *ret)
{
    struct selector_set set = selectors_of(entity);
    str keys[SELECTOR_KEYS_MAX + MORE_KEY_COUNT], fields;
    yyjson_val *values[SELECTOR_KEYS_MAX + MORE_KEY_COUNT];
    for (size_t i = 0; i < set.count; i++) keys[i] = set.selectors[i].key;
    memcpy(keys + set.count, more_keys, sizeof more_keys);
    ret->entity = entity;
    ret->identifier_bytes_max = call->api->limits.identifier_bytes_max;
    return body_read(call, keys, set.count + MORE_KEY_COUNT, values) &&
           selectors_read(call, entity, values, call->api->limits.enrich_identifiers_max, &ret->selector,
                          &ret->items, &ret->count) &&
           fields_read(call, entity, values[set.count + KEY_FIELDS], &fields, &ret->plan) &&
           check_score(call, values[set.count + KEY_MIN_SIMILARITY_SCORE]);
}

/* Looks all identifiers up; ret[i] is the stored record of items[i], empty if there is none. */
static enum err look_up(struct records_snapshot *snapshot, const struct suppression_set *suppressed,
                        const struct request *request, struct arena *arena, str *ret)
{
    struct key *keys = arena_array(arena, request->count, sizeof *keys);
    size_t *places = arena_array(arena, request->count, sizeof *places);
    str *found = arena_array(arena, request->count, sizeof *found);
    size_t count = 0;
    if (!keys || !places || !found)
        return err_raise(ERR_NOMEM, "no memory for %zu identifiers", request->count);
    for (size_t i = 0; i < request->count; i++) {
        if (request->items[i].n > request->identifier_bytes_max) continue;
        enum err e = identifier_key(request->selector->kind, request->items[i], arena, &keys[count]);
        if (e == OK && !suppression_find(suppressed, request->entity, keys[count])) places[count++] = i;
        if (e != OK && e != ERR_INVALID) return e;
    }
    TRY(snapshot->records->ops->get(snapshot, keys, count, arena, found));
    for (size_t i = 0; i < count; i++) ret[places[i]] = found[i];
    return OK;
}

/* What the records of a call are read with. */
struct reading {
    struct records_snapshot *snapshot;
    const struct suppression_set *suppressed;
    struct unpacker unpacker;
};

static enum err add_row(struct api_call *call, const struct request *request, struct reading *reading,
                        size_t i, str stored)
{
    struct records_snapshot *snapshot = reading->snapshot;
    struct buf *out = &call->response.body;
    struct record record;
    if (stored.p) TRY(record_open(stored, &record));
    buf_add(out, i ? STR(",{\"matched_on\":") : STR("{\"matched_on\":"));
    json_add_str(out, request->items[i]);
    json_add_key(out, STR("match_type"));
    json_add_str(out, request->selector->match_type);
    json_add_key(out, STR("matches"));
    if (!stored.p || suppression_find_id(reading->suppressed, request->entity, record.id)) {
        buf_add(out, STR("[]}"));
        return OK;
    }
    TRY(snapshot->records->ops->unpack(snapshot, project_part(request->plan), &reading->unpacker, &record));
    buf_add(out, STR("[{\"confidence_score\":1.0,\""));
    buf_add(out, entity_name(request->entity));
    buf_add(out, STR("_data\":"));
    project_record(request->plan, &record, out);
    buf_add(out, STR("}]}"));
    call->result_count++;
    return OK;
}

static enum err add_rows(struct api_call *call, const struct request *request, struct reading *reading)
{
    str *found = arena_array(&call->arena, request->count, sizeof *found);
    if (!found) return err_raise(ERR_NOMEM, "no memory for %zu identifiers", request->count);
    TRY(look_up(reading->snapshot, reading->suppressed, request, &call->arena, found));
    buf_add_char(&call->response.body, '[');
    for (size_t i = 0; i < request->count; i++) TRY(add_row(call, request, reading, i, found[i]));
    buf_add(&call->response.body, STR("]\n"));
    return buf_check(&call->response.body);
}

static enum err run(struct api_call *call, const struct request *request)
{
    struct records *records = call->api->records[request->entity];
    struct reading reading;
    TRY(suppression_take(call->api->suppression, &reading.suppressed));
    enum err e = records->ops->snapshot(records, &reading.snapshot);
    if (e == OK) {
        unpacker_init(&reading.unpacker);
        e = add_rows(call, request, &reading);
        unpacker_fini(&reading.unpacker);
        records->ops->release(reading.snapshot);
    }
    suppression_return(call->api->suppression, reading.suppressed);
    return e;
}

static void answer(struct api_call *call)
{
    api_header_add(call, STR("Content-Type"), STR("application/json"));
    api_header_add_number(call, STR("x-credits-used"), call->result_count);
    call->response.status = 200;
}

/* The rows of a key with a budget are ready, and sent once they are paid for. */
static enum api_progress enrich_now(struct api_call *call, enum entity entity)
{
    struct request request;
    if (!read_request(call, entity, &request)) return API_DONE;
    enum err e = run(call, &request);
    if (e != OK) {
        call->result_count = 0;
        api_fail(call, e, "enriching");
        return API_DONE;
    }
    if (call->result_count && budget_is_limit(&call->key.budget)) return API_LATER;
    answer(call);
    return API_DONE;
}

enum api_progress enrich_now_person(struct api_call *call)
{
    return enrich_now(call, ENTITY_PERSON);
}

enum api_progress enrich_now_company(struct api_call *call)
{
    return enrich_now(call, ENTITY_COMPANY);
}

static void resume(struct control_write *write)
{
    struct api_call *call = write->context;
    call->resume(call);
}

void enrich_now_start(struct api_call *call)
{
    must(call->result_count <= UINT32_MAX);
    call->write = (struct control_write){
        .kind = WRITE_CHARGE, .records = (uint32_t)call->result_count, .done = resume, .context = call};
    memcpy(call->write.charged_key, call->key.token.id, TOKEN_ID_BYTES);
    enum err e = jobs_write(call->api->jobs, &call->write);
    if (e == OK) return;
    call->write.result = e;
    call->resume(call);
}

void enrich_now_finish(struct api_call *call)
{
    uint64_t wanted = call->result_count;
    if (call->write.result == OK) {
        answer(call);
        return;
    }
    call->result_count = 0;
    if (call->write.result == ERR_SPENT) {
        budget_refuse(call, wanted);
    } else {
        api_fail(call, call->write.result, "counting records");
    }
}
