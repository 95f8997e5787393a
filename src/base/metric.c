/* Places of durations. */
#include "base/metric.h"

const int64_t duration_bounds_us[DURATION_BOUNDS] = {1000,   5000,    20000,    100000,
                                                     500000, 2000000, 10000000, 30000000};

void durations_add(struct durations *durations, int64_t us)
{
    size_t place = 0;
    while (place < DURATION_BOUNDS && us > duration_bounds_us[place]) place++;
    counter_add(&durations->within[place], 1);
    counter_add(&durations->sum_us, us > 0 ? (uint64_t)us : 0);
}
