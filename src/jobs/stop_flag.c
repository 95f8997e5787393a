/* A condition variable on the monotonic clock. */
#include "jobs/stop_flag.h"

#include <errno.h>

#include "base/os.h"

void stop_flag_init(struct stop_flag *flag)
{
    pthread_condattr_t monotonic;
    *flag = (struct stop_flag){0};
    must(pthread_mutex_init(&flag->lock, NULL) == 0);
    must(pthread_condattr_init(&monotonic) == 0);
    must(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    must(pthread_cond_init(&flag->raised, &monotonic) == 0);
    pthread_condattr_destroy(&monotonic);
}

void stop_flag_fini(struct stop_flag *flag)
{
    pthread_cond_destroy(&flag->raised);
    pthread_mutex_destroy(&flag->lock);
}

void stop_flag_raise(struct stop_flag *flag)
{
    pthread_mutex_lock(&flag->lock);
    flag->is_raised = true;
    pthread_cond_broadcast(&flag->raised);
    pthread_mutex_unlock(&flag->lock);
}

bool stop_flag_wait(struct stop_flag *flag, int64_t us)
{
    int64_t until_us = os_monotonic_us() + us;
    struct timespec until = {until_us / 1000000, until_us % 1000000 * 1000};
    int code = 0;
    pthread_mutex_lock(&flag->lock);
    while (us && !flag->is_raised && code != ETIMEDOUT) {
        code = pthread_cond_timedwait(&flag->raised, &flag->lock, &until);
    }
    bool is_raised = flag->is_raised;
    pthread_mutex_unlock(&flag->lock);
    return is_raised;
}
