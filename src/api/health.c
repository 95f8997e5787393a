/* Health. */
#include "api/health.h"

#include "api/error.h"
#include "api/header.h"

static enum api_progress say(struct api_call *call, str status)
{
    buf_add(&call->response.body, STR("{\"status\":\""));
    buf_add(&call->response.body, status);
    buf_add(&call->response.body, STR("\"}\n"));
    api_header_add(call, STR("Content-Type"), STR("application/json"));
    api_header_add(call, STR("Cache-Control"), STR("no-store"));
    call->response.status = 200;
    return API_DONE;
}

enum api_progress health_alive(struct api_call *call)
{
    return say(call, STR("ok"));
}

static enum err check_records(struct records *records)
{
    struct records_snapshot *snapshot;
    TRY(records->ops->snapshot(records, &snapshot));
    records->ops->release(snapshot);
    return OK;
}

enum api_progress health_ready(struct api_call *call)
{
    struct uuid nobody = {{0}};
    struct batch batch;
    if (flag_is_up(&call->api->is_draining)) {
        api_refuse(call, API_UNAVAILABLE, "The server is shutting down");
        return API_DONE;
    }
    enum err e = call->api->control->ops->batch_get_any(call->api->control, nobody, &call->arena, &batch);
    if (e == ERR_NOT_FOUND) e = OK;
    for (int entity = 0; e == OK && entity < ENTITY_COUNT; entity++)
        e = check_records(call->api->records[entity]);
    if (e == OK) return say(call, STR("ready"));
    api_fail(call, e, "checking readiness");
    return API_DONE;
}
