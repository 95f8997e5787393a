/*
 * out.h - a bounded byte buffer: text, numbers and dates are appended, whole lines are written out.
 *
 * The same buffer serves standard output and scratch text on the stack. It never grows: whoever fills it
 * knows a bound, and passing the bound is a bug that stops the program. No printf, no floating point.
 * Next: json.h (values with their commas).
 */
#ifndef PEOPLE_OUT_H
#define PEOPLE_OUT_H

#include "str.h"

#include <string.h>

struct out {
    char *p;
    size_t n;   /* bytes filled */
    size_t cap; /* bytes there are */
};

/* An empty buffer `name` over `size` bytes on the stack. */
#define OUT_ON_STACK(name, size)                                                                             \
    char name##_bytes[size];                                                                                 \
    struct out name = {name##_bytes, 0, sizeof name##_bytes}

static inline void out_put(struct out *o, const char *p, size_t n)
{
    must(n <= o->cap - o->n);
    memcpy(o->p + o->n, p, n);
    o->n += n;
}

static inline void out_char(struct out *o, char c)
{
    must(o->n < o->cap);
    o->p[o->n++] = c;
}

static inline void out_str(struct out *o, str s)
{
    out_put(o, s.p, s.n);
}

#define out_lit(o, literal) out_put((o), (literal), sizeof(literal) - 1)

/* What is in the buffer; valid until the buffer changes. */
static inline str out_view(const struct out *o)
{
    return (str){o->p, o->n};
}

/* Decimal digits of v. */
void out_u64(struct out *o, uint64_t v);

/* v in decimal, with leading zeros up to `width` digits (1 to 20). */
void out_padded(struct out *o, uint64_t v, unsigned width);

/* v / 10^places, written with exactly `places` digits after the point (1 to 9): (50, 1) is "5.0". */
void out_decimal(struct out *o, uint64_t v, unsigned places);

/* The low 4 * digits bits of v as lower-case hexadecimal digits (1 to 16). */
void out_hex(struct out *o, uint64_t v, unsigned digits);

/* Writes everything in the buffer to a file descriptor and empties it. Partial writes and EINTR are
 * handled. 0, or the errno of the write that failed; then the buffer is empty and how much of it was
 * written is unknown. */
__attribute__((warn_unused_result)) int out_drain(struct out *o, int fd);

#endif
