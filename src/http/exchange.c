/* The steps of a request. Refusals that come before the body is read let the body pass by unread where that
 * is cheap, because many clients look for an answer only after they have sent everything. */
#include "http/exchange.h"

#include "api/header.h"
#include "http/guard.h"
#include "http/head.h"

enum step {
    STEP_HEAD,      /* nothing was looked at yet */
    STEP_BODY,      /* the body is being collected, or passes by */
    STEP_SUSPENDED, /* api/ waits for something */
    STEP_RESUMED,   /* what it waited for is there */
    STEP_ANSWERED,  /* the response is libmicrohttpd's */
};

struct exchange {
    struct api_call call;
    struct exchange_scene *scene;
    struct watched *watched;
    struct MHD_Connection *connection;
    enum step step;
    bool must_close;
    bool has_too_many_headers;
    struct api_request request;
    struct buf body;
    size_t body_allowance;       /* bytes that were taken from the scene's allowance */
    size_t passed_bytes;         /* of a body that nobody wants */
    char *uri;                   /* a copy, up to the first NUL */
    const char *uri_there;       /* where it stood in libmicrohttpd's buffer; never read */
    struct api_header headers[]; /* room for the scene's headers_max */
};

struct exchange *exchange_new(struct exchange_scene *scene, struct watched *watched, const char *uri_cstr)
{
    size_t bytes = sizeof(struct exchange) + scene->headers_max * sizeof(struct api_header);
    struct exchange *exchange = calloc(1, bytes);
    if (!exchange) return NULL;
    exchange->uri = strdup(uri_cstr);
    if (!exchange->uri) {
        free(exchange);
        return NULL;
    }
    exchange->uri_there = uri_cstr;
    str uri = str_of_cstr(exchange->uri);
    size_t mark = str_find_char(uri, '?', 0);
    exchange->request.path = str_slice(uri, 0, mark);
    exchange->request.query = mark == SIZE_MAX ? (str){0} : str_from(uri, mark + 1);
    exchange->request.local_address = scene->local_address;
    exchange->request.side = scene->side;
    exchange->call.api = scene->api;
    exchange->scene = scene;
    exchange->watched = watched;
    return exchange;
}

void exchange_free(struct exchange *exchange)
{
    if (!exchange) return;
    if (exchange->step != STEP_HEAD) api_call_fini(&exchange->call);
    buf_fini(&exchange->body);
    allowance_give(&exchange->scene->bodies, exchange->body_allowance);
    free(exchange->uri);
    free(exchange);
}

/* ---- answering ---- */

static void free_extents(void *extents)
{
    free(extents);
}

/* The runs of a file, as libmicrohttpd wants them. */
static struct MHD_Response *file_response(const struct api_response *from)
{
    struct MHD_IoVec *runs = calloc(from->extent_count, sizeof *runs);
    if (!runs || from->extent_count > UINT32_MAX) {
        free(runs);
        return NULL;
    }
    for (size_t i = 0; i < from->extent_count; i++) {
        const struct result_extent *extent = &from->extents[i];
        runs[i].iov_base = extent->is_literal ? extent->p : from->pieces.bytes + extent->offset;
        runs[i].iov_len = extent->n;
    }
    struct MHD_Response *response =
        MHD_create_response_from_iovec(runs, (unsigned)from->extent_count, free_extents, runs);
    if (!response) free(runs);
    return response;
}

static struct MHD_Response *body_response(const struct api_response *from)
{
    return MHD_create_response_from_buffer(from->body.n, from->body.p, MHD_RESPMEM_PERSISTENT);
}

static bool add_header(struct MHD_Response *response, str name, str value)
{
    static _Thread_local char name_cstr[64], value_cstr[4096]; /* as locals they would be zeroed each time */
    if (str_to_cstr(name, name_cstr, sizeof name_cstr) != OK) return false;
    if (str_to_cstr(value, value_cstr, sizeof value_cstr) != OK) return false;
    return MHD_add_response_header(response, name_cstr, value_cstr) == MHD_YES;
}

static bool add_headers(const struct exchange *exchange, struct MHD_Response *response)
{
    const struct api_response *from = &exchange->call.response;
    for (size_t i = 0; i < from->header_count; i++) {
        if (!add_header(response, from->headers[i].name, from->headers[i].value)) return false;
    }
    return !exchange->must_close || MHD_add_response_header(response, "Connection", "close") == MHD_YES;
}

