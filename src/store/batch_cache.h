/* Rows of batches that were read lately, in memory: who waits for a batch asks for it again and again.
 *
 * What an unfinished batch has come to is in active.h, not here: its row is good only while it is there. The
 * row of a final one changes only when it is erased, which drops it. Any thread.
 */
#ifndef ENRICHD_STORE_BATCH_CACHE_H
#define ENRICHD_STORE_BATCH_CACHE_H

#include <pthread.h>

#include "base/arena.h"
#include "store/batch.h"

struct batch_cache_entry;

struct batch_cache {
    pthread_mutex_t lock; /* guards what follows */
    struct batch_cache_entry *entries;
    uint64_t drops; /* so far */
};

enum err batch_cache_init(struct batch_cache *cache) MUST_USE;
void batch_cache_fini(struct batch_cache *cache); /* accepts a zeroed one */

/* The batch as it was kept, its texts in arena. ERR_NOT_FOUND: to be read; ret_drops is then for
 * batch_cache_put. ERR_NOMEM. */
enum err batch_cache_find(struct batch_cache *cache, struct uuid id, struct arena *arena, struct batch *ret,
                          uint64_t *ret_drops) MUST_USE;

/* Keeps a batch that was read after batch_cache_find, unless anything was dropped since. */
void batch_cache_put(struct batch_cache *cache, const struct batch *batch, uint64_t drops);

/* The row has changed. */
void batch_cache_drop(struct batch_cache *cache, struct uuid id);

#endif
