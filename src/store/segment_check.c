/* Three walks: over the slots, over the records, and over both. */
#include "store/segment_check.h"

#include "base/crc.h"
#include "store/key_hash.h"

static enum err corrupt(const char *what, uint64_t at)
{
    return err_raise(ERR_CORRUPT, "%s %" PRIu64, what, at);
}

/* ---- the index ---- */

static enum err check_slots_crc(const struct segment *segment)
{
    struct segment_index_head head;
    memcpy(&head, segment->index, sizeof head);
    str slots = str_of(segment->slots, segment->slot_count * sizeof *segment->slots);
    return crc32_add(0, slots) == head.slots_crc ? OK : err_raise(ERR_CORRUPT, "does not match its checksum");
}

static bool leads_into_data(const struct segment *segment, uint64_t location)
{
    uint64_t offset = segment_location_offset(location);
    uint64_t bytes = segment_location_bytes(location);
    uint64_t end = segment->records_end;
    return offset >= sizeof(struct segment_data_head) && offset <= end && bytes && bytes <= end - offset;
}

/* A search begins at a hash's home and ends at an empty slot or a larger hash: it must not end before the
 * slot. */
static enum err check_slot(const struct segment *segment, uint64_t i, uint64_t run_start,
                           uint64_t hash_before)
{
    const struct segment_slot *slot = &segment->slots[i];
    uint64_t home = segment_home(slot->hash, segment->home_count);
    if (home > i || home < run_start || slot->hash < hash_before)
        return corrupt("a search does not find the key of slot", i);
    return leads_into_data(segment, slot->location) ? OK : corrupt("a key leads nowhere, in slot", i);
}

enum err segment_check_index(const struct segment *segment)
{
    uint64_t used = 0, run_start = 0, hash_before = 0;
    TRY(check_slots_crc(segment));
    for (uint64_t i = 0; i < segment->slot_count; i++) {
        if (segment->slots[i].location == 0) {
            run_start = i + 1;
            continue;
        }
        TRY(check_slot(segment, i, run_start, hash_before));
        hash_before = segment->slots[i].hash;
        used++;
    }
    if (run_start != segment->slot_count) return err_raise(ERR_CORRUPT, "its last slot is in use");
    return used == segment->counts.key_count ? OK : corrupt("has another number of keys than it says:", used);
}

/* ---- the data ---- */

static enum err check_record(const struct segment *segment, struct unpacker *unpacker, str bytes)
{
    struct record record;
    TRY(record_check(bytes, &record));
    if (!record_is_packed(&record)) return OK;
    TRY(segment_unpack(segment, unpacker, RECORD_PART_ALL, &record));
    return record_check_sections(&record);
}

static enum err check_records(const struct segment *segment, struct unpacker *unpacker, segment_record_fn *fn,
                              void *context)
{
    struct segment_walk walk = {0};
    struct record record;
    for (;;) {
        uint64_t offset = walk.offset;
        TRY(segment_next(segment, &walk, &record));
        if (!record.bytes.p) return OK;
        enum err e = check_record(segment, unpacker, record.bytes);
        if (e == ERR_CORRUPT) return corrupt("a damaged record at byte", offset);
        TRY(e);
        fn(context);
    }
}

enum err segment_check_data(const struct segment *segment, segment_record_fn *fn, void *context)
{
    struct unpacker unpacker;
    unpacker_init(&unpacker);
    enum err e = check_records(segment, &unpacker, fn, context);
    unpacker_fini(&unpacker);
    return e;
}

/* ---- both ---- */

/* A tombstone has no keys: any hash may lead to it. */
static bool has_hash(const struct record *record, uint64_t hash, struct hash_key secret)
{
    struct record_key key;
    if (record->is_tombstone || key_hash_id(secret, record->id) == hash) return true;
    for (size_t at = 0; record_next_key(record, &at, &key);) {
        if (key_hash(secret, key.key) == hash) return true;
    }
    return false;
}

static enum err check_slot_keys(const struct segment *segment, struct hash_key secret)
{
    for (uint64_t i = 0; i < segment->slot_count; i++) {
        const struct segment_slot *slot = &segment->slots[i];
        struct record record;
        if (slot->location == 0) continue;
        TRY(segment_record(segment, slot->location, &record));
        if (!has_hash(&record, slot->hash, secret)) return corrupt("a record lacks the key of slot", i);
    }
    return OK;
}

static bool is_in_index(const struct segment *segment, uint64_t hash)
{
    uint64_t at = 0, location;
    return segment_find(segment, hash, &at, &location);
}

/* A merge leaves keys of records without a slot: those that a deleted record had taken over. */
static enum err check_record_keys(const struct segment *segment, const struct record *record,
                                  struct hash_key secret)
{
    struct record_key key;
    for (size_t at = 0; record_next_key(record, &at, &key);) {
        bool may_lack = segment->number >= SEGMENT_MERGED_FIRST;
        if (!may_lack && !is_in_index(segment, key_hash(secret, key.key)))
            return corrupt("a key is not in the index, of the record", (uint64_t)record->id);
    }
    return OK;
}

static enum err compare_counts(const struct segment_counts *stored, const struct segment_counts *found)
{
    bool is_equal = stored->record_count == found->record_count &&
                    stored->tombstone_count == found->tombstone_count &&
                    stored->default_bytes == found->default_bytes && stored->all_bytes == found->all_bytes;
    return is_equal ? OK : corrupt("has another number of records than it says:", found->record_count);
}

enum err segment_check_keys(const struct segment *segment, struct hash_key secret)
{
    struct segment_walk walk = {0};
    struct segment_counts found = {0};
    struct record record, newest;
    uint64_t location;
    TRY(check_slot_keys(segment, secret));
    for (;;) {
        TRY(segment_next(segment, &walk, &record));
        if (!record.bytes.p) return compare_counts(&segment->counts, &found);
        TRY(segment_find_id(segment, record.id, key_hash_id(secret, record.id), &newest, &location));
        if (!location) return corrupt("the index does not know the record", (uint64_t)record.id);
        if (location != walk.location) continue; /* superseded */
        TRY(check_record_keys(segment, &record, secret));
        found.record_count += !record.is_tombstone;
        found.tombstone_count += record.is_tombstone;
        found.default_bytes += record.default_bytes;
        found.all_bytes += record.all_bytes;
    }
}
