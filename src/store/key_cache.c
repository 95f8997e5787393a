/* One place for each hash: the latest of the keys that share it stays. */
#include "store/key_cache.h"

#include "base/hash.h"
#include "base/os.h"

#define ENTRIES         ((size_t)1024)
#define ENTRY_BYTES_MAX ((size_t)16 << 10) /* a key's texts */
#define AGE_US_MAX      ((int64_t)1000000)

struct key_cache_entry {
    uint64_t mark;
    int64_t read_us; /* monotonic; 0: empty */
    struct api_key key;
    struct arena texts; /* of the key */
};

enum err key_cache_init(struct key_cache *cache)
{
    cache->entries = calloc(ENTRIES, sizeof *cache->entries);
    if (!cache->entries) return err_raise(ERR_NOMEM, "no memory to keep API keys");
    for (size_t i = 0; i < ENTRIES; i++) arena_init(&cache->entries[i].texts, ENTRY_BYTES_MAX);
    must(pthread_mutex_init(&cache->lock, NULL) == 0);
    return OK;
}

void key_cache_fini(struct key_cache *cache)
{
    if (!cache->entries) return;
    for (size_t i = 0; i < ENTRIES; i++) arena_fini(&cache->entries[i].texts);
    pthread_mutex_destroy(&cache->lock);
    free(cache->entries);
    cache->entries = NULL;
}

/* Texts included; false if arena is exhausted. */
static bool copy(const struct api_key *from, struct arena *arena, struct api_key *ret)
{
    *ret = *from;
    ret->account_name = arena_copy(arena, from->account_name);
    ret->name = arena_copy(arena, from->name);
    ret->scopes = arena_copy(arena, from->scopes);
    ret->families = arena_copy(arena, from->families);
    ret->successor_id = arena_copy(arena, from->successor_id);
    return !arena->is_exhausted;
}

static struct key_cache_entry *place_of(struct key_cache *cache, const char *id)
{
    return &cache->entries[hash_bytes(hash_process_key(), str_of(id, TOKEN_ID_BYTES)) % ENTRIES];
}

static bool is_good(const struct key_cache_entry *entry, const char *id, uint64_t mark)
{
    return entry->read_us && entry->mark == mark && memcmp(entry->key.token.id, id, TOKEN_ID_BYTES) == 0 &&
           os_monotonic_us() - entry->read_us <= AGE_US_MAX;
}

enum err key_cache_find(struct key_cache *cache, const char id[TOKEN_ID_BYTES], uint64_t mark,
                        struct arena *arena, struct api_key *ret)
{
    enum err e = ERR_NOT_FOUND;
    const struct key_cache_entry *entry = place_of(cache, id);
    pthread_mutex_lock(&cache->lock);
    if (is_good(entry, id, mark)) e = copy(&entry->key, arena, ret) ? OK : ERR_NOMEM;
    pthread_mutex_unlock(&cache->lock);
    return e == ERR_NOMEM ? err_raise(e, "no memory for a key") : e;
}

void key_cache_put(struct key_cache *cache, const struct api_key *key, uint64_t mark)
{
    struct key_cache_entry *entry = place_of(cache, key->token.id);
    pthread_mutex_lock(&cache->lock);
    arena_reset(&entry->texts);
    entry->mark = mark;
    entry->read_us = copy(key, &entry->texts, &entry->key) ? os_monotonic_us() : 0;
    pthread_mutex_unlock(&cache->lock);
}
