/* Status of one batch. */
#include "api/batch_status.h"

#include "api/batch_json.h"
#include "api/error.h"
#include "api/header.h"
#include "api/keeper.h"
#include "api/permission.h"
#include "api/query.h"
#include "base/os.h"

#define BATCH_BYTES_MAX ((size_t)1 << 20) /* a batch's texts */

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

/* Links are minted anew at each read, so the tag is not of them but of what can change: state and progress;
 * and of the time, in steps of half a link's validity, so that an answer which is held on to by its tag has
 * links that work. */
static void add_etag(struct api_call *call, const struct batch *batch)
{
    struct buf tag;
    buf_init(&tag, 128);
    str id = UUID_STR(batch->id);
    int64_t now_us = os_now_us();
    int64_t step = now_us / (call->api->limits.link_validity_us / 2);
    buf_add_format(&tag, "\"%.*s-%d-%" PRIu32 "-%" PRIu32 "-%" PRId64 "%s-%" PRIu32 "\"", STR_ARG(id),
                   (int)batch->state, batch_pending_count(batch), batch_result_count(batch),
                   batch_state_is_final(batch->state) ? step : 0,
                   batch_has_files(batch, now_us) ? "-files" : "", batch->link_epoch);
    str etag = arena_copy(&call->arena, buf_str(&tag));
    buf_fini(&tag);
    api_header_add(call, STR("ETag"), etag);
    /* After a change (a cancellation, a revocation) the answer is wanted whatever the client has. */
    bool is_read = !str_eq(call->request.method, STR("POST"));
    if (is_read && etag_list_matches(api_request_header(&call->request, STR("If-None-Match")), etag)) {
        call->response.status = 304;
    }
}

void batch_status_answer(struct api_call *call, const struct batch *batch)
{
    if (batch_state_is_final(batch->state) && !permission_of_batch(call, batch)) return;
    add_etag(call, batch);
    api_header_add(call, STR("Cache-Control"), STR("private, no-cache"));
    if (call->response.status == 304) return;
    batch_json_add(call->api, batch, batch_link_base(call), &call->response.body);
    buf_add_char(&call->response.body, '\n');
    api_header_add(call, STR("Content-Type"), STR("application/json"));
    call->response.status = 200;
}

/* The seconds of ?wait=N; 0 if there is none. */
static bool read_wait(struct api_call *call, uint32_t *ret_s)
{
    uint64_t seconds = 0;
    uint32_t max_s = call->api->limits.wait_s_max;
    str text = query_value(call->request.query, STR("wait"), &call->arena);
    if (text.p && (str_to_u64(text, max_s, &seconds) != OK || seconds < 1)) {
        api_refuse(call, API_INVALID_REQUEST,
                   "wait must be a whole number of seconds from 1 to %" PRIu32 ", not '%.*s'", max_s,
                   API_QUOTED(text));
        return false;
    }
    *ret_s = (uint32_t)seconds;
    return true;
}

enum api_progress batch_status_get(struct api_call *call)
{
    struct batch batch;
    uint32_t wait_s;
    if (!read_wait(call, &wait_s) || !batch_of_path(call, &batch)) return API_DONE;
    if (wait_s && !batch_state_is_final(batch.state)) {
        call->wait = (struct api_wait){.batch_id = batch.id,
                                       .until_us = os_monotonic_us() + wait_s * INT64_C(1000000)};
        return API_LATER;
    }
    batch_status_answer(call, &batch);
    return API_DONE;
}

/* The batch may have become final between the reading and the waiting, with nobody there to be woken. */
void batch_status_start(struct api_call *call)
{
    struct api *api = call->api;
    struct uuid id = call->wait.batch_id;
    struct batch batch;
    struct arena arena;
    arena_init(&arena, BATCH_BYTES_MAX);
    keeper_wait(api->keeper, call, id, call->wait.until_us);
    enum err e = api->control->ops->batch_get_any(api->control, id, &arena, &batch);
    if (e != OK || batch_state_is_final(batch.state)) keeper_wake(api->keeper, id);
    arena_fini(&arena);
}

void batch_status_finish(struct api_call *call)
{
    struct batch batch;
    if (batch_of_path(call, &batch)) batch_status_answer(call, &batch);
}
