/* The identifiers of a batch as one block of bytes: what is stored at submission and read back by the
 * workers.
 *
 * Encoded: CRC-32 of the rest; number of identifiers and sum of their lengths; then for each identifier how
 * many bytes it shares with the beginning of the one before, its length * 2 + is_duplicate, and its other
 * bytes. Numbers are varints. A list of profile URLs takes half of its plain size: zstd level 1 made that a
 * quarter, and took as much time as everything else that a submission does (measured).
 */
#ifndef ENRICHD_JOBS_INPUTS_H
#define ENRICHD_JOBS_INPUTS_H

#include "base/arena.h"

struct input {
    str text;          /* exactly as submitted */
    bool is_duplicate; /* the same bytes stood earlier in the list */
};

/* Marks every input whose text stood before. ERR_NOMEM: arena (scratch) exhausted. */
enum err inputs_mark_duplicates(struct input *inputs, size_t count, struct arena *arena) MUST_USE;

/* The encoded list, in arena. ERR_NOMEM. */
enum err inputs_encode(const struct input *inputs, size_t count, struct arena *arena, str *ret) MUST_USE;

/* Decodes into arena. ERR_CORRUPT; ERR_NOMEM. */
enum err inputs_decode(str encoded, struct arena *arena, struct input **ret, size_t *ret_count) MUST_USE;

#endif
