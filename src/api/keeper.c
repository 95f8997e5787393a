/* A list of waiting calls, a table of counters, and the thread that looks after both. */
#include "api/keeper.h"

#include <pthread.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/os.h"

#define TICK_US      ((int64_t)1000000)
#define COUNTERS_MAX 4096 /* keys and endpoints in a second; beyond half of it the loss is logged */

struct keeper {
    struct jobs *jobs;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t changed;
    struct api_call *waiting; /* linked by call->wait */
    bool is_released;         /* nobody waits any more */
    bool is_stopping;
    struct usage counters[COUNTERS_MAX]; /* open addressing; requests + results > 0 marks a used one */
    size_t counter_count;
    uint64_t dropped;
};

/* ---- long-polls ---- */

static void unlink_call(struct keeper *keeper, struct api_call *call)
{
    struct api_wait *wait = &call->wait;
    if (wait->next) wait->next->wait.previous = wait->previous;
    if (wait->previous) {
        wait->previous->wait.next = wait->next;
    } else {
        keeper->waiting = wait->next;
    }
}

/* Takes out the calls that `is_due` names and resumes them once the lock is free. */
static void resume_some(struct keeper *keeper, bool (*is_due)(const struct api_wait *wait, const void *what),
                        const void *what)
{
    struct api_call *due = NULL;
    pthread_mutex_lock(&keeper->lock);
    for (struct api_call *call = keeper->waiting, *next; call; call = next) {
        next = call->wait.next;
        if (!is_due(&call->wait, what)) continue;
        unlink_call(keeper, call);
        call->wait.next = due;
        due = call;
    }
    pthread_mutex_unlock(&keeper->lock);
    for (struct api_call *next; due; due = next) {
        next = due->wait.next;
        due->resume(due);
    }
}

static bool is_over(const struct api_wait *wait, const void *now_us)
{
    return wait->until_us <= *(const int64_t *)now_us;
}

static bool is_for(const struct api_wait *wait, const void *batch_id)
{
    return uuid_eq(wait->batch_id, *(const struct uuid *)batch_id);
}

static bool is_any(const struct api_wait *wait, const void *what)
{
    (void)wait;
    (void)what;
    return true;
}

void keeper_wait(struct keeper *keeper, struct api_call *call, struct uuid batch_id, int64_t until_us)
{
    pthread_mutex_lock(&keeper->lock);
    bool must_resume = keeper->is_released;
    if (!must_resume) {
        call->wait = (struct api_wait){.batch_id = batch_id, .until_us = until_us, .next = keeper->waiting};
        if (keeper->waiting) keeper->waiting->wait.previous = call;
        keeper->waiting = call;
    }
    pthread_mutex_unlock(&keeper->lock);
    if (must_resume) call->resume(call);
}

void keeper_wake(struct keeper *keeper, struct uuid batch_id)
{
    resume_some(keeper, is_for, &batch_id);
}

void keeper_release(struct keeper *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    keeper->is_released = true;
    pthread_mutex_unlock(&keeper->lock);
    resume_some(keeper, is_any, NULL);
}

/* ---- counters ---- */

static bool is_used(const struct usage *counter)
{
    return counter->requests + counter->results > 0;
}

static bool is_same(const struct usage *a, const struct usage *b)
{
    return a->day == b->day && a->status_class == b->status_class && a->account_id == b->account_id &&
           memcmp(a->key_id, b->key_id, sizeof a->key_id) == 0 && str_eq(a->endpoint, b->endpoint);
}

static uint64_t hash_of(const struct usage *usage)
{
    uint64_t id;
    memcpy(&id, usage->key_id, sizeof id);
    return hash_u64(id ^ hash_u64((uint64_t)(uintptr_t)usage->endpoint.p + usage->status_class));
}

static void add_locked(struct keeper *keeper, const struct usage *usage)
{
    size_t at = hash_of(usage) % COUNTERS_MAX;
    while (is_used(&keeper->counters[at]) && !is_same(&keeper->counters[at], usage))
        at = (at + 1) % COUNTERS_MAX;
    struct usage *counter = &keeper->counters[at];
    if (is_used(counter)) {
        counter->requests += usage->requests;
        counter->results += usage->results;
    } else if (keeper->counter_count < COUNTERS_MAX / 2) {
        *counter = *usage;
        keeper->counter_count++;
    } else {
        keeper->dropped += usage->requests;
    }
}

