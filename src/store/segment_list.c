/* Look-ups in passes over all keys of a batch: each pass can ask for the memory (later: the disk blocks) of
 * keys further on before it needs them. */
#include "store/segment_list.h"

#include "store/key_hash.h"

#define AHEAD 4 /* keys between asking for memory and using it */

/* One key on its way. */
struct lookup {
    uint64_t hash;
    uint64_t location; /* of the record that the index names; 0: none does */
    uint64_t at;       /* where its segment's probe goes on if the record is another one's */
    int64_t id;        /* of the record */
    uint32_t segment;
    bool is_tombstone;
};

/* Goes on to the next slot with the hash: in the lookup's segment, then in older ones. */
static void next_slot(const struct segment_list *list, struct lookup *lookup)
{
    for (size_t i = lookup->segment + 1; i-- > 0; lookup->at = 0) {
        if (!segment_find(list->segments[i], lookup->hash, &lookup->at, &lookup->location)) continue;
        lookup->segment = (uint32_t)i;
        return;
    }
    lookup->location = 0;
}

/* First pass, one segment: slots of the keys that no newer segment had. */
static void locate_in(const struct segment_list *list, size_t segment, struct lookup *lookups, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct lookup *lookup = &lookups[i];
        if (i + AHEAD < count) segment_prefetch_slot(list->segments[segment], lookups[i + AHEAD].hash);
        if (lookup->location) continue;
        if (segment_find(list->segments[segment], lookup->hash, &lookup->at, &lookup->location))
            lookup->segment = (uint32_t)segment;
    }
}

/* Second pass, one key: the record of a slot must have the key. A tombstone has no keys, its hash has to do.
 */
static enum err verify(const struct segment_list *list, struct key key, struct lookup *lookup, str *ret)
{
    *ret = (str){0};
    for (; lookup->location; next_slot(list, lookup)) {
        struct record record;
        TRY(segment_record(list->segments[lookup->segment], lookup->location, &record));
        bool is_deleted = record.is_tombstone && key.kind != KEY_ID;
        if (!is_deleted && !record_has_key(&record, key)) continue;
        lookup->id = record.id;
        lookup->is_tombstone = record.is_tombstone;
        *ret = record.bytes;
        return OK;
    }
    return OK;
}

/* Third pass, one key: the newest version of the record. Behind a tombstone it may stand in the same segment.
 */
static enum err follow(const struct segment_list *list, struct lookup *lookup, str *ret)
{
    struct record newest;
    bool is_found;
    size_t from = lookup->is_tombstone ? lookup->segment : lookup->segment + (size_t)1;
    TRY(segment_list_newest(list, from, lookup->id, &newest, &is_found));
    if (is_found) {
        lookup->is_tombstone = newest.is_tombstone;
        *ret = newest.bytes;
    }
    if (lookup->is_tombstone) *ret = (str){0};
    return OK;
}

enum err segment_list_get(const struct segment_list *list, const struct key *keys, size_t count,
                          struct arena *arena, str *ret)
{
    struct lookup *lookups = arena_array(arena, count, sizeof *lookups);
    if (!lookups) return err_raise(ERR_NOMEM, "no memory to look up %zu keys", count);
    for (size_t i = 0; i < count; i++) lookups[i].hash = key_hash(list->secret, keys[i]);
    for (size_t segment = list->count; segment-- > 0;) locate_in(list, segment, lookups, count);
    for (size_t i = 0; i < count; i++) {
        const struct lookup *ahead = i + AHEAD < count ? &lookups[i + AHEAD] : NULL;
        if (ahead && ahead->location)
            segment_prefetch_record(list->segments[ahead->segment], ahead->location);
        TRY(verify(list, keys[i], &lookups[i], &ret[i]));
    }
    for (size_t i = 0; i < count; i++) {
        if (lookups[i].location) TRY(follow(list, &lookups[i], &ret[i]));
    }
    return OK;
}

enum err segment_list_newest(const struct segment_list *list, size_t from, int64_t id, struct record *ret,
                             bool *ret_is_found)
{
    *ret_is_found = false;
    if (from >= list->count) return OK;
    uint64_t hash = key_hash_id(list->secret, id);
    for (size_t i = list->count; i-- > from;) {
        uint64_t location;
        TRY(segment_find_id(list->segments[i], id, hash, ret, &location));
        if (!location) continue;
        *ret_is_found = true;
        return OK;
    }
    return OK;
}

/* Whether the record that the walk has reached is the newest version of its id. */
static enum err is_newest(const struct segment_list *list, size_t segment, uint64_t location,
                          const struct record *record, bool *ret)
{
    struct record newest;
    uint64_t own_location;
    bool is_found;
    uint64_t hash = key_hash_id(list->secret, record->id);
    TRY(segment_find_id(list->segments[segment], record->id, hash, &newest, &own_location));
    TRY(segment_list_newest(list, segment + 1, record->id, &newest, &is_found));
    *ret = own_location == location && !is_found;
    return OK;
}

static enum err scan_segment(const struct segment_list *list, size_t segment,
                             enum err (*fn)(void *context, const struct record *record), void *context)
{
    struct segment_walk walk = {0};
    struct record record;
    for (;;) {
        bool is_live;
        TRY(segment_next(list->segments[segment], &walk, &record));
        if (!record.bytes.p) return OK;
        if (record.is_tombstone) continue;
        TRY(is_newest(list, segment, walk.location, &record, &is_live));
        if (is_live) TRY(fn(context, &record));
    }
}

enum err segment_list_scan(const struct segment_list *list,
                           enum err (*fn)(void *context, const struct record *record), void *context)
{
    for (size_t i = 0; i < list->count; i++) TRY(scan_segment(list, i, fn, context));
    return OK;
}
