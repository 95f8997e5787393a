/* A table of keys under one lock. Keys come from the control store, so their number is the operator's; none
 * is ever taken out. */
#include "api/rate.h"

#include <pthread.h>

#include "base/hash.h"

#define WINDOW_US        ((int64_t)60 * 1000000)
#define SLOT_COUNT_FIRST ((size_t)64)

struct slot {
    bool is_used;
    char id[TOKEN_ID_BYTES];
    int64_t window;    /* number of the current minute */
    uint32_t current;  /* requests in it */
    uint32_t previous; /* requests in the one before */
};

struct rate {
    pthread_mutex_t lock; /* guards everything below */
    struct slot *slots;   /* open addressing; a power of two, at most half full */
    size_t slot_count, used_count;
};

enum err rate_new(struct rate **ret)
{
    struct rate *rate = calloc(1, sizeof *rate);
    struct slot *slots = calloc(SLOT_COUNT_FIRST, sizeof *slots);
    if (!rate || !slots) {
        free(rate);
        free(slots);
        return err_raise(ERR_NOMEM, "no memory for the rate table");
    }
    rate->slots = slots;
    rate->slot_count = SLOT_COUNT_FIRST;
    must(pthread_mutex_init(&rate->lock, NULL) == 0);
    *ret = rate;
    return OK;
}

void rate_free(struct rate *rate)
{
    if (!rate) return;
    pthread_mutex_destroy(&rate->lock);
    free(rate->slots);
    free(rate);
}

/* The slot of the key, or the free one where it belongs. */
static struct slot *find(struct slot *slots, size_t count, const char *id)
{
    size_t at = hash_bytes(hash_process_key(), str_of(id, TOKEN_ID_BYTES)) & (count - 1);
    while (slots[at].is_used && memcmp(slots[at].id, id, TOKEN_ID_BYTES) != 0) at = (at + 1) & (count - 1);
    return &slots[at];
}

static enum err grow(struct rate *rate)
{
    size_t count = rate->slot_count * 2;
    struct slot *slots = calloc(count, sizeof *slots);
    if (!slots) return err_raise(ERR_NOMEM, "no memory for the rate table");
    for (size_t i = 0; i < rate->slot_count; i++) {
        if (rate->slots[i].is_used) *find(slots, count, rate->slots[i].id) = rate->slots[i];
    }
    free(rate->slots);
    rate->slots = slots;
    rate->slot_count = count;
    return OK;
}

static enum err find_or_add(struct rate *rate, const char *id, struct slot **ret)
{
    struct slot *slot = find(rate->slots, rate->slot_count, id);
    if (!slot->is_used) {
        if (rate->used_count * 2 >= rate->slot_count) TRY(grow(rate));
        slot = find(rate->slots, rate->slot_count, id);
        *slot = (struct slot){.is_used = true};
        memcpy(slot->id, id, TOKEN_ID_BYTES);
        rate->used_count++;
    }
    *ret = slot;
    return OK;
}

static void roll(struct slot *slot, int64_t window)
{
    if (slot->window == window) return;
    slot->previous = slot->window == window - 1 ? slot->current : 0;
    slot->current = 0;
    slot->window = window;
}

static uint32_t seconds_up(int64_t us)
{
    return us <= 0 ? 1 : (uint32_t)((us + 999999) / 1000000);
}

/* Microseconds from now until the weighted sum leaves room for one request. */
static int64_t wait_us(const struct slot *slot, uint32_t limit, int64_t elapsed_us)
{
    int64_t free_at = WINDOW_US; /* after the start of the current minute */
    int64_t room = (int64_t)limit - 1 - slot->current;
    if (room >= 0 && slot->previous > 0) {
        free_at = WINDOW_US - WINDOW_US / slot->previous * room;
    } else if (room < 0) {
        free_at = WINDOW_US + WINDOW_US - WINDOW_US / slot->current * (int64_t)(limit - 1);
    }
    return free_at - elapsed_us;
}

static void judge(struct slot *slot, uint32_t limit, int64_t elapsed_us, struct rate_verdict *ret)
{
    int64_t weighted = (int64_t)slot->previous * (WINDOW_US - elapsed_us) / WINDOW_US;
    int64_t used = weighted + slot->current;
    *ret = (struct rate_verdict){.is_allowed = used < limit};
    if (ret->is_allowed) {
        slot->current++;
        ret->remaining = (uint32_t)(limit - used - 1);
    } else {
        ret->retry_after_s = seconds_up(wait_us(slot, limit, elapsed_us));
    }
    ret->reset_s = seconds_up(slot->current ? 2 * WINDOW_US - elapsed_us : WINDOW_US - elapsed_us);
}

enum err rate_take(struct rate *rate, const char id[TOKEN_ID_BYTES], uint32_t limit, int64_t now_us,
                   struct rate_verdict *ret)
{
    struct slot *slot;
    pthread_mutex_lock(&rate->lock);
    enum err e = find_or_add(rate, id, &slot);
    if (e == OK) {
        roll(slot, now_us / WINDOW_US);
        judge(slot, limit, now_us % WINDOW_US, ret);
    }
    pthread_mutex_unlock(&rate->lock);
    return e;
}
