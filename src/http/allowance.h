/* A common cap on memory that many requests take at the same time. */
#ifndef ENRICHD_HTTP_ALLOWANCE_H
#define ENRICHD_HTTP_ALLOWANCE_H

#include <pthread.h>

#include "base/str.h"

struct allowance {
    pthread_mutex_t lock; /* guards what follows */
    size_t free_bytes;
};

void allowance_init(struct allowance *allowance, size_t bytes);
void allowance_fini(struct allowance *allowance);

/* False if there is not that much left: nothing was taken. Any thread, as allowance_give. */
bool allowance_take(struct allowance *allowance, size_t bytes);
void allowance_give(struct allowance *allowance, size_t bytes);

#endif
