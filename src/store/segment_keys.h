/* The keys of a segment that is being written: collected in memory in the order of the records, then settled.
 *
 * Settling answers, for every key, which record it leads to: the one that claimed it last, in its newest
 * version within the segment. Inherited keys claim nothing: they hold only what no record claims. Used by
 * segment_writer.c. One thread.
 */
#ifndef ENRICHD_STORE_SEGMENT_KEYS_H
#define ENRICHD_STORE_SEGMENT_KEYS_H

#include "base/hash.h"
#include "entity/record.h"

/* One mention of a key by a record. The rank orders mentions with the same hash: 30 bits of a second hash,
 * one for KEY_ID, one for claims (not inherited keys), 32 bits for the number of the version. */
struct key_mention {
    uint64_t hash;
    uint64_t rank;
};

/* One stored record. Until settling, the location of a superseded one is the number of its successor. */
struct key_version {
    int64_t id;
    uint64_t location : 62;
    uint64_t is_superseded : 1;
    uint64_t is_tombstone : 1;
};

/* An id. The tag spares most looks at the versions of other ids, which are far away in memory. */
struct id_slot {
    uint32_t tag;     /* bits of the id's hash */
    uint32_t version; /* number of its newest version + 1; 0: empty */
};

struct segment_keys {
    struct hash_key secret;
    struct key_version *versions;
    size_t version_count, version_room;
    struct key_mention *mentions;
    size_t mention_count, mention_room;
    struct id_slot *ids; /* open addressing */
    size_t id_slots, id_count;
};

void segment_keys_init(struct segment_keys *keys, struct hash_key secret);
void segment_keys_fini(struct segment_keys *keys);

/* Memory that it takes once one more record is added. */
size_t segment_keys_bytes(const struct segment_keys *keys);

/* Where the newest version of the id stands; 0 if it was not added yet. id_hash: key_hash_id of it. */
uint64_t segment_keys_find(const struct segment_keys *keys, int64_t id, uint64_t id_hash);

/* Adds the record that was stored at location, with its keys and its id (id_hash: of that). It supersedes the
 * id's earlier version; if that was a tombstone, the keys that led to it go on leading to it. ERR_NOMEM,
 * ERR_LIMIT (2^32 - 1 records): keys is then only good for segment_keys_fini. */
enum err segment_keys_add(struct segment_keys *keys, const struct record *record, uint64_t id_hash,
                          uint64_t location) MUST_USE;

/* Ends the collecting. */
void segment_keys_settle(struct segment_keys *keys);

/* A settled key: all mentions of it. Whom it leads to takes a look elsewhere: segment_keys_version. */
struct key_owner {
    uint64_t hash;
    bool is_id; /* the key is the record's own id */
    bool is_claimed;
    const struct key_mention
        *mentions; /* oldest first, inherited ones before claims; the last one is the owner's */
    size_t mention_count;
};

/* Steps through the settled keys in the order of their hashes. *at is 0 before the first step. False at the
 * end. */
bool segment_keys_next(const struct segment_keys *keys, size_t *at, struct key_owner *ret);

/* The newest version of the record that a settled key leads to. */
const struct key_version *segment_keys_version(const struct segment_keys *keys,
                                               const struct key_owner *owner);

/* The id of the record that a mention belongs to, and whether it claims the key. */
int64_t segment_keys_id_of(const struct segment_keys *keys, const struct key_mention *mention);
bool segment_keys_is_claim(const struct key_mention *mention);

#endif
