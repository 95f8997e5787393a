/* Comparing owners: within a new segment by its mentions, with older segments by their indexes. */
#include "store/lost_keys.h"

#include "store/key_hash.h"

#define SCRATCH_BYTES ((size_t)64 << 10) /* for one look-up */

void lost_keys_fini(struct lost_keys *lost)
{
    free(lost->items);
    *lost = (struct lost_keys){0};
}

/* What a new segment's key is compared with. */
struct claim {
    const struct segment_keys *keys;
    const struct key_owner *owner;
    const struct key_version *version; /* the owner's */
    size_t segment;                    /* that it stands in */
};

static enum err add(struct lost_keys *lost, const struct claim *claim, int64_t loser_id)
{
    if (lost->count == lost->room) {
        size_t room = lost->room ? lost->room * 2 : 64;
        struct lost_key *items = reallocarray(lost->items, room, sizeof *items);
        if (!items) return err_raise(ERR_NOMEM, "no memory for %zu lost keys", room);
        lost->items = items;
        lost->room = room;
    }
    lost->items[lost->count++] = (struct lost_key){.hash = claim->owner->hash,
                                                   .location = claim->version->location,
                                                   .loser_id = loser_id,
                                                   .segment = (uint32_t)claim->segment};
    return OK;
}

/* Within the segment: records that claimed the key before its owner did. */
static enum err collect_inside(struct lost_keys *lost, const struct claim *claim)
{
    int64_t latest = claim->version->id;
    for (size_t i = claim->owner->mention_count; i-- > 0;) {
        const struct key_mention *mention = &claim->owner->mentions[i];
        int64_t id = segment_keys_id_of(claim->keys, mention);
        if (!segment_keys_is_claim(mention) || id == claim->version->id || id == latest) continue;
        TRY(add(lost, claim, id));
        latest = id;
    }
    return OK;
}

/* Whether an id's record stands at the location: the index alone tells. */
static bool is_of_id(const struct segment *segment, uint64_t id_hash, uint64_t location)
{
    uint64_t at = 0, found;
    while (segment_find(segment, id_hash, &at, &found)) {
        if (found == location) return true;
    }
    return false;
}

/* The id of the record that had the key in older segments; 0 if it was the same one or none. */
static enum err find_former_owner(const struct segment_list *list, const struct claim *claim, int64_t *ret)
{
    *ret = 0;
    for (size_t i = claim->segment; i-- > 0;) {
        uint64_t at = 0, location;
        struct record record;
        if (!segment_find(list->segments[i], claim->owner->hash, &at, &location)) continue;
        if (is_of_id(list->segments[i], key_hash_id(list->secret, claim->version->id), location)) return OK;
        TRY(segment_record(list->segments[i], location, &record));
        if (!record.is_tombstone && record.id != claim->version->id) *ret = record.id;
        return OK;
    }
    return OK;
}

static bool is_among_mentions(const struct claim *claim, int64_t id)
{
    const struct key_owner *owner = claim->owner;
    for (size_t i = 0; i < owner->mention_count; i++) {
        if (segment_keys_is_claim(&owner->mentions[i]) &&
            segment_keys_id_of(claim->keys, &owner->mentions[i]) == id)
            return true;
    }
    return false;
}

static enum err collect_outside(struct lost_keys *lost, const struct claim *claim,
                                const struct segment_list *list)
{
    int64_t former_id;
    TRY(find_former_owner(list, claim, &former_id));
    return former_id && !is_among_mentions(claim, former_id) ? add(lost, claim, former_id) : OK;
}

enum err lost_keys_collect(struct lost_keys *lost, const struct segment_keys *keys,
                           const struct segment_list *list)
{
    struct key_owner owner;
    size_t newest = list->count - 1;
    for (size_t at = 0; segment_keys_next(keys, &at, &owner);) {
        bool is_unrivalled = newest == 0 && owner.mention_count == 1;
        if (owner.is_id || !owner.is_claimed || is_unrivalled) continue;
        struct claim claim = {keys, &owner, segment_keys_version(keys, &owner), newest};
        TRY(collect_inside(lost, &claim));
        TRY(collect_outside(lost, &claim, list));
    }
    return OK;
}

/* The text of a key, out of the record that has it. False if a limit made the record drop it. */
static enum err read_key(const struct lost_key *item, const struct segment_list *list, struct key *ret,
                         bool *ret_is_found)
{
    struct record record;
    struct record_key key;
    *ret_is_found = false;
    TRY(segment_record(list->segments[item->segment], item->location, &record));
    for (size_t at = 0; record_next_key(&record, &at, &key);) {
        if (key_hash(list->secret, key.key) != item->hash) continue;
        *ret = key.key;
        *ret_is_found = true;
        break;
    }
    return OK;
}

static enum err report_one(const struct lost_key *item, const struct segment_list *list, struct arena *arena,
                           records_lost_key_fn *fn, void *context)
{
    struct key key;
    struct record winner, loser;
    str stored;
    bool is_found;
    TRY(read_key(item, list, &key, &is_found));
    if (!is_found) return OK;
    TRY(segment_list_get(list, &key, 1, arena, &stored));
    if (!stored.p) return OK;
    TRY(record_open(stored, &winner));
    TRY(segment_list_newest(list, 0, item->loser_id, &loser, &is_found));
    bool is_lost = is_found && !loser.is_tombstone && winner.id != item->loser_id;
    if (is_lost) fn(context, key, item->loser_id, winner.id);
    return OK;
}

enum err lost_keys_report(const struct lost_keys *lost, const struct segment_list *list,
                          records_lost_key_fn *fn, void *context)
{
    struct arena arena;
    enum err e = OK;
    arena_init(&arena, SCRATCH_BYTES);
    for (size_t i = 0; i < lost->count && e == OK; i++) {
        e = report_one(&lost->items[i], list, &arena, fn, context);
        arena_reset(&arena);
    }
    arena_fini(&arena);
    return e;
}
