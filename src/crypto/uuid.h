/* UUIDs of version 7 (RFC 9562): 48 bits of milliseconds, then random, so that ids sort by time. */
#ifndef ENRICHD_CRYPTO_UUID_H
#define ENRICHD_CRYPTO_UUID_H

#include "base/str.h"

struct uuid {
    uint8_t bytes[16];
};
#define UUID_TEXT_BYTES ((size_t)36)

/* A new id. Ids of one process increase, also within a millisecond and when the clock steps back. Any thread.
 */
struct uuid uuid_new(void);

/* Lower-case text with hyphens. */
struct uuid_text {
    char p[UUID_TEXT_BYTES];
};
struct uuid_text uuid_text(struct uuid id);

/* The text of an id as a str that lives to the end of the enclosing block. */
#define UUID_STR(id) str_of((struct uuid_text[]){uuid_text(id)}[0].p, UUID_TEXT_BYTES)

/* Any version, either case; ERR_INVALID for other text. */
enum err uuid_parse(str text, struct uuid *ret) MUST_USE;

static inline bool uuid_eq(struct uuid a, struct uuid b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

#endif
