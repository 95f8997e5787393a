/* Result files: views on the pieces of a batch, as one gzip member each.
 *
 * A file is header + pieces + an empty final block + CRC and length. Nothing is copied to assemble it: a byte
 * range is a list of extents, either in the batch's bytes or in the small literal head and tail.
 */
#ifndef ENRICHD_RESULTS_FILE_H
#define ENRICHD_RESULTS_FILE_H

#include "base/arena.h"
#include "base/buf.h"
#include "store/batch.h"

enum result_file_kind {
    RESULT_FILE_MERGED,     /* results.jsonl.gz */
    RESULT_FILE_PART,       /* part-000.jsonl.gz, ... */
    RESULT_FILE_UNRESOLVED, /* unresolved.jsonl.gz */
};

/* Which file of a batch. */
struct result_file_name {
    enum result_file_kind kind;
    uint32_t part; /* RESULT_FILE_PART: from 0 */
};

#define RESULT_FILE_NAME_BYTES_MAX ((size_t)32)

/* "part-007.jsonl.gz": at least three digits. */
void result_file_name_add(struct buf *out, struct result_file_name name);

/* Strict: exactly the names above. ERR_INVALID otherwise. */
enum err result_file_name_parse(str text, struct result_file_name *ret) MUST_USE;

/* Number of parts of a completed batch: at least 1. */
uint32_t result_part_count(const struct batch *batch);

#define RESULT_FILE_HEAD_BYTES ((size_t)10)
#define RESULT_FILE_TAIL_BYTES ((size_t)10)

struct result_file {
    const struct piece **pieces; /* the non-empty ones, in order */
    uint64_t *starts;            /* offset of each piece in the file */
    uint32_t piece_count;
    uint64_t bytes; /* of the whole file */
    uint32_t lines;
    char tail[RESULT_FILE_TAIL_BYTES];
    char etag[16]; /* hexadecimal; differs whenever the content does */
};

/* Describes a file over pairs (by claim number), which must stay while ret is used. arena: holds the lists.
 * ERR_NOT_FOUND: no such part. ERR_NOMEM. */
enum err result_file_open(const struct batch *batch, const struct piece_pair *pairs, uint32_t pair_count,
                          struct result_file_name name, struct arena *arena,
                          struct result_file *ret) MUST_USE;

/* A run of a file's bytes. */
struct result_extent {
    bool is_literal; /* p..n are head or tail bytes; else `offset` in the batch's bytes */
    const char *p;
    uint64_t offset;
    size_t n;
};

/* The extents of file bytes from..to (to exclusive, from <= to <= file->bytes), in order, in arena.
 * Neighbouring stored runs are joined. */
enum err result_file_extents(const struct result_file *file, uint64_t from, uint64_t to, struct arena *arena,
                             struct result_extent **ret, size_t *ret_count) MUST_USE;

#endif
