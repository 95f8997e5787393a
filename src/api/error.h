/* Refusals: the one shape of every error answer. */
#ifndef ENRICHD_API_ERROR_H
#define ENRICHD_API_ERROR_H

#include "api/api.h"

/* The contract's error types, each with its HTTP status (error.c). */
enum api_error {
    API_INVALID_REQUEST,
    API_AUTHENTICATION,
    API_INSUFFICIENT_CREDITS,
    API_PERMISSION,
    API_NOT_FOUND,
    API_METHOD_NOT_ALLOWED,
    API_CONFLICT,
    API_GONE,
    API_PAYLOAD_TOO_LARGE,
    API_UNSUPPORTED_MEDIA_TYPE,
    API_RANGE_NOT_SATISFIABLE,
    API_IDEMPOTENCY_KEY_REUSED,
    API_RATE_LIMIT,
    API_INTERNAL,
    API_UNAVAILABLE,
};

/* Makes the answer an error. The message may quote what the client sent, in any bytes: it is escaped, and the
 * words that only a 402 may contain are masked in all others. 429 and 503 get Retry-After. Whatever the body
 * held before is gone; headers stay. */
void api_refuse(struct api_call *call, enum api_error error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with one object of metadata: its JSON text. */
void api_refuse_with(struct api_call *call, enum api_error error, str metadata, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* For a failure that is the server's own: logs err_detail() with the request id, once, and answers 503 for
 * what passes (ERR_NOMEM, ERR_NOSPACE, ERR_IO, ERR_BUSY, ERR_CLOSED), else 500. */
void api_fail(struct api_call *call, enum err e, const char *doing_cstr);

/* Arguments for "%.*s": text from the client, cut to a length that a message can bear. */
#define API_QUOTED_BYTES_MAX 100
#define API_QUOTED(s)        (int)((s).n < API_QUOTED_BYTES_MAX ? (s).n : API_QUOTED_BYTES_MAX), ((s).n ? (s).p : "")

#endif