void keeper_count(struct keeper *keeper, const struct api_key *key, str endpoint, unsigned status,
                  uint64_t results)
{
    struct usage usage = {
        .account_id = key->account_id,
        .day = os_now_us() / DAY_US,
        .endpoint = endpoint,
        .status_class = status / 100,
        .requests = 1,
        .results = results,
    };
    memcpy(usage.key_id, key->token.id, sizeof usage.key_id);
    pthread_mutex_lock(&keeper->lock);
    add_locked(keeper, &usage);
    pthread_mutex_unlock(&keeper->lock);
}

/* Takes the counters out; the caller frees the list. */
static struct usage *take_counters(struct keeper *keeper, size_t *ret_count, uint64_t *ret_dropped)
{
    struct usage *list = NULL;
    size_t count = 0;
    pthread_mutex_lock(&keeper->lock);
    if (keeper->counter_count) list = calloc(keeper->counter_count, sizeof *list);
    for (size_t i = 0; list && i < COUNTERS_MAX; i++) {
        if (is_used(&keeper->counters[i])) list[count++] = keeper->counters[i];
    }
    if (list) {
        memset(keeper->counters, 0, sizeof keeper->counters);
        keeper->counter_count = 0;
    }
    *ret_dropped = keeper->dropped;
    keeper->dropped = 0;
    pthread_mutex_unlock(&keeper->lock);
    *ret_count = count;
    return list;
}

/* What the store does not take now goes back, for the next time. */
static void carry_over(struct keeper *keeper)
{
    size_t count;
    uint64_t dropped;
    struct usage *list = take_counters(keeper, &count, &dropped);
    if (dropped) log_warn("usage counters were dropped", LOG_INT("requests", dropped));
    if (!list) return;
    enum err e = jobs_add_usage(keeper->jobs, list, count);
    if (e != OK) {
        log_warn("usage counters are not stored yet", LOG_CSTR("error", err_name(e)));
        pthread_mutex_lock(&keeper->lock);
        for (size_t i = 0; i < count; i++) add_locked(keeper, &list[i]);
        pthread_mutex_unlock(&keeper->lock);
    }
    free(list);
}

/* ---- the thread ---- */

/* Until the first deadline, a second at most; true when stopping. */
static bool pause_until_due(struct keeper *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    int64_t until_us = os_monotonic_us() + TICK_US;
    for (const struct api_call *call = keeper->waiting; call; call = call->wait.next) {
        if (call->wait.until_us < until_us) until_us = call->wait.until_us;
    }
    struct timespec until = {until_us / 1000000, until_us % 1000000 * 1000};
    if (!keeper->is_stopping) pthread_cond_timedwait(&keeper->changed, &keeper->lock, &until);
    bool is_stopping = keeper->is_stopping;
    pthread_mutex_unlock(&keeper->lock);
    return is_stopping;
}

static void *run(void *context)
{
    struct keeper *keeper = context;
    int64_t carry_at_us = 0;
    bool is_stopping;
    os_name_thread("keeper");
    do {
        is_stopping = pause_until_due(keeper);
        int64_t now_us = os_monotonic_us();
        resume_some(keeper, is_over, &now_us);
        if (is_stopping || now_us >= carry_at_us) {
            carry_over(keeper);
            carry_at_us = now_us + TICK_US;
        }
    } while (!is_stopping);
    return NULL;
}

enum err keeper_new(struct keeper **ret)
{
    struct keeper *keeper = calloc(1, sizeof *keeper);
    pthread_condattr_t monotonic;
    if (!keeper) return err_raise(ERR_NOMEM, "no memory for usage counters");
    must(pthread_condattr_init(&monotonic) == 0);
    must(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    must(pthread_cond_init(&keeper->changed, &monotonic) == 0);
    must(pthread_condattr_destroy(&monotonic) == 0);
    must(pthread_mutex_init(&keeper->lock, NULL) == 0);
    *ret = keeper;
    return OK;
}

enum err keeper_start(struct keeper *keeper, struct jobs *jobs)
{
    keeper->jobs = jobs;
    if (pthread_create(&keeper->thread, NULL, run, keeper) != 0)
        return err_raise(ERR_IO, "cannot start a thread");
    keeper->has_thread = true;
    return OK;
}

void keeper_stop(struct keeper *keeper)
{
    if (!keeper || !keeper->has_thread) return;
    keeper_release(keeper);
    pthread_mutex_lock(&keeper->lock);
    keeper->is_stopping = true;
    pthread_cond_signal(&keeper->changed);
    pthread_mutex_unlock(&keeper->lock);
    must(pthread_join(keeper->thread, NULL) == 0);
    keeper->has_thread = false;
}

void keeper_free(struct keeper *keeper)
{
    if (!keeper) return;
    pthread_cond_destroy(&keeper->changed);
    pthread_mutex_destroy(&keeper->lock);
    free(keeper);
}
