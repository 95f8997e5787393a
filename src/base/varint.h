/* Numbers in as few bytes as they need: seven bits a byte, least significant first, the high bit on all but
 * the last. */
#ifndef ENRICHD_BASE_VARINT_H
#define ENRICHD_BASE_VARINT_H

#include "base/str.h"

#define VARINT_BYTES_MAX ((size_t)10)

/* Writes at most VARINT_BYTES_MAX bytes; returns the place behind them. */
static inline char *varint_put(char *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7) *at++ = (char)(uint8_t)(value | 0x80);
    *at++ = (char)(uint8_t)value;
    return at;
}

/* Takes a number off the front; false, and nothing changed, if there is none. */
static inline bool varint_take(str *rest, uint64_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < VARINT_BYTES_MAX && i < rest->n; i++) {
        uint8_t byte = (uint8_t)rest->p[i];
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80) continue;
        *rest = str_from(*rest, i + 1);
        *ret = value;
        return true;
    }
    return false;
}

#endif
