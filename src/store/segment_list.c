/* Look-ups in passes over all keys of a call: each pass asks for the memory, or the disk blocks, of keys
 * further on before it needs them. Two rounds: what the keys lead to, then the newest versions of that. */
#include "store/segment_list.h"

#include "base/os.h"
#include "store/key_hash.h"

#define SLOTS_AHEAD  16  /* keys between asking for a slot's memory and using it */
#define TOUCHED      256 /* records that are brought close together, then used: few enough for the caches */
#define COLD_SAMPLES 8   /* records of a call of which it is looked up whether they are in memory */

/* One key on its way. */
struct lookup {
    uint64_t hash;
    uint64_t location; /* of the record that the index names; 0: none does */
    uint64_t at;       /* where its segment's probe goes on if the record is another one's */
    int64_t id;        /* of the record */
    uint32_t segment;
    uint32_t from; /* the oldest segment that counts */
    bool is_tombstone;
};

struct round {
    const struct segment_list *list;
    struct lookup *lookups;
    size_t count;
};

/* Makes the compiler believe that somebody needs the value. */
static inline void keep(uint64_t value)
{
    __asm__ volatile("" : : "r"(value));
}

/* -- first pass: slots -- */

static void locate_in(const struct round *round, size_t segment_number)
{
    const struct segment *segment = round->list->segments[segment_number];
    for (size_t i = 0; i < round->count; i++) {
        struct lookup *lookup = &round->lookups[i];
        if (i + SLOTS_AHEAD < round->count) segment_prefetch_slot(segment, lookup[SLOTS_AHEAD].hash);
        if (lookup->location || segment_number < lookup->from) continue;
        if (segment_find(segment, lookup->hash, &lookup->at, &lookup->location))
            lookup->segment = (uint32_t)segment_number;
    }
}

/* Goes on to the next slot with the hash: in the lookup's segment, then in older ones. */
static void next_slot(const struct segment_list *list, struct lookup *lookup)
{
    for (size_t i = lookup->segment + (size_t)1; i-- > lookup->from; lookup->at = 0) {
        if (!segment_find(list->segments[i], lookup->hash, &lookup->at, &lookup->location)) continue;
        lookup->segment = (uint32_t)i;
        return;
    }
    lookup->location = 0;
}

/* -- between the passes: records that are not in memory -- */

/* A few of many tell: asking for a record costs more than looking it up when it is there already. A single
 * one has nothing to overlap with. */
static bool is_cold(const struct round *round)
{
    if (round->count < 2) return false;
    size_t step = (round->count + COLD_SAMPLES - 1) / COLD_SAMPLES;
    for (size_t i = 0; i < round->count; i += step) {
        const struct lookup *lookup = &round->lookups[i];
        if (lookup->location &&
            !segment_is_resident(round->list->segments[lookup->segment], lookup->location))
            return true;
    }
    return false;
}

/* The disk reads all of them at once instead of one after the other. */
static void ask_for_records(const struct round *round)
{
    for (size_t i = 0; i < round->count; i++) {
        const struct lookup *lookup = &round->lookups[i];
        if (lookup->location) segment_ask(round->list->segments[lookup->segment], lookup->location);
    }
}

static void locate(const struct round *round)
{
    for (size_t segment = round->list->count; segment-- > 0;) locate_in(round, segment);
    if (is_cold(round)) ask_for_records(round);
}

/* -- second pass: records -- */

/* Brings some records close to the processor: loads that do not wait for each other overlap, page walks and
 * all.
 */
static void touch(const struct round *round, size_t from)
{
    size_t to = round->count - from < TOUCHED ? round->count : from + TOUCHED;
    uint64_t sum = 0;
    for (size_t i = from; i < to; i++) {
        const struct lookup *lookup = &round->lookups[i];
        if (lookup->location) sum += segment_touch(round->list->segments[lookup->segment], lookup->location);
    }
    keep(sum);
}

/* The record of a slot must have the key. A tombstone has no keys, its hash has to do. */
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

/* What the keys lead to, in the version that was found first. */
static enum err find_owners(const struct round *round, const struct key *keys, str *ret)
{
    for (size_t i = 0; i < round->count; i++) round->lookups[i].hash = key_hash(round->list->secret, keys[i]);
    locate(round);
    for (size_t i = 0; i < round->count; i++) {
        if (i % TOUCHED == 0) touch(round, i);
        TRY(verify(round->list, keys[i], &round->lookups[i], &ret[i]));
    }
    return OK;
}

