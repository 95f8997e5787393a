/* A thread that waits until another one has answered it. */
#ifndef ENRICHD_TESTS_WAITER_H
#define ENRICHD_TESTS_WAITER_H

#include <pthread.h>
#include <stdbool.h>

struct waiter {
    pthread_mutex_t lock; /* guards is_done */
    pthread_cond_t changed;
    bool is_done;
};

#define WAITER_INIT                                                                                          \
    {                                                                                                        \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false                                           \
    }

static inline void waiter_wake(struct waiter *waiter)
{
    pthread_mutex_lock(&waiter->lock);
    waiter->is_done = true;
    pthread_cond_signal(&waiter->changed);
    pthread_mutex_unlock(&waiter->lock);
}

static inline void waiter_wait(struct waiter *waiter)
{
    pthread_mutex_lock(&waiter->lock);
    while (!waiter->is_done) pthread_cond_wait(&waiter->changed, &waiter->lock);
    pthread_mutex_unlock(&waiter->lock);
}

#endif
