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

#define RADIX_BITS_MAX  12
#define RADIX_COUNT_MAX ((size_t)1 << RADIX_BITS_MAX)
#define SMALL_STRETCH   ((size_t)32) /* mentions that are sorted by insertion */
#define PREFETCH_AHEAD  ((size_t)16) /* mentions */

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

static bool are_ids_full(const struct segment_keys *keys)
{
    return keys->id_count * 3 >= keys->id_slots * 2;
}

size_t segment_keys_bytes(const struct segment_keys *keys)
{
    /* A table of ids that grows stands beside the new one, of twice its size. */
    size_t slots = are_ids_full(keys) ? 3 * keys->id_slots : keys->id_slots;
    return keys->version_count * sizeof *keys->versions + keys->mention_count * sizeof *keys->mentions +
           slots * sizeof *keys->ids;
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

static uint32_t tag_of(uint64_t id_hash)
{
    return (uint32_t)(id_hash >> 32);
}

/* The slot of an id: the one that holds it or the empty one where it belongs. */
static struct id_slot *id_slot(const struct segment_keys *keys, int64_t id, uint64_t id_hash)
{
    size_t mask = keys->id_slots - 1;
    for (size_t at = id_hash & mask;; at = (at + 1) & mask) {
        struct id_slot *slot = &keys->ids[at];
        if (!slot->version) return slot;
        if (slot->tag == tag_of(id_hash) && keys->versions[slot->version - 1].id == id) return slot;
    }
}

static enum err grow_ids(struct segment_keys *keys)
{
    size_t old_slots = keys->id_slots;
    struct id_slot *old = keys->ids;
    if (!are_ids_full(keys)) return OK;
    size_t slots = old_slots ? old_slots * 2 : ID_SLOTS_MIN;
    struct id_slot *ids = calloc(slots, sizeof *ids);
    if (!ids) return err_raise(ERR_NOMEM, "no memory for the ids of a segment");
    keys->ids = ids;
    keys->id_slots = slots;
    for (size_t i = 0; i < old_slots; i++) {
        if (!old[i].version) continue;
        int64_t id = keys->versions[old[i].version - 1].id;
        *id_slot(keys, id, key_hash_id(keys->secret, id)) = old[i];
    }
    free(old);
    return OK;
}

uint64_t segment_keys_find(const struct segment_keys *keys, int64_t id, uint64_t id_hash)
{
    if (keys->id_count == 0) return 0;
    uint32_t found = id_slot(keys, id, id_hash)->version;
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
static enum err add_version(struct segment_keys *keys, const struct record *record, uint64_t id_hash,
                            uint64_t location)
{
    TRY(grow_ids(keys));
    struct id_slot *slot = id_slot(keys, record->id, id_hash);
    struct key_version *before = slot->version ? &keys->versions[slot->version - 1] : NULL;
    uint32_t number = (uint32_t)keys->version_count++;
    keys->versions[number] = (struct key_version){
        .id = record->id, .location = location & LOCATION_MASK, .is_tombstone = record->is_tombstone};
    if (before && !before->is_tombstone) {
        before->is_superseded = true;
        before->location = number;
    } else {
        add_mention(keys, id_hash, 0, RANK_ID | RANK_CLAIM);
    }
    if (!before) keys->id_count++;
    *slot = (struct id_slot){tag_of(id_hash), number + 1};
    return OK;
}

enum err segment_keys_add(struct segment_keys *keys, const struct record *record, uint64_t id_hash,
                          uint64_t location)
{
    size_t count = record->key_count;
    if (keys->version_count == UINT32_MAX - 1) return err_raise(ERR_LIMIT, "too many records in a segment");
    TRY(make_room((void **)&keys->versions, sizeof *keys->versions, keys->version_count, 1,
                  &keys->version_room));
    TRY(make_room((void **)&keys->mentions, sizeof *keys->mentions, keys->mention_count, count + 1,
                  &keys->mention_room));
    TRY(add_version(keys, record, id_hash, location));
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

/* A number of bits of the hashes: those from `shift` on. */
struct radix {
    unsigned shift, bits;
};

static size_t radix_of(struct radix radix, const struct key_mention *mention)
{
    return mention->hash >> radix.shift & (((size_t)1 << radix.bits) - 1);
}

/* Moves every mention into the stretch of its radix, in place. ends[i] receives the end of stretch i. */
static void distribute(struct key_mention *mentions, size_t count, struct radix radix,
                       size_t ends[RADIX_COUNT_MAX])
{
    size_t next[RADIX_COUNT_MAX], sum = 0, stretches = (size_t)1 << radix.bits;
    memset(ends, 0, stretches * sizeof *ends);
    for (size_t i = 0; i < count; i++) ends[radix_of(radix, &mentions[i])]++;
    for (size_t i = 0; i < stretches; i++) {
        next[i] = sum;
        sum += ends[i];
        ends[i] = sum;
    }
    for (size_t i = 0; i < stretches; i++) {
        while (next[i] < ends[i]) {
            struct key_mention mention = mentions[next[i]];
            size_t home = radix_of(radix, &mention);
            mentions[next[i]] = mentions[next[home]];
            mentions[next[home]++] = mention;
        }
    }
}

static void insert_sort(struct key_mention *mentions, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct key_mention mention = mentions[i];
        size_t at = i;
        for (; at && compare_mentions(&mentions[at - 1], &mention) > 0; at--) mentions[at] = mentions[at - 1];
        mentions[at] = mention;
    }
}

/* What is still large has many mentions of one key. */
static void sort_stretch(struct key_mention *mentions, size_t count)
{
    if (count <= SMALL_STRETCH) {
        insert_sort(mentions, count);
    } else {
        qsort(mentions, count, sizeof *mentions, compare_mentions);
    }
}

/* The bits that leave a few mentions in each stretch. */
static unsigned radix_bits(size_t count)
{
    unsigned bits = 1;
    while (bits < RADIX_BITS_MAX && count >> bits > SMALL_STRETCH / 4) bits++;
    return bits;
}

/* Mentions that agree in the bits above `shift`. */
static void sort_by_next_bits(struct key_mention *mentions, size_t count, unsigned shift)
{
    size_t ends[RADIX_COUNT_MAX], start = 0;
    unsigned bits = radix_bits(count);
    distribute(mentions, count, (struct radix){shift - bits, bits}, ends);
    for (size_t i = 0; i < (size_t)1 << bits; start = ends[i++])
        sort_stretch(mentions + start, ends[i] - start);
}

/* Hashes are evenly spread: two rounds of distribution leave little to compare, each in a stretch that fits
 * the cache. */
static void sort_mentions(struct segment_keys *keys)
{
    size_t ends[RADIX_COUNT_MAX], start = 0;
    const struct radix first = {64 - RADIX_BITS_MAX, RADIX_BITS_MAX};
    distribute(keys->mentions, keys->mention_count, first, ends);
    for (size_t i = 0; i < RADIX_COUNT_MAX; start = ends[i++])
        sort_by_next_bits(keys->mentions + start, ends[i] - start, first.shift);
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
    *ret = (struct key_owner){
        .hash = first->hash,
        .is_id = first->rank & RANK_ID,
        .is_claimed = segment_keys_is_claim(&keys->mentions[end - 1]),
        .mentions = first,
        .mention_count = end - *at,
    };
    *at = end;
    return true;
}

/* Callers go from key to key: the version of a later one is fetched meanwhile. */
const struct key_version *segment_keys_version(const struct segment_keys *keys, const struct key_owner *owner)
{
    const struct key_mention *last = owner->mentions + owner->mention_count - 1;
    size_t rest = (size_t)(keys->mentions + keys->mention_count - last);
    if (rest > PREFETCH_AHEAD) __builtin_prefetch(version_of(keys, last + PREFETCH_AHEAD));
    return version_of(keys, last);
}

int64_t segment_keys_id_of(const struct segment_keys *keys, const struct key_mention *mention)
{
    return version_of(keys, mention)->id;
}

bool segment_keys_is_claim(const struct key_mention *mention)
{
    return mention->rank & RANK_CLAIM;
}