/* MHD_NO closes the connection, which is all that is left to do when memory is out. */
static enum MHD_Result answer(struct exchange *exchange)
{
    const struct api_response *from = &exchange->call.response;
    struct MHD_Response *response = from->extent_count ? file_response(from) : body_response(from);
    if (!response) return MHD_NO;
    enum MHD_Result result = MHD_NO;
    watch_expect(exchange->watched, WATCH_READING);
    if (add_headers(exchange, response))
        result = MHD_queue_response(exchange->connection, from->status, response);
    MHD_destroy_response(response);
    exchange->step = STEP_ANSWERED;
    return result;
}

/* ---- the head ---- */

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   size_t name_bytes, const char *value, size_t value_bytes)
{
    struct exchange *exchange = context;
    (void)kind;
    if (exchange->request.header_count == exchange->scene->headers_max) {
        exchange->has_too_many_headers = true;
        return MHD_NO;
    }
    exchange->headers[exchange->request.header_count++] =
        (struct api_header){str_of(name, name_bytes), str_of(value, value_bytes)};
    return MHD_YES;
}

/* From any thread. Once resumed, the exchange may be gone at any time. */
static void resume(struct api_call *call)
{
    struct exchange *exchange = call->owner;
    struct gate *gate = &exchange->scene->gate;
    exchange->step = STEP_RESUMED;
    MHD_resume_connection(exchange->connection);
    gate_leave(gate);
}

/* What may pass by unread before an answer. Many clients look for one only when they have sent everything,
 * and would see no more than a broken connection if this were cut off; who sends much more is. */
static size_t passed_bytes_max(const struct exchange *exchange)
{
    return 4 * exchange->call.api->limits.body_bytes_max;
}

static uint64_t announced_bytes(const struct api_request *request)
{
    uint64_t bytes = 0;
    str text = api_request_header(request, STR("Content-Length"));
    if (text.n && str_to_u64(text, UINT64_MAX, &bytes) != OK) bytes = UINT64_MAX;
    return bytes;
}

static bool is_chunked(const struct api_request *request)
{
    return api_request_header_count(request, STR("Transfer-Encoding")) > 0;
}

static bool has_body(const struct api_request *request)
{
    return announced_bytes(request) > 0 || is_chunked(request);
}

/* Whether it reads heads and trailers so that a request could hide behind them. Where it does not, it trims
 * the parts of a head, and is_whole would be wrong. */
static bool parser_is_lax(void)
{
    return str_starts(str_of_cstr(MHD_get_version()), STR("0."));
}

static bool is_whole(const struct exchange *exchange, const char *method, const char *version)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info && head_is_whole(&(struct head){
                       .method = str_of_cstr(method),
                       .uri = str_of(exchange->uri_there, strlen(exchange->uri)),
                       .version = str_of_cstr(version),
                       .headers = exchange->headers,
                       .header_count = exchange->request.header_count,
                       .bytes = info->header_size,
                   });
}

static const char *complaint_of(const struct exchange *exchange, const char *method, const char *version)
{
    if (exchange->has_too_many_headers) return "too many headers";
    if (parser_is_lax() && !is_whole(exchange, method, version)) {
        return "the head must be lines that end with CRLF, none of them folded, empty of a name or with a "
               "NUL";
    }
    return guard_complaint(&exchange->request, version);
}

static bool take_allowance(struct exchange *exchange, size_t bytes)
{
    if (!allowance_take(&exchange->scene->bodies, bytes)) return false;
    exchange->body_allowance += bytes;
    return true;
}

static void begin_call(struct exchange *exchange, const char *method, const char *version)
{
    struct api_call *call = &exchange->call;
    const char *complaint = complaint_of(exchange, method, version);
    api_call_init(call, call->api, &exchange->request);
    call->resume = resume;
    call->owner = exchange;
    if (complaint) {
        exchange->must_close = true;
        api_call_refuse_framing(call, complaint);
        return;
    }
    api_call_begin(call);
    uint64_t announced = announced_bytes(&exchange->request);
    if (announced > call->api->limits.body_bytes_max && !api_call_is_answered(call))
        api_call_refuse_body(call);
    if (call->wants_body && !take_allowance(exchange, (size_t)announced)) api_call_refuse_busy(call);
    if (announced > passed_bytes_max(exchange)) exchange->must_close = true;
}

