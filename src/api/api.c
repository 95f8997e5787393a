/* The life of a call: what is checked in which order before a handler sees it. */
#include "api/api.h"

#include "api/auth.h"
#include "api/error.h"
#include "api/header.h"
#include "api/keeper.h"
#include "api/metrics.h"
#include "api/permission.h"
#include "api/route.h"
#include "base/log.h"
#include "base/os.h"

#define RESPONSE_BYTES_MAX ((size_t)64 << 20) /* of a body that is built in memory */

static bool is_sane_id(str id, size_t bytes_max)
{
    if (id.n == 0 || id.n > bytes_max) return false;
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        if (!char_is_alpha(c) && !char_is_digit(c) && c != '-' && c != '_' && c != '.') return false;
    }
    return true;
}

static str request_id(struct api_call *call)
{
    str given = api_request_header(&call->request, STR("X-Request-Id"));
    if (is_sane_id(given, call->api->limits.request_id_bytes_max)) return given;
    return arena_copy(&call->arena, UUID_STR(uuid_new()));
}

void api_call_init(struct api_call *call, struct api *api, const struct api_request *request)
{
    *call = (struct api_call){.api = api, .request = *request};
    arena_init(&call->arena, api->limits.request_memory_bytes);
    buf_init(&call->response.body, RESPONSE_BYTES_MAX);
    call->request_id = request_id(call);
    call->began_us = os_monotonic_us();
    api_header_add(call, STR("X-Request-Id"), call->request_id);
}

/* The batch that the request made or was about; empty if none. */
static str batch_of(struct api_call *call)
{
    struct uuid id;
    if (call->job.batch.account_id) return arena_copy(&call->arena, UUID_STR(call->job.batch.id));
    return uuid_parse(call->path_id, &id) == OK ? call->path_id : (str){0};
}

/* What changes something and what went wrong is worth a line; the rest only to those who look for it. Never
 * the path, the query or the body: they may name people. */
static void log_call(struct api_call *call)
{
    const struct api_route *route = call->route;
    unsigned status = call->response.status;
    bool is_change = route && str_starts(route->pattern, STR("/batch")) && !str_eq(route->method, STR("GET"));
    enum log_level level = status >= 500 ? LOG_WARN : is_change ? LOG_INFO : LOG_DEBUG;
    if (!log_wants(level)) return;
    log_at(level, "request", LOG_STR("request_id", call->request_id),
           LOG_STR("method", route ? route->method : STR("")),
           LOG_STR("route", route ? route->pattern : STR("")), LOG_INT("status", status),
           LOG_INT("us", os_monotonic_us() - call->began_us),
           LOG_STR("key", str_of(call->key.token.id, call->key.account_id ? TOKEN_ID_BYTES : 0)),
           LOG_STR("batch_id", batch_of(call)));
}

/* Requests that no key was found for have nobody to be counted for; nor have those to no route. */
static void count(const struct api_call *call)
{
    if (call->api->metrics) api_metrics_count(call->api->metrics, call);
    if (!call->key.account_id || !call->route || !call->api->keeper) return;
    keeper_count(call->api->keeper, &call->key, call->route->pattern, call->response.status,
                 call->result_count);
}

void api_call_fini(struct api_call *call)
{
    struct control *control = call->api->control;
    if (api_call_is_answered(call)) {
        count(call);
        log_call(call);
    }
    if (call->response.has_pieces) control->ops->pieces_close(control, &call->response.pieces);
    buf_fini(&call->response.body);
    arena_fini(&call->arena);
}

void api_call_refuse_framing(struct api_call *call, const char *why_cstr)
{
    api_refuse(call, API_INVALID_REQUEST, "Malformed request: %s", why_cstr);
}

void api_call_refuse_body(struct api_call *call)
{
    api_refuse(call, API_PAYLOAD_TOO_LARGE, "The body is longer than the %zu bytes that are allowed",
               call->api->limits.body_bytes_max);
}

void api_call_refuse_busy(struct api_call *call)
{
    api_refuse(call, API_UNAVAILABLE, "The server has too many request bodies in memory; try again later");
}

void api_call_refuse_stopping(struct api_call *call)
{
    api_refuse(call, API_UNAVAILABLE, "The server is shutting down; nothing was done");
}

/* ---- begin ---- */

static void check_version(struct api_call *call)
{
    str version = api_request_header(&call->request, STR("x-api-version"));
    if (!version.p) {
        api_refuse(call, API_INVALID_REQUEST, "Missing required header: x-api-version");
    } else if (!str_eq(version, API_VERSION)) {
        api_refuse(call, API_INVALID_REQUEST, "Unsupported x-api-version: '%.*s'. Supported: %.*s",
                   API_QUOTED(version), STR_ARG(API_VERSION));
    }
}

static void check_media_type(struct api_call *call)
{
    str type = api_request_header(&call->request, STR("Content-Type"));
    if (type.p && !media_type_is_json(type)) {
        api_refuse(call, API_UNSUPPORTED_MEDIA_TYPE, "Content-Type must be application/json, not '%.*s'",
                   API_QUOTED(type));
    }
}

static void check_route(struct api_call *call, const struct route_match *match)
{
    if (match->is_known_path && !match->route) {
        api_header_add(call, STR("Allow"), match->allowed);
        api_refuse(call, API_METHOD_NOT_ALLOWED, "%.*s is not allowed here. Allowed: %.*s",
                   API_QUOTED(call->request.method), STR_ARG(match->allowed));
    } else if (!match->route) {
        api_refuse(call, API_NOT_FOUND, "No such route: %.*s", API_QUOTED(call->request.path));
    }
}

static bool is_post(const struct api_call *call)
{
    return str_eq(call->request.method, STR("POST"));
}

void api_call_begin(struct api_call *call)
{
    struct route_match match;
    enum err e =
        route_find(call->request.method, call->request.path, call->request.side, &call->arena, &match);
    if (e != OK) {
        api_fail(call, e, "finding a route");
        return;
    }
    call->route = match.route;
    call->path_id = match.id;
    /* A path that nobody knows asks for a key, too: who has none learns nothing about the routes. */
    if (!match.is_public) auth_check(call);
    if (!api_call_is_answered(call) && call->key.account_id) auth_check_rate(call);
    if (!api_call_is_answered(call)) check_route(call, &match);
    if (!api_call_is_answered(call) && !permission_of_route(call)) return;
    if (!api_call_is_answered(call) && is_post(call)) check_version(call);
    if (!api_call_is_answered(call) && is_post(call)) check_media_type(call);
    call->wants_body = !api_call_is_answered(call) && is_post(call);
}

/* ---- handling ---- */

enum api_progress api_call_handle(struct api_call *call)
{
    must(call->route && !api_call_is_answered(call));
    call->wants_body = false;
    enum api_progress progress = call->route->handle(call);
    must(progress == API_LATER || api_call_is_answered(call));
    if (progress == API_DONE && call->response.body.is_failed) {
        api_fail(call, ERR_NOMEM, "building an answer");
    }
    return progress;
}

void api_call_start(struct api_call *call)
{
    call->route->start(call);
}

void api_call_finish(struct api_call *call)
{
    call->route->finish(call);
    must(api_call_is_answered(call));
}