/* -- the second round: newest versions -- */

/* The newest version is searched from its segment on: behind a tombstone it may stand in the same one. */
static size_t begin_newest(const struct round *owners, struct lookup *lookups)
{
    size_t wanted = 0;
    for (size_t i = 0; i < owners->count; i++) {
        const struct lookup *owner = &owners->lookups[i];
        uint32_t from = owner->is_tombstone ? owner->segment : owner->segment + 1;
        lookups[i].from = from;
        if (!owner->location) lookups[i].from = UINT32_MAX;
        if (lookups[i].from >= owners->list->count) continue;
        lookups[i].hash = key_hash_id(owners->list->secret, owner->id);
        lookups[i].id = owner->id;
        wanted++;
    }
    return wanted;
}

static enum err verify_newest(const struct segment_list *list, struct lookup *lookup, str *ret)
{
    for (; lookup->location; next_slot(list, lookup)) {
        struct record record;
        TRY(segment_record(list->segments[lookup->segment], lookup->location, &record));
        if (record.id != lookup->id) continue;
        *ret = record.is_tombstone ? (str){0} : record.bytes;
        return OK;
    }
    return OK;
}

static enum err find_newest(const struct round *owners, struct arena *arena, str *ret)
{
    struct round round = {owners->list, arena_array(arena, owners->count, sizeof *round.lookups),
                          owners->count};
    if (!round.lookups) return err_raise(ERR_NOMEM, "no memory to look up %zu keys", round.count);
    for (size_t i = 0; i < owners->count; i++) {
        if (owners->lookups[i].is_tombstone) ret[i] = (str){0};
    }
    if (begin_newest(owners, round.lookups) == 0) return OK;
    locate(&round);
    for (size_t i = 0; i < round.count; i++) {
        if (i % TOUCHED == 0) touch(&round, i);
        TRY(verify_newest(round.list, &round.lookups[i], &ret[i]));
    }
    return OK;
}

enum err segment_list_get(const struct segment_list *list, const struct key *keys, size_t count,
                          struct arena *arena, str *ret)
{
    struct round round = {list, arena_array(arena, count, sizeof *round.lookups), count};
    if (!round.lookups) return err_raise(ERR_NOMEM, "no memory to look up %zu keys", count);
    TRY(find_owners(&round, keys, ret));
    return find_newest(&round, arena, ret);
}

/* Which segment a record is of, its place in memory tells. */
static bool holds(const struct segment *segment, const struct record *record)
{
    uintptr_t start = (uintptr_t)segment->data, at = (uintptr_t)record->bytes.p;
    return at >= start && at - start < segment->counts.data_bytes;
}

enum err segment_list_unpack(const struct segment_list *list, enum record_part part,
                             struct unpacker *unpacker, struct record *record)
{
    if (!record_is_packed(record)) return OK;
    size_t i = 0;
    while (i < list->count && !holds(list->segments[i], record)) i++;
    must(i < list->count);
    return segment_unpack(list->segments[i], unpacker, part, record);
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

static enum err scan_segment(const struct segment_list *list, size_t segment, bool with_superseded,
                             enum err (*fn)(void *context, const struct record *record), void *context)
{
    struct segment_walk walk = {0};
    struct record record;
    for (;;) {
        bool is_wanted = with_superseded;
        TRY(segment_next(list->segments[segment], &walk, &record));
        if (!record.bytes.p) return OK;
        if (record.is_tombstone) continue;
        if (!is_wanted) TRY(is_newest(list, segment, walk.location, &record, &is_wanted));
        if (is_wanted) TRY(fn(context, &record));
    }
}

enum err segment_list_scan(const struct segment_list *list,
                           enum err (*fn)(void *context, const struct record *record), void *context)
{
    for (size_t i = 0; i < list->count; i++) TRY(scan_segment(list, i, false, fn, context));
    return OK;
}

enum err segment_list_scan_versions(const struct segment_list *list,
                                    enum err (*fn)(void *context, const struct record *record), void *context)
{
    for (size_t i = 0; i < list->count; i++) TRY(scan_segment(list, i, true, fn, context));
    return OK;
}
