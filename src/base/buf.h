/* A growing byte buffer with a cap stated when it is created.
 *
 * Appends never fail in the middle: when the cap or the memory is reached the buffer keeps what it had, sets
 * `is_failed` and ignores further appends, so that the writer of a whole line or document checks once. One
 * thread.
 */
#ifndef ENRICHD_BASE_BUF_H
#define ENRICHD_BASE_BUF_H

#include "base/str.h"

struct buf {
    char *p; /* may be NULL when n is 0 */
    size_t n;
    size_t room;
    size_t max_bytes;
    bool is_failed;
};

void buf_init(struct buf *buf, size_t max_bytes);
void buf_fini(struct buf *buf); /* accepts a zeroed buffer */

/* Empties the buffer and clears is_failed; keeps its memory. */
void buf_clear(struct buf *buf);

/* Cuts back to n bytes, n <= buf->n. A failure stays one. */
void buf_truncate(struct buf *buf, size_t n);

/* buf_reserve where the room may not be enough. */
char *buf_grow(struct buf *buf, size_t n);

/* Room for n more bytes at the returned place, which the caller fills and confirms by adding to buf->n; NULL
 * (and is_failed) if there is none. */
static inline char *buf_reserve(struct buf *buf, size_t n)
{
    return n <= buf->room - buf->n && !buf->is_failed ? buf->p + buf->n : buf_grow(buf, n);
}

static inline void buf_add(struct buf *buf, str s)
{
    if (s.n == 0) return;
    char *place = buf_reserve(buf, s.n);
    if (!place) return;
    memcpy(place, s.p, s.n);
    buf->n += s.n;
}

static inline void buf_add_char(struct buf *buf, char c)
{
    char *place = buf_reserve(buf, 1);
    if (!place) return;
    *place = c;
    buf->n++;
}

void buf_add_u64(struct buf *buf, uint64_t value);
void buf_add_i64(struct buf *buf, int64_t value);
void buf_add_padded(struct buf *buf, uint64_t value, size_t digits); /* zeros in front; 20 at most */
void buf_add_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The content as a view, valid until the next append. */
static inline str buf_str(const struct buf *buf)
{
    return (str){buf->p, buf->n};
}

/* ERR_NOMEM if an append was refused since the last clear, else OK. */
enum err buf_check(const struct buf *buf) MUST_USE;

#endif
