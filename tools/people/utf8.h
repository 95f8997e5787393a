/*
 * utf8.h - one code point in, one code point out.
 */
#ifndef PEOPLE_UTF8_H
#define PEOPLE_UTF8_H

#include "out.h"

#include <stdbool.h>

/* The code point at *at, which moves past it. The text is ours, so it is valid. */
static inline uint32_t utf8_next(str s, size_t *at)
{
    uint32_t lead = (unsigned char)s.p[(*at)++];
    unsigned more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    uint32_t c = more == 0 ? lead : lead & (0x3Fu >> more);
    must(*at + more <= s.n);
    while (more-- > 0) c = c << 6 | ((unsigned char)s.p[(*at)++] & 0x3F);
    return c;
}

static inline void utf8_put(struct out *o, uint32_t c)
{
    if (c < 0x80) {
        out_char(o, (char)c);
        return;
    }
    unsigned more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    out_char(o, (char)(0xFF00u >> (more + 1) | c >> (6 * more)));
    while (more-- > 0) out_char(o, (char)(0x80 | (c >> (6 * more) & 0x3F)));
}

static inline bool utf8_is_ascii(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80) return false;
    return true;
}

#endif
