/* A table of keys under one lock. Keys come from the control store, so their number is the operator's; none
 * is ever taken out. */
#include "api/rate.h"

#include <pthread.h>

#include "base/hash.h"

#define WINDOW_US        ((int64_t)60 * 1000000)
#define SLOT_COUNT_FIRST ((size_t)64)

/* Of a key and a class of requests. */
struct slot_key {
    char id[TOKEN_ID_BYTES];
    uint8_t window;
};

struct slot {
    bool is_used;
    struct slot_key key;
    int64_t minute;    /* number of the current one */
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

static bool is_same(const struct slot_key *a, const struct slot_key *b)
{
    return a->window == b->window && memcmp(a->id, b->id, TOKEN_ID_BYTES) == 0;
}

/* The slot of the key, or the free one where it belongs. */
static struct slot *find(struct slot *slots, size_t count, const struct slot_key *key)
{
    uint64_t hash = hash_bytes(hash_process_key(), str_of(key->id, TOKEN_ID_BYTES));
    size_t at = (hash + key->window) & (count - 1);
    while (slots[at].is_used && !is_same(&slots[at].key, key)) at = (at + 1) & (count - 1);
    return &slots[at];
}

static enum err grow(struct rate *rate)
{
    size_t count = rate->slot_count * 2;
    struct slot *slots = calloc(count, sizeof *slots);
    if (!slots) return err_raise(ERR_NOMEM, "no memory for the rate table");
    for (size_t i = 0; i < rate->slot_count; i++) {
        if (rate->slots[i].is_used) *find(slots, count, &rate->slots[i].key) = rate->slots[i];
    }
    free(rate->slots);
    rate->slots = slots;
    rate->slot_count = count;
    return OK;
}

static enum err add(struct rate *rate, const struct slot_key *key)
{
    if (find(rate->slots, rate->slot_count, key)->is_used) return OK;
    if (rate->used_count * 2 >= rate->slot_count) TRY(grow(rate));
    *find(rate->slots, rate->slot_count, key) = (struct slot){.is_used = true, .key = *key};
    rate->used_count++;
    return OK;
}

/* Afterwards nothing is added any more, so that the slots stay where they are. */
static enum err find_all(struct rate *rate, const char *id, const struct rate_limit *limits, size_t count,
                         struct slot **ret)
{
    struct slot_key keys[RATE_LIMITS_MAX];
    must(count >= 1 && count <= RATE_LIMITS_MAX);
    for (size_t i = 0; i < count; i++) {
        keys[i].window = limits[i].window;
        memcpy(keys[i].id, id, TOKEN_ID_BYTES);
        TRY(add(rate, &keys[i]));
    }
    for (size_t i = 0; i < count; i++) ret[i] = find(rate->slots, rate->slot_count, &keys[i]);
    return OK;
}

static void roll(struct slot *slot, int64_t minute)
{
    if (slot->minute == minute) return;
    slot->previous = slot->minute == minute - 1 ? slot->current : 0;
    slot->current = 0;
    slot->minute = minute;
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

/* What the slot says of one more request, as if it had been counted if it is allowed. */
static struct rate_verdict judge(const struct slot *slot, uint32_t limit, int64_t elapsed_us)
{
    int64_t weighted = (int64_t)slot->previous * (WINDOW_US - elapsed_us) / WINDOW_US;
    int64_t used = weighted + slot->current;
    struct rate_verdict verdict = {.is_allowed = used < limit, .limit = limit};
    if (verdict.is_allowed) {
        verdict.remaining = (uint32_t)(limit - used - 1);
    } else {
        verdict.retry_after_s = seconds_up(wait_us(slot, limit, elapsed_us));
    }
    bool has_current = verdict.is_allowed || slot->current;
    verdict.reset_s = seconds_up(has_current ? 2 * WINDOW_US - elapsed_us : WINDOW_US - elapsed_us);
    return verdict;
}

static bool is_tighter(const struct rate_verdict *a, const struct rate_verdict *b)
{
    if (a->is_allowed != b->is_allowed) return b->is_allowed;
    return a->is_allowed ? a->remaining < b->remaining : a->retry_after_s > b->retry_after_s;
}

static void judge_all(struct slot **slots, const struct rate_limit *limits, size_t count, int64_t now_us,
                      struct rate_verdict *ret)
{
    for (size_t i = 0; i < count; i++) {
        roll(slots[i], now_us / WINDOW_US);
        struct rate_verdict verdict = judge(slots[i], limits[i].per_minute, now_us % WINDOW_US);
        verdict.window = limits[i].window;
        if (i == 0 || is_tighter(&verdict, ret)) *ret = verdict;
    }
    for (size_t i = 0; i < count && ret->is_allowed; i++) slots[i]->current++;
}

enum err rate_take(struct rate *rate, const char id[TOKEN_ID_BYTES], const struct rate_limit *limits,
                   size_t count, int64_t now_us, struct rate_verdict *ret)
{
    struct slot *slots[RATE_LIMITS_MAX];
    pthread_mutex_lock(&rate->lock);
    enum err e = find_all(rate, id, limits, count, slots);
    if (e == OK) judge_all(slots, limits, count, now_us, ret);
    pthread_mutex_unlock(&rate->lock);
    return e;
}
