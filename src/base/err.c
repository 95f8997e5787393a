/* Error names, the per-thread detail text, and the bug check. */
#include "base/err.h"

#include <errno.h>

static _Thread_local char detail[512];

const char *err_name(enum err e)
{
    switch (e) {
    case OK:
        return "ok";
    case ERR_NOMEM:
        return "out_of_memory";
    case ERR_IO:
        return "io";
    case ERR_NOSPACE:
        return "no_space";
    case ERR_INVALID:
        return "invalid";
    case ERR_LIMIT:
        return "limit";
    case ERR_SPENT:
        return "spent";
    case ERR_NOT_FOUND:
        return "not_found";
    case ERR_EXISTS:
        return "exists";
    case ERR_CONFLICT:
        return "conflict";
    case ERR_STALE:
        return "stale";
    case ERR_CORRUPT:
        return "corrupt";
    case ERR_BUSY:
        return "busy";
    case ERR_CLOSED:
        return "closed";
    case ERR_UNKNOWN_OUTCOME:
        return "unknown_outcome";
    }
    return "unknown";
}

enum err err_raise(enum err e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    return e;
}

static enum err code_of_errno(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ERR_NOSPACE;
    case ENOMEM:
        return ERR_NOMEM;
    case ENOENT:
        return ERR_NOT_FOUND;
    case EEXIST:
        return ERR_EXISTS;
    default:
        return ERR_IO;
    }
}

enum err err_raise_errno(const char *format, ...)
{
    int number = errno;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof detail - 3) {
        char text[128];
        snprintf(detail + n, sizeof detail - (size_t)n, ": %s", strerror_r(number, text, sizeof text));
    }
    return code_of_errno(number);
}

enum err err_at(enum err e, const char *where_cstr)
{
    char sentence[sizeof detail];
    if (e == OK) return OK;
    memcpy(sentence, detail, sizeof sentence);
    return err_raise(e, "%s: %s", where_cstr, sentence);
}

const char *err_detail(void)
{
    return detail;
}

void err_bug(const char *condition, const char *file, int line)
{
    fprintf(stderr, "enrichd: bug: %s is false at %s:%d\n", condition, file, line);
    abort();
}
