/* The hash under which a segment's index files a key.
 *
 * SipHash-1-3 with the store's secret, so that nobody who chooses identifiers can make them collide. What is
 * hashed: one byte for the kind, then the text; for KEY_ID the id as 8 bytes, little-endian.
 */
#ifndef ENRICHD_STORE_KEY_HASH_H
#define ENRICHD_STORE_KEY_HASH_H

#include "base/hash.h"
#include "entity/identifier.h"

/* A KEY_ID whose text is no id hashes like id 0, which no record has. */
uint64_t key_hash(struct hash_key secret, struct key key);
uint64_t key_hash_id(struct hash_key secret, int64_t id);

/* A second hash, independent of the first: two keys that agree in both are taken for equal where their texts
 * are not at hand. */
uint64_t key_hash_second(struct hash_key secret, struct key key);

#endif
