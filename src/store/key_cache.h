/* API keys that were looked up lately, in memory: every request needs one, and they hardly ever change.
 *
 * A key that any process creates or changes is seen at once: an entry is good only while the change mark is
 * the one from before it was read, and for a second at most, so that a change by hand is not missed either.
 * Any thread.
 */
#ifndef ENRICHD_STORE_KEY_CACHE_H
#define ENRICHD_STORE_KEY_CACHE_H

#include <pthread.h>

#include "store/control.h"

struct key_cache_entry;

struct key_cache {
    pthread_mutex_t lock; /* guards the entries */
    struct key_cache_entry *entries;
};

enum err key_cache_init(struct key_cache *cache) MUST_USE;
void key_cache_fini(struct key_cache *cache); /* accepts a zeroed one */

/* The key as it was stored under this mark, its texts in arena. ERR_NOT_FOUND: to be read from the store.
 * ERR_NOMEM. */
enum err key_cache_find(struct key_cache *cache, const char id[TOKEN_ID_BYTES], uint64_t mark,
                        struct arena *arena, struct api_key *ret) MUST_USE;

/* Keeps a key that was read after the mark. */
void key_cache_put(struct key_cache *cache, const struct api_key *key, uint64_t mark);

#endif
