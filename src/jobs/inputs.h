/* The identifiers of a batch as one block of bytes: what is stored at submission and read back by the
 * workers.
 *
 * Encoded: zstd level 1 over, for each identifier, a varint (length * 2 + is_duplicate) and its bytes.
 */
#ifndef ENRICHD_JOBS_INPUTS_H
#define ENRICHD_JOBS_INPUTS_H

#include "base/arena.h"
#include "base/buf.h"

struct input {
    str text;          /* exactly as submitted */
    bool is_duplicate; /* the same bytes stood earlier in the list */
};

/* Marks every input whose text stood before. ERR_NOMEM: arena (scratch) exhausted. */
enum err inputs_mark_duplicates(struct input *inputs, size_t count, struct arena *arena) MUST_USE;

/* Appends the encoded list. ERR_NOMEM. */
enum err inputs_encode(const struct input *inputs, size_t count, struct buf *out) MUST_USE;

/* Decodes into arena. ERR_CORRUPT; ERR_NOMEM. */
enum err inputs_decode(str encoded, struct arena *arena, struct input **ret, size_t *ret_count) MUST_USE;

#endif
