/* A stack of free connections. */
#include "store/sqlite_pool.h"

static enum err open_all(const char *path, struct sqlite_pool *pool)
{
    for (; pool->free_count < SQLITE_POOL_CONNECTIONS; pool->free_count++) {
        struct sqlite *db = &pool->connections[pool->free_count];
        TRY(sqlite_open(path, db));
        pool->free[pool->free_count] = db;
    }
    return OK;
}

enum err sqlite_pool_open(const char *path_cstr, struct sqlite_pool *ret)
{
    *ret = (struct sqlite_pool){0};
    must(pthread_mutex_init(&ret->lock, NULL) == 0);
    must(pthread_cond_init(&ret->returned, NULL) == 0);
    ret->is_open = true;
    enum err e = open_all(path_cstr, ret);
    if (e != OK) sqlite_pool_close(ret);
    return e;
}

void sqlite_pool_close(struct sqlite_pool *pool)
{
    if (!pool->is_open) return;
    for (size_t i = 0; i < pool->free_count; i++) sqlite_close(pool->free[i]);
    pthread_cond_destroy(&pool->returned);
    pthread_mutex_destroy(&pool->lock);
    pool->is_open = false;
}

struct sqlite_loan sqlite_pool_lend(struct sqlite_pool *pool)
{
    struct sqlite_loan loan = {pool, NULL};
    pthread_mutex_lock(&pool->lock);
    while (pool->free_count == 0) pthread_cond_wait(&pool->returned, &pool->lock);
    loan.db = pool->free[--pool->free_count];
    pthread_mutex_unlock(&pool->lock);
    return loan;
}

void sqlite_pool_return(struct sqlite_loan *loan)
{
    pthread_mutex_lock(&loan->pool->lock);
    loan->pool->free[loan->pool->free_count++] = loan->db;
    pthread_cond_signal(&loan->pool->returned);
    pthread_mutex_unlock(&loan->pool->lock);
}
