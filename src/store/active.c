/* The table: a hash of chains to find a batch by its id, the ones that take turns, and the ones that wait. */
#include "store/active.h"

#include "base/hash.h"

enum err active_init(struct active *active, const struct active_settings *settings)
{
    pthread_condattr_t monotonic;
    must(settings->served_max > 0);
    *active = (struct active){.settings = *settings};
    active->served = calloc(settings->served_max, sizeof(struct active_batch *));
    if (!active->served) return err_raise(ERR_NOMEM, "no memory for %u batches", settings->served_max);
    active->waiting_end = &active->waiting;
    must(pthread_mutex_init(&active->lock, NULL) == 0);
    must(pthread_condattr_init(&monotonic) == 0);
    must(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    must(pthread_cond_init(&active->changed, &monotonic) == 0);
    pthread_condattr_destroy(&monotonic);
    return OK;
}

static void batch_free(struct active_batch *batch)
{
    os_close(&batch->file);
    pthread_mutex_destroy(&batch->file_lock);
    free(batch->slots);
    free(batch->pairs);
    free(batch);
}

void active_fini(struct active *active)
{
    if (!active->served) return;
    for (size_t i = 0; i < ACTIVE_BUCKETS; i++) {
        while (active->buckets[i]) {
            struct active_batch *batch = active->buckets[i];
            active->buckets[i] = batch->next_in_bucket;
            must(batch->references == 1);
            batch_free(batch);
        }
    }
    pthread_cond_destroy(&active->changed);
    pthread_mutex_destroy(&active->lock);
    free(active->served);
    active->served = NULL;
}

enum err active_batch_new(const struct batch *batch, struct active_batch **ret)
{
    uint32_t claim_count = batch_claim_count(batch);
    struct active_batch *new = malloc(sizeof *new);
    struct active_slot *slots = calloc(claim_count, sizeof *slots);
    struct piece_pair *pairs = calloc(claim_count, sizeof *pairs);
    if (!new || !slots || !pairs) {
        free(new);
        free(slots);
        free(pairs);
        return err_raise(ERR_NOMEM, "no memory for a batch of %u claims", claim_count);
    }
    *new = (struct active_batch){
        .id = batch->id,
        .account_id = batch->account_id,
        .identifier_count = batch->identifier_count,
        .claim_identifiers = batch->claim_identifiers,
        .claim_count = claim_count,
        .state = batch->state,
        .created_us = batch->created_us,
        .started_us = batch->started_us,
        .slots = slots,
        .pairs = pairs,
        .saved_us = os_monotonic_us(),
        .references = 1,
        .file = OS_FILE_NONE,
    };
    must(pthread_mutex_init(&new->file_lock, NULL) == 0);
    *ret = new;
    return OK;
}

void active_batch_restore(struct active_batch *batch, const struct piece_list *list, uint64_t file_bytes)
{
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t number = list->numbers[i];
        batch->slots[number].is_done = true;
        batch->pairs[number] = list->pairs[i];
    }
    batch->done_count = list->count;
    batch->first_open = piece_list_prefix(list);
    batch->counts = piece_list_counts(list, list->count);
    batch->file_bytes = file_bytes;
}

static struct active_batch **bucket_of(struct active *active, struct uuid id)
{
    return &active
                ->buckets[hash_bytes(hash_process_key(), str_of(id.bytes, sizeof id.bytes)) % ACTIVE_BUCKETS];
}

void active_add(struct active *active, struct active_batch *batch)
{
    struct active_batch **bucket = bucket_of(active, batch->id);
    pthread_mutex_lock(&active->lock);
    batch->next_in_bucket = *bucket;
    *bucket = batch;
    if (active->served_count < active->settings.served_max) {
        active->served[active->served_count++] = batch;
    } else {
        *active->waiting_end = batch;
        active->waiting_end = &batch->next_waiting;
    }
    pthread_cond_broadcast(&active->changed);
    pthread_mutex_unlock(&active->lock);
}

struct active_batch *active_find_locked(struct active *active, struct uuid id)
{
    struct active_batch *batch = *bucket_of(active, id);
    while (batch && !uuid_eq(batch->id, id)) batch = batch->next_in_bucket;
    return batch;
}

struct active_batch *active_find(struct active *active, struct uuid id)
{
    pthread_mutex_lock(&active->lock);
    struct active_batch *batch = active_find_locked(active, id);
    if (batch) batch->references++;
    pthread_mutex_unlock(&active->lock);
    return batch;
}

void active_unref(struct active *active, struct active_batch *batch)
{
    if (!batch) return;
    pthread_mutex_lock(&active->lock);
    bool is_last = --batch->references == 0;
    pthread_mutex_unlock(&active->lock);
    if (is_last) batch_free(batch);
}

static void unlink_from_bucket(struct active *active, struct active_batch *batch)
{
    struct active_batch **link = bucket_of(active, batch->id);
    while (*link != batch) link = &(*link)->next_in_bucket;
    *link = batch->next_in_bucket;
}

