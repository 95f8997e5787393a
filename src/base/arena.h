/* Memory that is given back all at once.
 *
 * An arena serves one request or one chunk. It hands out 16-byte aligned memory, zeroed unless said
 * otherwise; when its cap or the system's memory is reached it returns NULL and sets a flag that stays set
 * until the next reset, so that a boundary can check once. Memory is valid until arena_reset or arena_fini.
 * One thread at a time.
 */
#ifndef ENRICHD_BASE_ARENA_H
#define ENRICHD_BASE_ARENA_H

#include "base/str.h"

struct arena_block;

struct arena {
    struct arena_block *block; /* the one that is being filled; earlier ones behind it */
    size_t used_bytes;         /* of all blocks */
    size_t max_bytes;          /* cap of used_bytes */
    bool is_exhausted;         /* an allocation was refused since the last reset */
};

/* Takes no memory yet. max_bytes: the cap, more than 0. */
void arena_init(struct arena *arena, size_t max_bytes);

/* Frees everything; the arena may be used again after arena_init. A zeroed arena is accepted. */
void arena_fini(struct arena *arena);

/* Forgets all allocations and the exhausted flag. Keeps one block of at most 256 KiB for the next user. */
void arena_reset(struct arena *arena);

/* Zeroed memory of n bytes (n may be 0), or NULL when exhausted. */
void *arena_alloc(struct arena *arena, size_t n);

/* As arena_alloc, but the bytes are whatever was there before: for buffers of which nothing is read that was
 * not written.
 */
void *arena_alloc_raw(struct arena *arena, size_t n);

/* An array of count items; NULL also when the product overflows. */
void *arena_array(struct arena *arena, size_t count, size_t item_bytes);

/* A copy of s, followed by a NUL byte that its length does not count. Empty with p == NULL when exhausted. */
str arena_copy(struct arena *arena, str s);

#endif
