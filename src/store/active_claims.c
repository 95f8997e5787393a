/* Choosing the next claim, and what becomes of it. */
#include "store/active_claims.h"

#include "store/control_metrics.h"

/* The first slot that may be handed out; otherwise *earliest_us is brought forward to when one may. */
static bool find_slot(struct active_batch *batch, int64_t now_us, int64_t *earliest_us, uint32_t *ret_number)
{
    for (uint32_t i = batch->first_open; i < batch->claim_count; i++) {
        const struct active_slot *slot = &batch->slots[i];
        if (slot->is_done) continue;
        if (slot->free_us <= now_us) {
            *ret_number = i;
            return true;
        }
        if (slot->free_us < *earliest_us) *earliest_us = slot->free_us;
    }
    return false;
}

static void take_slot(struct active *active, struct active_batch *batch, uint32_t number, int64_t now_us,
                      struct claim *ret)
{
    struct active_slot *slot = &batch->slots[number];
    uint32_t first = number * batch->claim_identifiers;
    uint32_t left = batch->identifier_count - first;
    if (slot->is_leased) counter_add(&control_metrics.leases_expired, 1);
    slot->is_leased = true;
    slot->epoch++;
    slot->free_us = now_us + active->settings.lease_us;
    if (batch->state == BATCH_PENDING) {
        batch->state = BATCH_PROCESSING;
        batch->started_us = batch_step_us(os_now_us(), batch->created_us);
    }
    *ret = (struct claim){
        .batch_id = batch->id,
        .number = number,
        .first_identifier = first,
        .identifier_count = left < batch->claim_identifiers ? left : batch->claim_identifiers,
        .epoch = slot->epoch,
        .failures = slot->failures,
    };
}

/* The batch at the front goes to the end. */
static void turn(struct active *active, uint32_t place)
{
    struct active_batch *batch = active->served[place];
    uint32_t behind = active->served_count - place - 1;
    memmove(&active->served[place], &active->served[place + 1], behind * sizeof(struct active_batch *));
    active->served[active->served_count - 1] = batch;
}

static bool claim_next(struct active *active, int64_t *ret_earliest_us, struct claim *ret)
{
    int64_t now_us = os_monotonic_us();
    uint32_t number;
    *ret_earliest_us = INT64_MAX;
    for (uint32_t i = 0; i < active->served_count; i++) {
        struct active_batch *batch = active->served[i];
        if (!find_slot(batch, now_us, ret_earliest_us, &number)) continue;
        take_slot(active, batch, number, now_us, ret);
        turn(active, i);
        return true;
    }
    return false;
}

static void wait_until(struct active *active, int64_t until_us)
{
    if (until_us == INT64_MAX) {
        pthread_cond_wait(&active->changed, &active->lock);
        return;
    }
    struct timespec until = {until_us / 1000000, until_us % 1000000 * 1000};
    pthread_cond_timedwait(&active->changed, &active->lock, &until);
}

enum err active_claim(struct active *active, struct claim *ret)
{
    int64_t earliest_us;
    bool has_claim = false;
    pthread_mutex_lock(&active->lock);
    while (!active->is_stopped && !has_claim) {
        has_claim = claim_next(active, &earliest_us, ret);
        if (!has_claim) wait_until(active, earliest_us);
    }
    pthread_mutex_unlock(&active->lock);
    return has_claim ? OK : ERR_CLOSED;
}

/* The slot that the claim still owns; NULL if it is somebody else's, done, or its batch is final. */
static struct active_slot *own_slot(const struct active_batch *batch, const struct claim *claim)
{
    if (!batch || batch->is_closed) return NULL;
    struct active_slot *slot = &batch->slots[claim->number];
    return slot->epoch == claim->epoch && !slot->is_done ? slot : NULL;
}

void active_release(struct active *active, const struct claim *claim, int64_t pause_us)
{
    pthread_mutex_lock(&active->lock);
    struct active_slot *slot = own_slot(active_find_locked(active, claim->batch_id), claim);
    if (slot) {
        slot->epoch++;
        slot->is_leased = false;
        slot->free_us = os_monotonic_us() + pause_us;
        slot->failures = claim->failures;
        pthread_cond_broadcast(&active->changed);
    }
    pthread_mutex_unlock(&active->lock);
}

