/* Health: one check a line, for people with ?verbose; machines look at the status code alone. */
#include "api/health.h"

#include "api/error.h"
#include "api/header.h"
#include "base/process.h"

#define RETRY_AFTER_S 1

static enum api_progress say(struct api_call *call, unsigned status, str type)
{
    api_header_add(call, STR("Content-Type"), type);
    api_header_add(call, STR("Cache-Control"), STR("no-store"));
    if (status == 503) api_header_add_number(call, STR("Retry-After"), RETRY_AFTER_S);
    call->response.status = status;
    return API_DONE;
}

static enum api_progress say_status(struct api_call *call, str status)
{
    buf_add_format(&call->response.body, "{\"status\":\"%.*s\"}\n", STR_ARG(status));
    return say(call, 200, STR("application/json"));
}

enum api_progress health_alive(struct api_call *call)
{
    return say_status(call, STR("ok"));
}

/* ---- what it takes to accept a job ---- */

static enum err check_draining(struct api_call *call)
{
    return flag_is_up(&call->api->is_draining) ? err_raise(ERR_CLOSED, "the server is shutting down") : OK;
}

static enum err check_control(struct api_call *call)
{
    struct uuid nobody = {{0}};
    struct batch batch;
    enum err e = call->api->control->ops->batch_get_any(call->api->control, nobody, &call->arena, &batch);
    return e == ERR_NOT_FOUND ? OK : e;
}

/* An import that cannot be read leaves the records before it in service. */
static enum err check_records(struct api_call *call)
{
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        struct records *records = call->api->records[entity];
        struct records_snapshot *snapshot;
        TRY(records->ops->snapshot(records, &snapshot));
        records->ops->release(snapshot);
    }
    return OK;
}

static enum err check_disk(struct api_call *call)
{
    uint64_t have = disk_free_bytes(call->api->data_cstr);
    uint64_t want = call->api->disk_free_bytes_min;
    if (have >= want) return OK;
    return err_raise(ERR_NOSPACE, "%" PRIu64 " bytes are free, server.disk_free_min is %" PRIu64, have, want);
}

static const struct check {
    const char *name_cstr;
    enum err (*run)(struct api_call *call);
} checks[] = {
    {"draining", check_draining},
    {"control", check_control},
    {"records", check_records},
    {"disk", check_disk},
};
#define CHECK_COUNT (sizeof checks / sizeof *checks)

/* One line a check; whether all are good. */
static bool run_all(struct api_call *call, struct buf *lines)
{
    bool is_ready = true;
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        enum err e = checks[i].run(call);
        buf_add_format(lines, e == OK ? "[+] %s ok\n" : "[-] %s: ", checks[i].name_cstr);
        if (e != OK) buf_add_format(lines, "%s\n", *err_detail() ? err_detail() : err_name(e));
        is_ready &= e == OK;
    }
    buf_add(lines, STR("submissions and results are synced to disk before they are acknowledged\n"));
    return is_ready;
}

static bool is_verbose(const struct api_call *call)
{
    str query = call->request.query, parameter;
    while (str_split(&query, '&', &parameter)) {
        if (str_eq(parameter, STR("verbose")) || str_starts(parameter, STR("verbose="))) return true;
    }
    return false;
}

enum api_progress health_ready(struct api_call *call)
{
    struct buf *lines = &call->response.body;
    bool is_ready = run_all(call, lines);
    if (is_verbose(call)) return say(call, is_ready ? 200 : 503, STR("text/plain; charset=utf-8"));
    buf_clear(lines);
    if (is_ready) return say_status(call, STR("ready"));
    api_header_add(call, STR("Cache-Control"), STR("no-store"));
    api_refuse(call, API_UNAVAILABLE, "The server cannot accept jobs now; /readyz?verbose says why");
    return API_DONE;
}
