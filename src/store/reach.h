/* From identifiers to people: which records are a person's, and by which keys they can be found.
 *
 * A record is its person's if one of the identifiers leads to it or is claimed by it; then all keys that any
 * stored version of it has are the person's. A further record that claims one of these keys (an address that
 * changed hands, a record that the operator has twice) shares it and is told by its id alone. Names of
 * companies stand for nobody and are not followed.
 */
#ifndef ENRICHD_STORE_REACH_H
#define ENRICHD_STORE_REACH_H

#include "store/records.h"

/* Everything in the arena of reach_find. */
struct reach {
    struct key *keys; /* the identifiers and what was found, ordered, no two alike */
    size_t key_count;
    int64_t *ids; /* of the person's records, ascending */
    size_t id_count;
    int64_t *sharing_ids; /* of further records that share a key, likewise */
    size_t sharing_id_count;
};

/* Reads all records of the snapshot. ERR_NOMEM and those of records. */
enum err reach_find(struct records_snapshot *snapshot, const struct key *keys, size_t key_count,
                    struct arena *arena, struct reach *ret) MUST_USE;

bool reach_has_key(const struct reach *reach, struct key key);
bool reach_has_id(const struct reach *reach, int64_t id);

#endif