void active_stop(struct active *active)
{
    pthread_mutex_lock(&active->lock);
    active->is_stopped = true;
    pthread_cond_broadcast(&active->changed);
    pthread_mutex_unlock(&active->lock);
}

static enum err stale(const struct claim *claim)
{
    counter_add(&control_metrics.commits_stale, 1);
    return err_raise(ERR_STALE, "claim %u of %.*s belongs to somebody else", claim->number,
                     STR_ARG(UUID_STR(claim->batch_id)));
}

enum err active_write_begin(struct active *active, const struct claim *claim, size_t bytes,
                            struct active_write *ret)
{
    pthread_mutex_lock(&active->lock);
    struct active_batch *batch = active_find_locked(active, claim->batch_id);
    bool is_own = own_slot(batch, claim) != NULL;
    if (is_own) {
        *ret = (struct active_write){batch, batch->file_bytes, bytes, batch->sync_failures};
        batch->file_bytes += bytes;
        batch->references++;
    }
    pthread_mutex_unlock(&active->lock);
    return is_own ? OK : stale(claim);
}

static void finish_slot(struct active_batch *batch, uint32_t number, const struct piece_pair *pair)
{
    struct active_slot *slot = &batch->slots[number];
    slot->is_leased = false;
    slot->is_done = true;
    slot->done_at = ++batch->done_serial;
    batch->pairs[number] = *pair;
    batch->done_count++;
    batch_counts_add(&batch->counts, &pair->counts);
    while (batch->first_open < batch->claim_count && batch->slots[batch->first_open].is_done) {
        batch->first_open++;
    }
}

enum err active_write_end(struct active *active, const struct active_write *write, const struct claim *claim,
                          const struct piece_pair *pair, bool *ret_is_last)
{
    struct active_batch *batch = write->batch;
    pthread_mutex_lock(&active->lock);
    bool is_own = own_slot(batch, claim) != NULL;
    bool is_lost = batch->sync_failures != write->sync_failures;
    if (is_own && !is_lost) {
        finish_slot(batch, claim->number, pair);
        *ret_is_last = batch->done_count == batch->claim_count;
    }
    pthread_mutex_unlock(&active->lock);
    if (!is_own) return stale(claim);
    return is_lost ? err_raise(ERR_IO, "a sync failed while the piece was written") : OK;
}

void active_write_abort(struct active *active, const struct active_write *write)
{
    struct active_batch *batch = write->batch;
    pthread_mutex_lock(&active->lock);
    if (batch->file_bytes == write->offset + write->bytes) batch->file_bytes = write->offset;
    pthread_mutex_unlock(&active->lock);
}

bool active_sync_begin(struct active *active, const struct active_batch *batch, uint64_t *ret_serial)
{
    pthread_mutex_lock(&active->lock);
    *ret_serial = batch->done_serial;
    bool is_needed = batch->done_serial > batch->synced_serial;
    pthread_mutex_unlock(&active->lock);
    return is_needed;
}

/* Opens again what was done since the latest sync. */
static void lose_unsynced(struct active_batch *batch)
{
    batch->sync_failures++;
    batch->first_open = batch->claim_count;
    batch->done_count = 0;
    batch->counts = (struct batch_counts){0};
    for (uint32_t i = batch->claim_count; i-- > 0;) {
        struct active_slot *slot = &batch->slots[i];
        if (slot->is_done && slot->done_at > batch->synced_serial) {
            slot->is_done = false;
            slot->free_us = 0;
        }
        if (slot->is_done) {
            batch->done_count++;
            batch_counts_add(&batch->counts, &batch->pairs[i].counts);
        } else {
            batch->first_open = i;
        }
    }
}

void active_sync_end(struct active *active, struct active_batch *batch, uint64_t serial, bool is_synced)
{
    pthread_mutex_lock(&active->lock);
    if (is_synced) {
        batch->synced_serial = serial;
    } else {
        lose_unsynced(batch);
        pthread_cond_broadcast(&active->changed);
    }
    pthread_mutex_unlock(&active->lock);
}
