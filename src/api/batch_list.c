/* A page is what is older than its cursor, so newer batches cannot move it. */
#include "api/batch_list.h"

#include "api/batch_json.h"
#include "api/error.h"
#include "api/header.h"
#include "api/query.h"
#include "base/json.h"

#define LIMIT_DEFAULT 20
#define LIMIT_MAX     100

static bool is_digits(str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (!char_is_digit(text.p[i])) return false;
    }
    return text.n > 0;
}

/* Any whole number is taken to the nearer end of what is allowed. */
static bool read_limit(struct api_call *call, uint32_t *ret)
{
    uint64_t number;
    str text = query_value(call->request.query, STR("limit"), &call->arena);
    bool is_negative = str_starts(text, STR("-"));
    *ret = LIMIT_DEFAULT;
    if (!text.p) return true;
    if (!is_digits(str_from(text, is_negative))) {
        api_refuse(call, API_INVALID_REQUEST,
                   "limit must be a whole number, not '%.*s'; 1 to %d are used as they are", API_QUOTED(text),
                   LIMIT_MAX);
        return false;
    }
    if (is_negative || (str_to_u64(text, LIMIT_MAX, &number) == OK && number == 0)) {
        *ret = 1;
    } else {
        *ret = str_to_u64(text, LIMIT_MAX, &number) == OK ? (uint32_t)number : LIMIT_MAX;
    }
    return true;
}

static bool read_status(struct api_call *call, enum batch_state *ret)
{
    str text = query_value(call->request.query, STR("status"), &call->arena);
    if (!text.p || batch_state_of_name(text, ret) == OK) return true;
    api_refuse(call, API_INVALID_REQUEST,
               "status must be pending, processing, completed or failed, not '%.*s'", API_QUOTED(text));
    return false;
}

static bool refuse_cursor(struct api_call *call)
{
    api_refuse(call, API_INVALID_REQUEST, "cursor must be the next_cursor of an earlier page");
    return false;
}

static bool read_cursor(struct api_call *call, struct control_batch_query *query)
{
    str text = query_value(call->request.query, STR("cursor"), &call->arena);
    query->has_after = text.p != NULL;
    return !text.p || uuid_parse(text, &query->after) == OK || refuse_cursor(call);
}

static void answer(struct api_call *call, const struct batch *batches, size_t count, bool has_more)
{
    struct buf *out = &call->response.body;
    buf_add(out, STR("{\"jobs\":["));
    for (size_t i = 0; i < count; i++) {
        if (i) buf_add_char(out, ',');
        batch_json_add(call->api, &batches[i], (str){0}, out);
    }
    buf_add_char(out, ']');
    json_add_key(out, STR("next_cursor"));
    if (has_more) {
        json_add_str(out, UUID_STR(batches[count - 1].id));
    } else {
        buf_add(out, STR("null"));
    }
    json_add_key(out, STR("has_more"));
    buf_add(out, has_more ? STR("true}\n") : STR("false}\n"));
    api_header_add(call, STR("Content-Type"), STR("application/json"));
    call->response.status = 200;
}

enum api_progress batch_list_get(struct api_call *call)
{
    struct control *control = call->api->control;
    struct control_batch_query query = {.account_id = call->key.account_id};
    struct batch *batches;
    uint32_t limit;
    size_t count;
    if (!read_limit(call, &limit) || !read_status(call, &query.state) || !read_cursor(call, &query))
        return API_DONE;
    query.limit = limit + 1; /* one more tells whether there is another page */
    enum err e = control->ops->batch_list(control, &query, &call->arena, &batches, &count);
    if (e == OK) {
        answer(call, batches, count < limit ? count : limit, count > limit);
    } else if (e == ERR_NOT_FOUND) {
        refuse_cursor(call);
    } else {
        api_fail(call, e, "listing batches");
    }
    return API_DONE;
}
