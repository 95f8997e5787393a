/* The error table and the envelope. */
#include "api/error.h"

#include "api/header.h"
#include "base/json.h"
#include "base/log.h"

#define MESSAGE_BYTES_MAX     1024
#define RETRY_AFTER_DEFAULT_S 5

static const struct {
    unsigned status;
    str type;
} errors[] = {
    [API_INVALID_REQUEST] = {400, STR_INIT("invalid_request")},
    [API_AUTHENTICATION] = {401, STR_INIT("authentication_error")},
    [API_INSUFFICIENT_CREDITS] = {402, STR_INIT("insufficient_credits")},
    [API_PERMISSION] = {403, STR_INIT("permission_error")},
    [API_NOT_FOUND] = {404, STR_INIT("not_found")},
    [API_METHOD_NOT_ALLOWED] = {405, STR_INIT("method_not_allowed")},
    [API_CONFLICT] = {409, STR_INIT("conflict")},
    [API_GONE] = {410, STR_INIT("gone")},
    [API_PAYLOAD_TOO_LARGE] = {413, STR_INIT("payload_too_large")},
    [API_UNSUPPORTED_MEDIA_TYPE] = {415, STR_INIT("unsupported_media_type")},
    [API_RANGE_NOT_SATISFIABLE] = {416, STR_INIT("invalid_request")},
    [API_IDEMPOTENCY_KEY_REUSED] = {422, STR_INIT("idempotency_key_reused")},
    [API_RATE_LIMIT] = {429, STR_INIT("rate_limit_exceeded")},
    [API_INTERNAL] = {500, STR_INIT("internal_error")},
    [API_UNAVAILABLE] = {503, STR_INIT("unavailable")},
};

/* Known clients take these words anywhere in a message for an exhausted account and stop; a quoted key or
 * field name must not do that to them. */
static void mask_words(char *message)
{
    static const char *const words[] = {"credit", "quota"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char *hit = message;
        while ((hit = strcasestr(hit, words[i]))) {
            hit[2] = '*';
            hit += 3;
        }
    }
}

static void add_envelope(struct buf *out, enum api_error error, str message, str metadata)
{
    buf_add(out, STR("{\"error\":{\"type\":"));
    json_add_str(out, errors[error].type);
    buf_add(out, STR(",\"message\":"));
    json_add_str_lossy(out, message);
    buf_add(out, STR(",\"metadata\":["));
    buf_add(out, metadata);
    buf_add(out, STR("]}"));
    if (error == API_AUTHENTICATION) {
        json_add_key(out, STR("message"));
        json_add_str_lossy(out, message);
    }
    buf_add(out, STR("}\n"));
}

static void add_retry_after(struct api_call *call, enum api_error error)
{
    if (error != API_RATE_LIMIT && error != API_UNAVAILABLE) return;
    api_header_add_number(call, STR("Retry-After"),
                          call->retry_after_s ? call->retry_after_s : RETRY_AFTER_DEFAULT_S);
}

static void refuse(struct api_call *call, enum api_error error, str metadata, const char *format,
                   va_list args) __attribute__((format(printf, 4, 0)));

static void refuse(struct api_call *call, enum api_error error, str metadata, const char *format,
                   va_list args)
{
    char message[MESSAGE_BYTES_MAX];
    vsnprintf(message, sizeof message, format, args);
    if (error != API_INSUFFICIENT_CREDITS) mask_words(message);
    buf_clear(&call->response.body);
    add_envelope(&call->response.body, error, str_of_cstr(message), metadata);
    call->response.status = errors[error].status;
    call->is_refused = true;
    call->wants_body = false;
    add_retry_after(call, error);
    if (error == API_AUTHENTICATION) api_header_add(call, STR("WWW-Authenticate"), STR("Bearer"));
    api_header_add(call, STR("Content-Type"), STR("application/json"));
}

void api_refuse(struct api_call *call, enum api_error error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    refuse(call, error, (str){0}, format, args);
    va_end(args);
}

void api_refuse_with(struct api_call *call, enum api_error error, str metadata, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    refuse(call, error, metadata, format, args);
    va_end(args);
}

void api_fail(struct api_call *call, enum err e, const char *doing_cstr)
{
    log_error("request failed", LOG_CSTR("doing", doing_cstr), LOG_CSTR("error", err_name(e)),
              LOG_CSTR("detail", err_detail()), LOG_STR("request_id", call->request_id));
    switch (e) {
    case ERR_NOMEM:
    case ERR_NOSPACE:
    case ERR_IO:
    case ERR_BUSY:
    case ERR_CLOSED:
        api_refuse(call, API_UNAVAILABLE, "The server cannot do this right now; try again later");
        return;
    default:
        api_refuse(call, API_INTERNAL, "Internal error; the request id identifies it");
    }
}