static enum MHD_Result handle_head(struct exchange *exchange, struct MHD_Connection *connection,
                                   const char *method, const char *version)
{
    struct api_call *call = &exchange->call;
    struct api_request *request = &exchange->request;
    exchange->connection = connection;
    exchange->step = STEP_BODY;
    request->method = str_of_cstr(method);
    request->headers = exchange->headers;
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, take_header, exchange);
    begin_call(exchange, method, version);
    buf_init(&exchange->body, call->api->limits.body_bytes_max);
    /* libmicrohttpd closes the connection after an answer that is given here, so this is only for those whose
     * body is not wanted at all: a client that waits for 100 Continue has not sent it yet. */
    bool waits_for_us = has_body(request) && api_request_header(request, STR("Expect")).n > 0;
    if (api_call_is_answered(call) && (exchange->must_close || waits_for_us)) return answer(exchange);
    if (has_body(request)) watch_expect(exchange->watched, WATCH_BODY);
    return MHD_YES;
}

/* ---- the body ---- */

/* In the middle of a body no answer can be given: what is not wanted passes by until its end. */
static enum MHD_Result let_pass(struct exchange *exchange, size_t n)
{
    exchange->passed_bytes += n;
    return exchange->passed_bytes <= passed_bytes_max(exchange) ? MHD_YES : MHD_NO;
}

/* What was announced has its allowance already. */
static bool has_allowance(struct exchange *exchange, size_t n)
{
    size_t needed = exchange->body.n + n;
    return needed <= exchange->body_allowance || take_allowance(exchange, needed - exchange->body_allowance);
}

static void keep(struct exchange *exchange, str bytes)
{
    if (exchange->body.n == 0) {
        uint64_t all = announced_bytes(&exchange->request);
        if (all <= exchange->body.max_bytes) buf_reserve(&exchange->body, (size_t)all);
    }
    buf_add(&exchange->body, bytes);
}

static enum MHD_Result take_body(struct exchange *exchange, str bytes)
{
    struct api_call *call = &exchange->call;
    watch_count(exchange->watched, bytes.n);
    if (call->wants_body && !has_allowance(exchange, bytes.n)) api_call_refuse_busy(call);
    if (call->wants_body) keep(exchange, bytes);
    if (exchange->body.is_failed) {
        exchange->must_close = true;
        api_call_refuse_body(call);
    }
    if (call->wants_body) return MHD_YES;
    buf_fini(&exchange->body);
    return let_pass(exchange, bytes.n);
}

static enum MHD_Result handle_whole(struct exchange *exchange)
{
    struct api_call *call = &exchange->call;
    /* Nothing shows what the trailers were, so nothing is read behind them. */
    if (parser_is_lax() && is_chunked(&exchange->request)) exchange->must_close = true;
    watch_expect(exchange->watched, WATCH_NOTHING);
    if (api_call_is_answered(call)) return answer(exchange);
    call->request.body = buf_str(&exchange->body);
    if (api_call_handle(call) == API_DONE) return answer(exchange);
    if (!gate_enter(&exchange->scene->gate)) {
        api_call_refuse_stopping(call);
        return answer(exchange);
    }
    exchange->step = STEP_SUSPENDED;
    MHD_suspend_connection(exchange->connection);
    api_call_start(call);
    return MHD_YES;
}

enum MHD_Result exchange_handle(struct exchange *exchange, struct MHD_Connection *connection,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_bytes)
{
    switch (exchange->step) {
    case STEP_HEAD:
        return handle_head(exchange, connection, method, version);
    case STEP_BODY: {
        if (*upload_bytes == 0) return handle_whole(exchange);
        str bytes = str_of(upload, *upload_bytes);
        *upload_bytes = 0;
        return take_body(exchange, bytes);
    }
    case STEP_RESUMED:
        api_call_finish(&exchange->call);
        return answer(exchange);
    case STEP_SUSPENDED:
    case STEP_ANSWERED:
        break;
    }
    return MHD_YES;
}
