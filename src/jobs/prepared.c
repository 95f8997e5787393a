/* A short list in order of use. Loading happens outside of the lock; whoever wants the same batch waits. */
#include "jobs/prepared.h"

#include "jobs/plan.h"

/* Of one batch. Requests are bounded long before; this only keeps damaged data from taking everything. */
#define BATCH_BYTES_MAX ((size_t)2 << 30)

struct prepared_entry {
    struct prepared prepared; /* first: holders see only this */
    struct arena arena;       /* holds what it points to */
    uint32_t holders;
    bool is_ready;
    enum err failure; /* why it will not become ready */
};

enum err prepared_init(struct prepared_cache *cache, struct control *control, uint32_t kept_max,
                       uint32_t holders_max, size_t identifier_bytes_max)
{
    *cache = (struct prepared_cache){
        .control = control, .kept_max = kept_max, .identifier_bytes_max = identifier_bytes_max};
    cache->room = kept_max + holders_max;
    cache->entries = calloc(cache->room, sizeof(struct prepared_entry *));
    if (!cache->entries) return err_raise(ERR_NOMEM, "no memory for %u batches", cache->room);
    must(pthread_mutex_init(&cache->lock, NULL) == 0);
    must(pthread_cond_init(&cache->loaded, NULL) == 0);
    return OK;
}

static void entry_free(struct prepared_entry *entry)
{
    arena_fini(&entry->arena);
    free(entry);
}

void prepared_fini(struct prepared_cache *cache)
{
    if (!cache->entries) return;
    for (uint32_t i = 0; i < cache->count; i++) entry_free(cache->entries[i]);
    pthread_cond_destroy(&cache->loaded);
    pthread_mutex_destroy(&cache->lock);
    free(cache->entries);
    cache->entries = NULL;
}

/* ---- loading ---- */

static enum err load(const struct prepared_cache *cache, struct arena *arena, struct prepared *prepared)
{
    struct control *control = cache->control;
    struct batch batch;
    struct input *inputs;
    str encoded;
    TRY(control->ops->batch_get_any(control, prepared->batch_id, arena, &batch));
    TRY(control->ops->batch_inputs(control, prepared->batch_id, arena, &encoded));
    TRY(inputs_decode(encoded, arena, &inputs, &prepared->input_count));
    if (prepared->input_count != batch.identifier_count) {
        return err_raise(ERR_CORRUPT, "stored identifiers: %zu instead of %u", prepared->input_count,
                         batch.identifier_count);
    }
    prepared->inputs = inputs;
    prepared->request_id = request_id_of(&batch);
    prepared->spec.entity = batch.entity;
    prepared->spec.identifier_kind = batch.identifier_kind;
    prepared->spec.identifier_bytes_max = cache->identifier_bytes_max;
    return plan_compile(batch.entity, batch.fields, batch.families, arena, &prepared->spec.plan);
}

/* ---- the list; all under the lock ---- */

static uint32_t place_of(const struct prepared_cache *cache, struct uuid batch_id)
{
    uint32_t i = 0;
    while (i < cache->count && !uuid_eq(cache->entries[i]->prepared.batch_id, batch_id)) i++;
    return i;
}

static void remove_at(struct prepared_cache *cache, uint32_t place)
{
    cache->count--;
    memmove(&cache->entries[place], &cache->entries[place + 1],
            (cache->count - place) * sizeof(struct prepared_entry *));
}

static void insert_first(struct prepared_cache *cache, struct prepared_entry *entry)
{
    must(cache->count < cache->room);
    memmove(&cache->entries[1], &cache->entries[0], cache->count * sizeof(struct prepared_entry *));
    cache->entries[0] = entry;
    cache->count++;
}

/* Drops what nobody holds from the end of the list until no more than `max` are left. */
static void shrink(struct prepared_cache *cache, uint32_t max)
{
    for (uint32_t i = cache->count; i-- > 0 && cache->count > max;) {
        struct prepared_entry *entry = cache->entries[i];
        if (entry->holders) continue;
        remove_at(cache, i);
        entry_free(entry);
    }
}

static struct prepared_entry *find_and_hold(struct prepared_cache *cache, struct uuid batch_id)
{
    uint32_t place = place_of(cache, batch_id);
    if (place == cache->count) return NULL;
    struct prepared_entry *entry = cache->entries[place];
    remove_at(cache, place);
    insert_first(cache, entry);
    entry->holders++;
    return entry;
}

/* One holder less. One that failed goes with the last. */
static void let_go(struct prepared_cache *cache, struct prepared_entry *entry)
{
    must(entry->holders > 0);
    if (--entry->holders > 0) return;
    if (entry->failure != OK) {
        remove_at(cache, place_of(cache, entry->prepared.batch_id));
        entry_free(entry);
    } else {
        shrink(cache, cache->kept_max);
    }
}

/* A new entry that its holder has to load. Its holders are fewer than all, so there is room for it. */
static struct prepared_entry *add_entry(struct prepared_cache *cache, struct uuid batch_id)
{
    struct prepared_entry *entry = calloc(1, sizeof *entry);
    if (!entry) return NULL;
    arena_init(&entry->arena, BATCH_BYTES_MAX);
    entry->prepared.batch_id = batch_id;
    entry->holders = 1;
    insert_first(cache, entry);
    return entry;
}

static void load_unlocked(struct prepared_cache *cache, struct prepared_entry *entry)
{
    pthread_mutex_unlock(&cache->lock);
    enum err e = load(cache, &entry->arena, &entry->prepared);
    pthread_mutex_lock(&cache->lock);
    entry->failure = e;
    entry->is_ready = e == OK;
    pthread_cond_broadcast(&cache->loaded);
}

static enum err take_locked(struct prepared_cache *cache, struct uuid batch_id, const struct prepared **ret)
{
    struct prepared_entry *entry = find_and_hold(cache, batch_id);
    if (!entry) {
        entry = add_entry(cache, batch_id);
        if (!entry) return err_raise(ERR_NOMEM, "no memory for a batch");
        load_unlocked(cache, entry);
    }
    while (!entry->is_ready && entry->failure == OK) pthread_cond_wait(&cache->loaded, &cache->lock);
    enum err e = entry->failure;
    if (e == OK) {
        *ret = &entry->prepared;
    } else {
        let_go(cache, entry);
    }
    return e;
}

enum err prepared_take(struct prepared_cache *cache, struct uuid batch_id, const struct prepared **ret)
{
    pthread_mutex_lock(&cache->lock);
    enum err e = take_locked(cache, batch_id, ret);
    pthread_mutex_unlock(&cache->lock);
    return e;
}

void prepared_return(struct prepared_cache *cache, const struct prepared *prepared)
{
    pthread_mutex_lock(&cache->lock);
    let_go(cache, cache->entries[place_of(cache, prepared->batch_id)]);
    pthread_mutex_unlock(&cache->lock);
}

void prepared_forget(struct prepared_cache *cache, struct uuid batch_id)
{
    pthread_mutex_lock(&cache->lock);
    uint32_t place = place_of(cache, batch_id);
    if (place < cache->count && cache->entries[place]->holders == 0) {
        struct prepared_entry *entry = cache->entries[place];
        remove_at(cache, place);
        entry_free(entry);
    }
    pthread_mutex_unlock(&cache->lock);
}
