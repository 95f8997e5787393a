/* The growing buffer: doubling, up to its cap. */
#include "base/buf.h"

void buf_init(struct buf *buf, size_t max_bytes)
{
    *buf = (struct buf){.max_bytes = max_bytes};
}

void buf_fini(struct buf *buf)
{
    free(buf->p);
    *buf = (struct buf){.max_bytes = buf->max_bytes};
}

void buf_clear(struct buf *buf)
{
    buf->n = 0;
    buf->is_failed = false;
}

void buf_truncate(struct buf *buf, size_t n)
{
    must(n <= buf->n);
    buf->n = n;
}

static bool grow(struct buf *buf, size_t need)
{
    size_t room = buf->room ? buf->room * 2 : 256;
    if (room < need) room = need;
    if (room > buf->max_bytes) room = buf->max_bytes;
    char *p = realloc(buf->p, room);
    if (!p) return false;
    buf->p = p;
    buf->room = room;
    return true;
}

char *buf_grow(struct buf *buf, size_t n)
{
    if (buf->is_failed) return NULL;
    if (n > buf->max_bytes - buf->n || (n > buf->room - buf->n && !grow(buf, buf->n + n))) {
        buf->is_failed = true;
        return NULL;
    }
    return buf->p + buf->n;
}

void buf_add_padded(struct buf *buf, uint64_t value, size_t digits)
{
    char text[20];
    size_t at = sizeof text;
    must(digits <= sizeof text);
    do {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value || sizeof text - at < digits);
    buf_add(buf, str_of(text + at, sizeof text - at));
}

void buf_add_u64(struct buf *buf, uint64_t value)
{
    buf_add_padded(buf, value, 1);
}

void buf_add_i64(struct buf *buf, int64_t value)
{
    if (value < 0) buf_add_char(buf, '-');
    buf_add_u64(buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void buf_add_format(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) {
        buf->is_failed = true;
        return;
    }
    char *place = buf_reserve(buf, (size_t)n + 1);
    if (!place) return;
    va_start(args, format);
    vsnprintf(place, (size_t)n + 1, format, args);
    va_end(args);
    buf->n += (size_t)n;
}

enum err buf_check(const struct buf *buf)
{
    return buf->is_failed ? err_raise(ERR_NOMEM, "a buffer reached its limit of %zu bytes", buf->max_bytes)
                          : OK;
}
