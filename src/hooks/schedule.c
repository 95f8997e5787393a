/* The list of delays, stretched. */
#include "hooks/schedule.h"

bool hook_schedule_next(const struct hook_schedule *schedule, uint32_t tried, int64_t retry_after_us,
                        uint32_t random, int64_t now_us, int64_t *ret_us)
{
    must(tried >= 1);
    if (tried > schedule->delay_count) return false;
    int64_t wait_us = schedule->delays_us[tried - 1];
    wait_us += wait_us / 10 / 1000 * (random % 1001);
    if (retry_after_us > schedule->retry_after_max_us) retry_after_us = schedule->retry_after_max_us;
    *ret_us = now_us + (wait_us > retry_after_us ? wait_us : retry_after_us);
    return true;
}