static bool unlink_from_served(struct active *active, const struct active_batch *batch)
{
    for (uint32_t i = 0; i < active->served_count; i++) {
        if (active->served[i] != batch) continue;
        active->served_count--;
        memmove(&active->served[i], &active->served[i + 1],
                (active->served_count - i) * sizeof(struct active_batch *));
        return true;
    }
    return false;
}

static void unlink_from_waiting(struct active *active, const struct active_batch *batch)
{
    struct active_batch **link = &active->waiting;
    while (*link != batch) link = &(*link)->next_waiting;
    *link = batch->next_waiting;
    if (!*link) active->waiting_end = link;
}

/* The oldest waiting batch takes the free place. */
static void promote(struct active *active)
{
    struct active_batch *batch = active->waiting;
    if (!batch) return;
    unlink_from_waiting(active, batch);
    active->served[active->served_count++] = batch;
    pthread_cond_broadcast(&active->changed);
}

void active_remove(struct active *active, struct uuid id)
{
    pthread_mutex_lock(&active->lock);
    struct active_batch *batch = active_find_locked(active, id);
    if (batch) {
        batch->is_closed = true;
        unlink_from_bucket(active, batch);
        if (unlink_from_served(active, batch)) {
            promote(active);
        } else {
            unlink_from_waiting(active, batch);
        }
    }
    pthread_mutex_unlock(&active->lock);
    active_unref(active, batch);
}

bool active_is_closed(struct active *active, const struct active_batch *batch)
{
    pthread_mutex_lock(&active->lock);
    bool is_closed = batch->is_closed;
    pthread_mutex_unlock(&active->lock);
    return is_closed;
}

bool active_progress(struct active *active, struct batch *batch)
{
    pthread_mutex_lock(&active->lock);
    const struct active_batch *found = active_find_locked(active, batch->id);
    if (found) {
        batch->state = found->state;
        batch->started_us = found->started_us;
        batch->counts = found->counts;
    }
    pthread_mutex_unlock(&active->lock);
    return found != NULL;
}

static void copy_synced(const struct active_batch *batch, struct piece_list *list)
{
    list->count = 0;
    for (uint32_t i = 0; i < batch->claim_count; i++) {
        if (!batch->slots[i].is_done || batch->slots[i].done_at > batch->synced_serial) continue;
        list->numbers[list->count] = i;
        list->pairs[list->count++] = batch->pairs[i];
    }
}

static void copy_prefix(const struct active_batch *batch, struct piece_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        list->numbers[i] = i;
        list->pairs[i] = batch->pairs[i];
    }
}

enum err active_snapshot(struct active *active, const struct active_batch *batch, enum active_pieces which,
                         struct arena *arena, struct active_snapshot *ret)
{
    struct active_snapshot copy;
    pthread_mutex_lock(&active->lock);
    bool is_prefix = which == ACTIVE_PIECES_PREFIX;
    enum err e = piece_list_init(&copy.list, is_prefix ? batch->first_open : batch->done_count, arena);
    if (e == OK) {
        copy.state = batch->state;
        copy.started_us = batch->started_us;
        copy.serial = batch->synced_serial;
        if (is_prefix) {
            copy_prefix(batch, &copy.list);
        } else {
            copy_synced(batch, &copy.list);
        }
        copy.is_complete = copy.list.count == batch->claim_count;
        *ret = copy;
    }
    pthread_mutex_unlock(&active->lock);
    return e;
}

void active_saved(struct active *active, struct active_batch *batch, uint64_t serial)
{
    pthread_mutex_lock(&active->lock);
    if (serial > batch->saved_serial) batch->saved_serial = serial;
    batch->saved_us = os_monotonic_us();
    pthread_mutex_unlock(&active->lock);
}

size_t active_unsaved(struct active *active, int64_t min_age_us, struct uuid *ret, size_t max)
{
    size_t count = 0;
    pthread_mutex_lock(&active->lock);
    int64_t limit_us = os_monotonic_us() - min_age_us;
    for (uint32_t i = 0; i < active->served_count && count < max; i++) {
        const struct active_batch *batch = active->served[i];
        bool is_due = batch->done_serial > batch->saved_serial && batch->saved_us <= limit_us;
        if (is_due && batch->done_count < batch->claim_count) ret[count++] = batch->id;
    }
    pthread_mutex_unlock(&active->lock);
    return count;
}

void active_load(struct active *active, struct active_load *ret)
{
    *ret = (struct active_load){0};
    pthread_mutex_lock(&active->lock);
    for (size_t i = 0; i < ACTIVE_BUCKETS; i++) {
        for (const struct active_batch *batch = active->buckets[i]; batch; batch = batch->next_in_bucket) {
            bool is_pending = batch->state == BATCH_PENDING;
            *(is_pending ? &ret->pending : &ret->processing) += 1;
            bool is_older = !ret->oldest_us || batch->created_us < ret->oldest_us;
            if (is_pending && is_older) ret->oldest_us = batch->created_us;
        }
    }
    pthread_mutex_unlock(&active->lock);
}
