/* The manifest: which segments a record store consists of.
 *
 * A text file for people and programs, replaced as a whole by every commit:
 *
 *     enrichd records 3
 *     entity person
 *     generation 2
 *     secret 6a09e667f3bcc908bb67ae8584caa73b
 *     next_segment 3
 *     next_merged 2147483648
 *     segment 1 records 200000 tombstones 0 keys 661000 data_bytes ... index_bytes ... default_bytes ...
 * all_bytes ... segment 2 ... crc32 9f3c2a11
 *
 * Segments stand oldest first. The last line has the CRC-32 of all that is before it.
 */
#ifndef ENRICHD_STORE_MANIFEST_H
#define ENRICHD_STORE_MANIFEST_H

#include "base/hash.h"
#include "base/os.h"
#include "entity/entity.h"
#include "store/segment_format.h"

#define MANIFEST_NAME         "manifest"
#define MANIFEST_SEGMENTS_MAX ((size_t)4096)

struct manifest_segment {
    uint32_t number; /* never used twice once published */
    struct segment_counts counts;
};

struct manifest {
    enum entity entity;
    uint32_t generation;               /* 0: nothing has been published yet */
    uint32_t next_segment;             /* numbers from here on are free for imports; >= 1 */
    uint32_t next_merged;              /* and from here on for merges; >= SEGMENT_MERGED_FIRST */
    struct hash_key secret;            /* of all hashes in the segments */
    struct manifest_segment *segments; /* owned; oldest first */
    size_t segment_count;
};

/* An empty manifest of generation 0, with a new secret. */
void manifest_init(struct manifest *manifest, enum entity entity);
void manifest_fini(struct manifest *manifest); /* a zeroed one is accepted */

/* An independent copy. ERR_NOMEM. */
enum err manifest_copy(const struct manifest *manifest, struct manifest *ret) MUST_USE;

/* Adds the newest segment. ERR_LIMIT over MANIFEST_SEGMENTS_MAX, ERR_NOMEM; manifest is then unchanged. */
enum err manifest_add(struct manifest *manifest, const struct manifest_segment *segment) MUST_USE;

/* Reads an open manifest file from its start. ret: ended with manifest_fini. ERR_CORRUPT: damaged, of another
 * entity or of an unknown version. */
enum err manifest_read(struct os_file file, enum entity entity, struct manifest *ret) MUST_USE;

/* Replaces the file atomically and durably. On an error the old one or the new one is there. */
enum err manifest_write(const struct manifest *manifest, const char *path_cstr) MUST_USE;

#endif
