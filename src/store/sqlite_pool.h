/* A few connections for readers: each is lent to one thread at a time. */
#ifndef ENRICHD_STORE_SQLITE_POOL_H
#define ENRICHD_STORE_SQLITE_POOL_H

#include <pthread.h>

#include "store/sqlite.h"

#define SQLITE_POOL_CONNECTIONS 4

struct sqlite_pool {
    pthread_mutex_t lock;    /* guards free and free_count */
    pthread_cond_t returned; /* free_count has grown */
    struct sqlite connections[SQLITE_POOL_CONNECTIONS];
    struct sqlite *free[SQLITE_POOL_CONNECTIONS];
    size_t free_count;
    bool is_open; /* fixed while threads use it */
};

/* As sqlite_open, all of them. */
enum err sqlite_pool_open(const char *path_cstr, struct sqlite_pool *ret) MUST_USE;

/* Nothing may be lent. Accepts one that is closed. */
void sqlite_pool_close(struct sqlite_pool *pool);

struct sqlite_loan {
    struct sqlite_pool *pool;
    struct sqlite *db;
};

/* Waits until one is free. Returned at the end of the block:
 *
 *     SQLITE_LOAN_AUTO reader = sqlite_pool_lend(&pool);
 */
struct sqlite_loan sqlite_pool_lend(struct sqlite_pool *pool);
void sqlite_pool_return(struct sqlite_loan *loan);
#define SQLITE_LOAN_AUTO __attribute__((cleanup(sqlite_pool_return))) struct sqlite_loan

#endif
