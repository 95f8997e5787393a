/* Mentions are numbered by version, so that sorting by (hash, rank) puts the claim that wins last in its run.
 */
#include "store/segment_keys.h"

#include "store/key_hash.h"

#define RANK_CLAIM       ((uint64_t)1 << 32)
#define RANK_ID          ((uint64_t)1 << 33)
#define RANK_SECOND_MASK (~(uint64_t)0 << 34)
#define RANK_KEY_SHIFT   33 /* what is above is equal for mentions of the same key */

#define LOCATION_MASK (((uint64_t)1 << 62) - 1)

#define ID_SLOTS_MIN 1024
#define RADIX_BITS   12
#define RADIX_COUNT  ((size_t)1 << RADIX_BITS)

void segment_keys_init(struct segment_keys *keys, struct hash_key secret)
{
    *keys = (struct segment_keys){.secret = secret};
}

void segment_keys_fini(struct segment_keys *keys)
{
    free(keys->versions);
    free(keys->mentions);
    free(keys->ids);
    *keys = (struct segment_keys){.secret = keys->secret};
}

size_t segment_keys_bytes(const struct segment_keys *keys)
{
    return keys->version_count * sizeof *keys->versions + keys->mention_count * sizeof *keys->mentions +
           keys->id_slots * sizeof *keys->ids;
}

/* -- collecting -- */

/* Room for `more` items behind count in a growing array. */
static enum err make_room(void **items, size_t item_bytes, size_t count, size_t more, size_t *room)
{
    if (more <= *room - count) return OK;
    size_t wanted = *room ? *room * 2 : 1024;
    if (wanted < count + more) wanted = count + more;
    void *grown = reallocarray(*items, wanted, item_bytes);
    if (!grown) return err_raise(ERR_NOMEM, "no memory for the keys of a segment");
    *items = grown;
    *room = wanted;
    return OK;
}

/* The slot of an id: the one that holds it or the empty one where it belongs. */
static uint32_t *id_slot(const struct segment_keys *keys, int64_t id)
{
    size_t mask = keys->id_slots - 1;
    size_t at = key_hash_id(keys->secret, id) & mask;
    while (keys->ids[at] && keys->versions[keys->ids[at] - 1].id != id) at = (at + 1) & mask;
    return &keys->ids[at];
}

static enum err grow_ids(struct segment_keys *keys)
{
    size_t old_slots = keys->id_slots;
    uint32_t *old = keys->ids;
    if (keys->id_count * 3 < old_slots * 2) return OK;
    size_t slots = old_slots ? old_slots * 2 : ID_SLOTS_MIN;
    uint32_t *ids = calloc(slots, sizeof *ids);
    if (!ids) return err_raise(ERR_NOMEM, "no memory for the ids of a segment");
    keys->ids = ids;
    keys->id_slots = slots;
    for (size_t i = 0; i < old_slots; i++) {
        if (old[i]) *id_slot(keys, keys->versions[old[i] - 1].id) = old[i];
    }
    free(old);
    return OK;
}

uint64_t segment_keys_find(const struct segment_keys *keys, int64_t id)
{
    if (keys->id_count == 0) return 0;
    uint32_t found = *id_slot(keys, id);
    return found ? keys->versions[found - 1].location : 0;
}

static void add_mention(struct segment_keys *keys, uint64_t hash, uint64_t second, uint64_t flags)
{
    uint64_t version = keys->version_count - 1;
    keys->mentions[keys->mention_count++] =
        (struct key_mention){hash, (second & RANK_SECOND_MASK) | flags | version};
}

/* The id is mentioned by its first version, whose successors are found through it, and again behind a
 * tombstone. */
static enum err add_version(struct segment_keys *keys, const struct record *record, uint64_t location)
{
    TRY(grow_ids(keys));
    uint32_t *slot = id_slot(keys, record->id);
    struct key_version *before = *slot ? &keys->versions[*slot - 1] : NULL;
    uint32_t number = (uint32_t)keys->version_count++;
    keys->versions[number] = (struct key_version){
        .id = record->id, .location = location & LOCATION_MASK, .is_tombstone = record->is_tombstone};
    if (before && !before->is_tombstone) {
        before->is_superseded = true;
        before->location = number;
    } else {
        add_mention(keys, key_hash_id(keys->secret, record->id), 0, RANK_ID | RANK_CLAIM);
    }
    if (!before) keys->id_count++;
    *slot = number + 1;
    return OK;
}

