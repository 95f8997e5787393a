/* Status of one batch. */
#include "api/batch_status.h"

#include "api/batch_json.h"
#include "api/error.h"
#include "api/header.h"

bool batch_of_path(struct api_call *call, struct batch *ret)
{
    struct uuid id;
    enum err e = uuid_parse(call->path_id, &id);
    if (e == OK) {
        e = call->api->control->ops->batch_get(call->api->control, call->key.account_id, id, &call->arena,
                                               ret);
    } else {
        e = ERR_NOT_FOUND;
    }
    if (e == OK) return true;
    if (e == ERR_NOT_FOUND) {
        api_refuse(call, API_NOT_FOUND, "No such batch");
    } else {
        api_fail(call, e, "reading a batch");
    }
    return false;
}

/* Links are minted anew at each read and stay good for days, so the tag is of what can change: state and
 * progress. */
static void add_etag(struct api_call *call, const struct batch *batch)
{
    struct buf tag;
    buf_init(&tag, 128);
    str id = UUID_STR(batch->id);
    buf_add_format(&tag, "\"%.*s-%d-%" PRIu32 "-%" PRIu32 "%s\"", STR_ARG(id), (int)batch->state,
                   batch_pending_count(batch), batch_result_count(batch), batch->is_erased ? "-erased" : "");
    str etag = arena_copy(&call->arena, buf_str(&tag));
    buf_fini(&tag);
    api_header_add(call, STR("ETag"), etag);
    if (etag_list_matches(api_request_header(&call->request, STR("If-None-Match")), etag))
        call->response.status = 304;
}

void batch_status_answer(struct api_call *call, const struct batch *batch)
{
    add_etag(call, batch);
    api_header_add(call, STR("Cache-Control"), STR("private, no-cache"));
    if (call->response.status == 304) return;
    batch_json_add(call, batch, batch_link_base(call), &call->response.body);
    buf_add_char(&call->response.body, '\n');
    api_header_add(call, STR("Content-Type"), STR("application/json"));
    call->response.status = 200;
}

enum api_progress batch_status_get(struct api_call *call)
{
    struct batch batch;
    if (batch_of_path(call, &batch)) batch_status_answer(call, &batch);
    return API_DONE;
}
