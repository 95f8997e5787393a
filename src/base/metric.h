/* Numbers that only grow, counted by any thread at the price of one atomic addition.
 *
 * Zeroed memory is a metric that has counted nothing. What they are called and how they are shown is
 * api/metrics.c's.
 */
#ifndef ENRICHD_BASE_METRIC_H
#define ENRICHD_BASE_METRIC_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct counter {
    atomic_uint_least64_t value;
};

static inline void counter_add(struct counter *counter, uint64_t n)
{
    atomic_fetch_add_explicit(&counter->value, n, memory_order_relaxed);
}

static inline uint64_t counter_get(const struct counter *counter)
{
    return atomic_load_explicit(&counter->value, memory_order_relaxed);
}

/* Durations: how many took no longer than each bound, and their sum. */
#define DURATION_BOUNDS 8
extern const int64_t duration_bounds_us[DURATION_BOUNDS]; /* ascending, 1 ms to 30 s */

struct durations {
    struct counter within[DURATION_BOUNDS + 1]; /* each duration in one place; the last is for the longest */
    struct counter sum_us;
};

void durations_add(struct durations *durations, int64_t us);

#endif
