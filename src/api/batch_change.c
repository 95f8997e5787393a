/* Cancelling, erasing, and revoking links. */
#include "api/batch_change.h"

#include "api/batch_status.h"
#include "api/body.h"
#include "api/error.h"
#include "api/keeper.h"
#include "hooks/hooks.h"

static enum api_progress prepare(struct api_call *call, enum control_write_kind kind)
{
    struct batch batch;
    if (!batch_of_path(call, &batch)) return API_DONE;
    call->write = (struct control_write){
        .kind = kind,
        .account_id = call->key.account_id,
        .batch_id = batch.id,
        .retention_us = call->api->limits.retention_us,
    };
    return API_LATER;
}

/* Of a POST, whose body is empty or an empty object. */
static enum api_progress prepare_post(struct api_call *call, enum control_write_kind kind)
{
    if (call->request.body.n && !body_read(call, NULL, 0, NULL)) return API_DONE;
    return prepare(call, kind);
}

enum api_progress batch_cancel(struct api_call *call)
{
    return prepare_post(call, WRITE_CANCEL);
}

enum api_progress batch_revoke_links(struct api_call *call)
{
    return prepare_post(call, WRITE_REVOKE_LINKS);
}

enum api_progress batch_erase(struct api_call *call)
{
    return prepare(call, WRITE_ERASE);
}

/* A batch that ends this way is final, too. */
static void resume(struct control_write *write)
{
    struct api_call *call = write->context;
    if (write->result == OK) keeper_wake(call->api->keeper, write->batch_id);
    if (write->result == OK) hooks_wake(call->api->hooks);
    call->resume(call);
}

void batch_change_start(struct api_call *call)
{
    call->write.done = resume;
    call->write.context = call;
    enum err e = jobs_write(call->api->jobs, &call->write);
    if (e == OK) return;
    call->write.result = e;
    call->resume(call);
}

static void refuse(struct api_call *call, const char *doing_cstr)
{
    enum err e = call->write.result;
    if (e == ERR_NOT_FOUND) {
        api_refuse(call, API_NOT_FOUND, "No such batch");
    } else if (e == ERR_CONFLICT) {
        api_refuse(call, API_CONFLICT,
                   "The batch is final; only pending and processing batches can be cancelled");
    } else {
        api_fail(call, e, doing_cstr);
    }
}

/* With the batch as it is now. */
static void answer(struct api_call *call, const char *doing_cstr)
{
    struct batch batch;
    if (call->write.result != OK) {
        refuse(call, doing_cstr);
    } else if (batch_of_path(call, &batch)) {
        batch_status_answer(call, &batch);
    }
}

void batch_cancel_finish(struct api_call *call)
{
    answer(call, "cancelling a batch");
}

void batch_revoke_links_finish(struct api_call *call)
{
    answer(call, "revoking the links of a batch");
}

void batch_erase_finish(struct api_call *call)
{
    if (call->write.result == OK) {
        call->response.status = 204;
    } else {
        refuse(call, "erasing a batch");
    }
}
