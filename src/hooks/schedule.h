/* When a delivery that failed is tried again. Pure code.
 */
#ifndef ENRICHD_HOOKS_SCHEDULE_H
#define ENRICHD_HOOKS_SCHEDULE_H

#include "base/str.h"

struct hook_schedule {
    const int64_t *delays_us; /* behind the first attempt, the second, ... */
    size_t delay_count;
    int64_t retry_after_max_us; /* a receiver that asks for more patience gets no more than this */
};

/* When the next attempt is due after so many (>= 1); false if none is left.
 *
 * Up to a tenth is added to the delay, by how large `random` is, so that deliveries which failed together do
 * not come back together. retry_after_us: what the receiver asked for, 0 if nothing; it only makes the wait
 * longer. */
bool hook_schedule_next(const struct hook_schedule *schedule, uint32_t tried, int64_t retry_after_us,
                        uint32_t random, int64_t now_us, int64_t *ret_us);

#endif
