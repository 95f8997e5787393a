/* A flag that ends waiting: threads pause on it and leave early when it is raised. */
#ifndef ENRICHD_JOBS_STOP_FLAG_H
#define ENRICHD_JOBS_STOP_FLAG_H

#include <pthread.h>

#include "base/str.h"

struct stop_flag {
    pthread_mutex_t lock; /* guards is_raised */
    pthread_cond_t raised;
    bool is_raised;
};

void stop_flag_init(struct stop_flag *flag);
void stop_flag_fini(struct stop_flag *flag); /* no thread may wait */
void stop_flag_raise(struct stop_flag *flag);

/* Waits for that long or until the flag is raised; whether it is. 0 only asks. */
bool stop_flag_wait(struct stop_flag *flag, int64_t us);

#endif
