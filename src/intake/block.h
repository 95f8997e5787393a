/* A stretch of lines on its way from a file to the store: the lines go in, stored records and rejects come
 * out.
 *
 * What comes out depends on nothing but what went in, so blocks can be converted in any order, each by
 * another thread. One thread at a time.
 */
#ifndef ENRICHD_INTAKE_BLOCK_H
#define ENRICHD_INTAKE_BLOCK_H

#include "base/arena.h"
#include "entity/record.h"
#include "intake/lines.h"
#include "intake/unknown_fields.h"
#include "store/suppression.h"

#define BLOCK_LINES_MAX  ((size_t)2048)
#define BLOCK_BYTES_FULL ((size_t)256 << 10) /* a block with so much text takes no more lines */

struct block_line {
    size_t offset, bytes; /* in the text */
    uint64_t number;
    bool is_too_long;
};

struct block {
    enum entity entity;
    size_t line_bytes_max;

    /* In: lines of one file, blank ones left out. */
    const char *path_cstr;
    struct buf text;
    struct block_line lines[BLOCK_LINES_MAX];
    size_t line_count;
    const struct suppression_set *suppressed; /* whose records are left out; may be NULL */

    /* Out. */
    struct buf stored; /* records back to back */
    size_t accepted_count;
    struct buf rejects; /* lines for the rejects file; see rejects.h */
    size_t rejected_count;
    size_t suppressed_count;
    struct unknown_fields unknown;
    enum err failure; /* not OK: the import cannot go on */
    char failure_detail[256];

    struct arena arena; /* one line's */
};

/* ret: freed with block_free. ERR_NOMEM. */
enum err block_new(enum entity entity, size_t line_bytes_max, struct block **ret) MUST_USE;
void block_free(struct block *block); /* NULL is accepted */

/* Empties it for lines of a file; path_cstr and suppressed outlive their stay. */
void block_begin(struct block *block, const char *path_cstr, const struct suppression_set *suppressed);

/* Adds a line that is not blank; the block is not full. ERR_NOMEM. */
enum err block_add(struct block *block, const struct line *line) MUST_USE;
bool block_is_full(const struct block *block);

/* Fills in what comes out. A line that cannot be a record becomes a reject; any other failure is the block's.
 */
void block_convert(struct block *block);

#endif
