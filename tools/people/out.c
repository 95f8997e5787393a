/*
 * out.c - numbers as text, and write(2) until all is gone. Contract in out.h.
 */
#include "out.h"

#include <errno.h>
#include <unistd.h>

enum { DIGITS_MAX = 20 };

void out_padded(struct out *o, uint64_t v, unsigned width)
{
    char digits[DIGITS_MAX];
    size_t at = sizeof digits;
    must(width <= DIGITS_MAX);
    do digits[--at] = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    while (sizeof digits - at < width) digits[--at] = '0';
    out_put(o, digits + at, sizeof digits - at);
}

void out_u64(struct out *o, uint64_t v)
{
    out_padded(o, v, 1);
}

void out_decimal(struct out *o, uint64_t v, unsigned places)
{
    uint64_t unit = 1;
    must(places >= 1 && places <= 9);
    for (unsigned i = 0; i < places; i++) unit *= 10;
    out_u64(o, v / unit);
    out_char(o, '.');
    out_padded(o, v % unit, places);
}

void out_hex(struct out *o, uint64_t v, unsigned digits)
{
    while (digits-- > 0) out_char(o, "0123456789abcdef"[v >> (4 * digits) & 15]);
}

int out_drain(struct out *o, int fd)
{
    size_t done = 0;
    while (done < o->n) {
        ssize_t wrote = write(fd, o->p + done, o->n - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) {
            o->n = 0;
            return errno;
        }
        done += (size_t)wrote;
    }
    o->n = 0;
    return 0;
}
