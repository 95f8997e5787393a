/* A number under a lock. */
#include "http/allowance.h"

void allowance_init(struct allowance *allowance, size_t bytes)
{
    must(pthread_mutex_init(&allowance->lock, NULL) == 0);
    allowance->free_bytes = bytes;
}

void allowance_fini(struct allowance *allowance)
{
    pthread_mutex_destroy(&allowance->lock);
}

bool allowance_take(struct allowance *allowance, size_t bytes)
{
    pthread_mutex_lock(&allowance->lock);
    bool is_enough = bytes <= allowance->free_bytes;
    if (is_enough) allowance->free_bytes -= bytes;
    pthread_mutex_unlock(&allowance->lock);
    return is_enough;
}

void allowance_give(struct allowance *allowance, size_t bytes)
{
    pthread_mutex_lock(&allowance->lock);
    allowance->free_bytes += bytes;
    pthread_mutex_unlock(&allowance->lock);
}
