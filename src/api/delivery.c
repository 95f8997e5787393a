/* The one delivery of a batch as a list: there may be more kinds of events one day. Nothing that a receiver
 * wrote is shown but its status.
 */
#include "api/delivery.h"

#include "api/batch_status.h"
#include "api/body.h"
#include "api/error.h"
#include "api/header.h"
#include "base/json.h"
#include "base/time.h"
#include "hooks/hooks.h"

static const str state_names[] = {
    [DELIVERY_PENDING] = STR_INIT("pending"),
    [DELIVERY_DELIVERED] = STR_INIT("delivered"),
    [DELIVERY_GIVEN_UP] = STR_INIT("given_up"),
};

static void add_time(struct buf *out, str key, int64_t us)
{
    json_add_key(out, key);
    buf_add_char(out, '"');
    time_add_text(out, us);
    buf_add_char(out, '"');
}

static void add_attempt(struct buf *out, const struct delivery_attempt *attempt)
{
    buf_add_char(out, '{');
    add_time(out, STR("attempted_at"), attempt->started_us);
    json_add_key(out, STR("duration_ms"));
    buf_add_u64(out, attempt->duration_ms);
    if (attempt->status) {
        json_add_key(out, STR("status_code"));
        buf_add_u64(out, attempt->status);
    }
    if (attempt->error.n) {
        json_add_key(out, STR("error"));
        json_add_str_lossy(out, attempt->error);
    }
    buf_add_char(out, '}');
}

static void add_delivery(struct buf *out, const struct delivery *delivery,
                         const struct delivery_attempt *attempts, size_t count)
{
    buf_add_char(out, '{');
    json_add_key(out, STR("webhook_id"));
    json_add_str(out, WEBHOOK_ID_STR(delivery->id));
    json_add_key(out, STR("state"));
    json_add_str(out, state_names[delivery->state]);
    add_time(out, STR("created_at"), delivery->created_us);
    if (delivery->state == DELIVERY_PENDING) add_time(out, STR("next_attempt_at"), delivery->next_us);
    json_add_key(out, STR("attempts"));
    buf_add_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i) buf_add_char(out, ',');
        add_attempt(out, &attempts[i]);
    }
    buf_add(out, STR("]}"));
}

/* An empty list for a batch that has none. */
static void answer(struct api_call *call, unsigned status, struct uuid batch_id)
{
    struct delivery delivery;
    struct delivery_attempt *attempts;
    size_t count;
    struct buf *out = &call->response.body;
    struct control *control = call->api->control;
    enum err e = control->ops->delivery_get(control, call->key.account_id, batch_id, &call->arena, &delivery,
                                            &attempts, &count);
    if (e != OK && e != ERR_NOT_FOUND) {
        api_fail(call, e, "reading a delivery");
        return;
    }
    buf_add(out, STR("{\"deliveries\":["));
    if (e == OK) add_delivery(out, &delivery, attempts, count);
    buf_add(out, STR("]}\n"));
    api_header_add(call, STR("Content-Type"), STR("application/json"));
    api_header_add(call, STR("Cache-Control"), STR("private, no-cache"));
    call->response.status = status;
}

enum api_progress delivery_list(struct api_call *call)
{
    struct batch batch;
    if (batch_of_path(call, &batch)) answer(call, 200, batch.id);
    return API_DONE;
}

enum api_progress delivery_again(struct api_call *call)
{
    struct batch batch;
    if (call->request.body.n && !body_read(call, NULL, 0, NULL)) return API_DONE;
    if (!batch_of_path(call, &batch)) return API_DONE;
    call->write = (struct control_write){
        .kind = WRITE_REDELIVER, .account_id = call->key.account_id, .batch_id = batch.id};
    return API_LATER;
}

void delivery_again_finish(struct api_call *call)
{
    enum err e = call->write.result;
    if (e == OK) {
        answer(call, 202, call->write.batch_id);
    } else if (e == ERR_CONFLICT) {
        api_refuse(call, API_CONFLICT,
                   "There is nothing to deliver: the batch has no webhook_url, or is not final yet");
    } else {
        api_fail(call, e, "asking for a delivery");
    }
}
