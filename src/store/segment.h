/* One segment, open for reading: both files mapped, looked up by hash.
 *
 * A hit means that the hash is equal; whoever asked compares the record with the key. segment_view.h searches
 * several segments in order of age, segment_format.h describes the files.
 */
#ifndef ENRICHD_STORE_SEGMENT_H
#define ENRICHD_STORE_SEGMENT_H

#include "base/hash.h"
#include "entity/record.h"
#include "store/segment_format.h"
#include "store/unpacker.h"

struct segment {
    uint32_t number;
    enum entity entity;
    struct segment_counts counts;
    const char *data;                 /* mapped, counts.data_bytes */
    const void *index;                /* mapped, counts.index_bytes */
    const struct segment_slot *slots; /* inside index */
    uint64_t home_count, slot_count;
    uint64_t records_end;             /* offset in the data: behind the last record */
    struct dictionaries dictionaries; /* of packed records */
    size_t references; /* views that use it; guarded by the lock of the store that the views belong to */
};

/* Maps the segment and checks its heads.
 *
 * secret: the store's. ret: closed with segment_close. ERR_NOT_FOUND: a file is missing. ERR_CORRUPT: a file
 * is shorter than its head says, or the head is damaged, of another version, entity, number or secret.
 * ERR_IO, ERR_NOMEM. err_detail() names the file. */
enum err segment_open(const char *folder_cstr, enum entity entity, uint32_t number, struct hash_key secret,
                      struct segment **ret) MUST_USE;
void segment_close(struct segment *segment);

/* Brings the index into memory, unless it is very large. May take as long as reading it from disk. Any
 * thread. */
void segment_warm(const struct segment *segment);

/* Brings the slots where hash may stand closer to the processor. */
static inline void segment_prefetch_slot(const struct segment *segment, uint64_t hash)
{
    __builtin_prefetch(&segment->slots[segment_home(hash, segment->home_count)]);
}

/* Reads where a record's head and keys stand. The value means nothing: many such loads in a row overlap, page
 * walks and all, which prefetches of pages that the processor has not seen lately do not (measured). */
static inline uint64_t segment_touch(const struct segment *segment, uint64_t location)
{
    enum { LINE_BYTES = 64, TOUCHED_BYTES = 4 * LINE_BYTES };
    uint64_t offset = segment_location_offset(location), sum = 0;
    if (segment->counts.data_bytes < TOUCHED_BYTES || offset > segment->counts.data_bytes - TOUCHED_BYTES)
        return 0;
    for (const char *p = segment->data + offset, *end = p + TOUCHED_BYTES; p < end; p += LINE_BYTES) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        sum += word;
    }
    return sum;
}

/* Whether the head of the record is in memory: reading it then needs no disk. Costs a system call. Any
 * thread. */
bool segment_is_resident(const struct segment *segment, uint64_t location);

/* Starts reading the record from disk, without waiting. Any thread. */
void segment_ask(const struct segment *segment, uint64_t location);

/* Steps through the slots that hold hash. *at is 0 before the first step; it names the place to go on. False
 * when there is none (left). Any thread. */
bool segment_find(const struct segment *segment, uint64_t hash, uint64_t *at, uint64_t *ret_location);

/* The record at a location, maybe packed. Views into the mapping. ERR_CORRUPT: there is none; err_detail()
 * names the segment. */
enum err segment_record(const struct segment *segment, uint64_t location, struct record *ret) MUST_USE;

/* As unpack_record, for a record of this segment. err_detail() names the segment. */
enum err segment_unpack(const struct segment *segment, struct unpacker *unpacker, enum record_part part,
                        struct record *record) MUST_USE;

/* The segment's version of the record with this id. hash: key_hash_id() of the id. ret_location is 0, and ret
 * untouched, if the segment has none. ERR_CORRUPT. */
enum err segment_find_id(const struct segment *segment, int64_t id, uint64_t hash, struct record *ret,
                         uint64_t *ret_location) MUST_USE;

/* A walk through all stored records in the order of the file, superseded ones and tombstones too. Zeroed at
 * the start. */
struct segment_walk {
    uint64_t location; /* of the record that the last step returned */
    uint64_t offset;   /* where the next one stands */
    uint64_t asked;    /* what lies before it has been asked of the disk */
};

/* One step. ret->bytes.p is NULL at the end. ERR_CORRUPT. */
enum err segment_next(const struct segment *segment, struct segment_walk *walk, struct record *ret) MUST_USE;

#endif