enum err segment_keys_add(struct segment_keys *keys, const struct record *record, uint64_t location)
{
    size_t count = record->key_count;
    if (keys->version_count == UINT32_MAX - 1) return err_raise(ERR_LIMIT, "too many records in a segment");
    TRY(make_room((void **)&keys->versions, sizeof *keys->versions, keys->version_count, 1,
                  &keys->version_room));
    TRY(make_room((void **)&keys->mentions, sizeof *keys->mentions, keys->mention_count, count + 1,
                  &keys->mention_room));
    TRY(add_version(keys, record, location));
    struct record_key key;
    for (size_t at = 0; count && record_next_key(record, &at, &key); count--) {
        add_mention(keys, key_hash(keys->secret, key.key), key_hash_second(keys->secret, key.key),
                    key.is_inherited ? 0 : RANK_CLAIM);
    }
    return OK;
}

/* -- settling -- */

static int compare_mentions(const void *left, const void *right)
{
    const struct key_mention *a = left, *b = right;
    if (a->hash != b->hash) return a->hash < b->hash ? -1 : 1;
    return a->rank < b->rank ? -1 : a->rank > b->rank;
}

static size_t radix_of(const struct key_mention *mention)
{
    return mention->hash >> (64 - RADIX_BITS);
}

/* Moves every mention into the stretch of its hash's first bits, in place. ends[i] receives the end of
 * stretch i. */
static void distribute(struct key_mention *mentions, size_t count, size_t ends[RADIX_COUNT])
{
    size_t next[RADIX_COUNT], sum = 0;
    memset(ends, 0, RADIX_COUNT * sizeof *ends);
    for (size_t i = 0; i < count; i++) ends[radix_of(&mentions[i])]++;
    for (size_t i = 0; i < RADIX_COUNT; i++) {
        next[i] = sum;
        sum += ends[i];
        ends[i] = sum;
    }
    for (size_t i = 0; i < RADIX_COUNT; i++) {
        while (next[i] < ends[i]) {
            struct key_mention mention = mentions[next[i]];
            size_t home = radix_of(&mention);
            mentions[next[i]] = mentions[next[home]];
            mentions[next[home]++] = mention;
        }
    }
}

static void sort_mentions(struct segment_keys *keys)
{
    size_t ends[RADIX_COUNT], start = 0;
    distribute(keys->mentions, keys->mention_count, ends);
    for (size_t i = 0; i < RADIX_COUNT; start = ends[i++]) {
        if (ends[i] - start > 1)
            qsort(keys->mentions + start, ends[i] - start, sizeof *keys->mentions, compare_mentions);
    }
}

void segment_keys_settle(struct segment_keys *keys)
{
    for (size_t i = keys->version_count; i-- > 0;) {
        struct key_version *version = &keys->versions[i];
        if (version->is_superseded) *version = keys->versions[version->location];
    }
    sort_mentions(keys);
}

static bool is_same_key(const struct key_mention *a, const struct key_mention *b)
{
    return a->hash == b->hash && a->rank >> RANK_KEY_SHIFT == b->rank >> RANK_KEY_SHIFT;
}

static const struct key_version *version_of(const struct segment_keys *keys,
                                            const struct key_mention *mention)
{
    return &keys->versions[mention->rank & UINT32_MAX];
}

bool segment_keys_next(const struct segment_keys *keys, size_t *at, struct key_owner *ret)
{
    size_t end = *at;
    const struct key_mention *first = &keys->mentions[end];
    while (end < keys->mention_count && is_same_key(first, &keys->mentions[end])) end++;
    if (end == *at) return false;
    const struct key_mention *last = &keys->mentions[end - 1];
    const struct key_version *version = version_of(keys, last);
    *ret = (struct key_owner){
        .hash = first->hash,
        .location = version->location,
        .id = version->id,
        .is_id = first->rank & RANK_ID,
        .is_claimed = segment_keys_is_claim(last),
        .mentions = first,
        .mention_count = end - *at,
    };
    *at = end;
    return true;
}

int64_t segment_keys_id_of(const struct segment_keys *keys, const struct key_mention *mention)
{
    return version_of(keys, mention)->id;
}

bool segment_keys_is_claim(const struct key_mention *mention)
{
    return mention->rank & RANK_CLAIM;
}
