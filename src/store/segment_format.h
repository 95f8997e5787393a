/* A segment on disk: two files that are written once and never changed.
 *
 *     data    struct segment_data_head, then stored records back to back (entity/record.h), each a multiple
 * of 8 bytes. A record whose id occurs again further on is superseded. Behind the last one stand the
 * dictionaries, if there are packed records. index   struct segment_index_head,
 * then slots. A key with hash h belongs into slot h * home_count / 2^64, or into the next free one behind it.
 * Slots were filled in the order of their hashes, so that the hashes in the table never fall and a search can
 * stop at a larger one. The last slot is empty.
 *
 * Integers are little-endian. segment.c reads, segment_writer.c writes; manifest.h says which segments count.
 */
#ifndef ENRICHD_STORE_SEGMENT_FORMAT_H
#define ENRICHD_STORE_SEGMENT_FORMAT_H

#include "base/str.h"

#define SEGMENT_VERSION 3

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "stored integers are copied as they are");

/* What a segment holds: stands in its index and in the manifest. */
struct segment_counts {
    uint64_t record_count;    /* different ids, deletions not counted */
    uint64_t tombstone_count; /* ids that the segment deletes */
    uint64_t stored_count;    /* records in the data file: superseded ones, too */
    uint64_t key_count;       /* used slots: keys and ids */
    uint64_t data_bytes;      /* of the file */
    uint64_t index_bytes;     /* of the file */
    uint64_t default_bytes;   /* sum of the records' default runs */
    uint64_t all_bytes;       /* sum of the records' whole texts */
};

/* Imports number their segments from 1, merges from here on, so that neither has to know what the other one
 * is doing. */
#define SEGMENT_MERGED_FIRST ((uint32_t)1 << 31)

struct segment_data_head {
    char magic[8];
    uint32_t crc; /* of the head, with 0 here */
    uint32_t version;
    uint32_t entity;
    uint32_t number;
    uint64_t unused[5];
};
_Static_assert(sizeof(struct segment_data_head) == 64, "records start at byte 64");

struct segment_index_head {
    char magic[8];
    uint32_t crc; /* of the head, with 0 here */
    uint32_t version;
    uint32_t entity;
    uint32_t number;
    uint64_t home_count;   /* slots that a hash can belong to */
    uint64_t slot_count;   /* all slots: those that overflowed at the end and the empty last one, too */
    uint64_t secret_check; /* SEGMENT_SECRET_CHECK, hashed with the secret of the keys */
    uint32_t slots_crc;
    uint32_t dictionaries_crc;
    struct segment_counts counts;
    uint32_t default_dictionary_bytes; /* at the end of the data: first that of default runs, */
    uint32_t rest_dictionary_bytes;    /* then that of the rest */
};
_Static_assert(sizeof(struct segment_index_head) == 128, "slots start on a cache line");

#define SEGMENT_DATA_MAGIC   "enrdata\n"
#define SEGMENT_INDEX_MAGIC  "enrindx\n"
#define SEGMENT_SECRET_CHECK STR("enrichd segment")

/* A slot of the index; empty when location is 0. */
struct segment_slot {
    uint64_t hash;
    uint64_t location;
};

/* Where a record stands in the data file: 40 bits of offset and 24 of length, both in units of 8 bytes. */
#define SEGMENT_UNIT      ((size_t)8)
#define SEGMENT_BYTES_MAX ((uint64_t)1 << 41) /* of a data file: far less than a location can name */

static inline uint64_t segment_location(uint64_t offset, size_t bytes)
{
    return (offset / SEGMENT_UNIT) << 24 | bytes / SEGMENT_UNIT;
}

static inline uint64_t segment_location_offset(uint64_t location)
{
    return (location >> 24) * SEGMENT_UNIT;
}

static inline size_t segment_location_bytes(uint64_t location)
{
    return (size_t)(location & 0xffffff) * SEGMENT_UNIT;
}

/* The slot that a hash belongs to. */
static inline uint64_t segment_home(uint64_t hash, uint64_t home_count)
{
    return (uint64_t)(((unsigned __int128)hash * home_count) >> 64);
}

/* "<folder>/segment-<number>.<kind>" with kind "data" or "index". ERR_LIMIT if it is longer than a path may
 * be. */
#define SEGMENT_PATH_MAX ((size_t)4096)
enum err segment_path(const char *folder_cstr, uint32_t number, const char *kind_cstr,
                      char ret[SEGMENT_PATH_MAX]) MUST_USE;

#endif
