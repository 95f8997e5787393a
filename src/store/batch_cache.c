/* One place for each hash: the latest of the batches that share it stays. */
#include "store/batch_cache.h"

#include "base/hash.h"

#define ENTRIES         ((size_t)1024)
#define ENTRY_BYTES_MAX ((size_t)64 << 10) /* a batch's texts; what has more is not kept */

struct batch_cache_entry {
    bool is_used;
    struct batch batch;
    struct arena texts; /* of the batch */
};

enum err batch_cache_init(struct batch_cache *cache)
{
    cache->entries = calloc(ENTRIES, sizeof *cache->entries);
    if (!cache->entries) return err_raise(ERR_NOMEM, "no memory to keep batches");
    for (size_t i = 0; i < ENTRIES; i++) arena_init(&cache->entries[i].texts, ENTRY_BYTES_MAX);
    must(pthread_mutex_init(&cache->lock, NULL) == 0);
    return OK;
}

void batch_cache_fini(struct batch_cache *cache)
{
    if (!cache->entries) return;
    for (size_t i = 0; i < ENTRIES; i++) arena_fini(&cache->entries[i].texts);
    pthread_mutex_destroy(&cache->lock);
    free(cache->entries);
    cache->entries = NULL;
}

static struct batch_cache_entry *place_of(struct batch_cache *cache, struct uuid id)
{
    uint64_t hash = hash_bytes(hash_process_key(), str_of(id.bytes, sizeof id.bytes));
    return &cache->entries[hash % ENTRIES];
}

static bool is_of(const struct batch_cache_entry *entry, struct uuid id)
{
    return entry->is_used && uuid_eq(entry->batch.id, id);
}

enum err batch_cache_find(struct batch_cache *cache, struct uuid id, struct arena *arena, struct batch *ret,
                          uint64_t *ret_drops)
{
    enum err e = ERR_NOT_FOUND;
    const struct batch_cache_entry *entry = place_of(cache, id);
    pthread_mutex_lock(&cache->lock);
    if (is_of(entry, id)) e = batch_copy(&entry->batch, arena, ret);
    *ret_drops = cache->drops;
    pthread_mutex_unlock(&cache->lock);
    return e;
}

void batch_cache_put(struct batch_cache *cache, const struct batch *batch, uint64_t drops)
{
    struct batch_cache_entry *entry = place_of(cache, batch->id);
    pthread_mutex_lock(&cache->lock);
    if (cache->drops == drops) {
        arena_reset(&entry->texts);
        entry->is_used = batch_copy(batch, &entry->texts, &entry->batch) == OK;
    }
    pthread_mutex_unlock(&cache->lock);
}

void batch_cache_drop(struct batch_cache *cache, struct uuid id)
{
    struct batch_cache_entry *entry = place_of(cache, id);
    pthread_mutex_lock(&cache->lock);
    if (is_of(entry, id)) entry->is_used = false;
    cache->drops++;
    pthread_mutex_unlock(&cache->lock);
}
