/* A ring of blocks and three counters that chase each other: received <= taken <= sent <= received + number
 * of blocks. A block's place in the ring is its number modulo the ring's size; who may touch it follows from
 * the counters. */
#include "intake/conveyor.h"

#include <pthread.h>
#include <signal.h>

#define BLOCKS_MAX (CONVEYOR_THREADS_MAX * 2 + 2)

struct conveyor {
    pthread_mutex_t lock;     /* guards the counters and flags below */
    pthread_cond_t sent_more; /* or is_closed */
    pthread_cond_t converted_more;
    uint64_t sent, taken, received;
    bool is_converted[BLOCKS_MAX];
    bool is_closed;

    struct block *blocks[BLOCKS_MAX];
    size_t block_count;
    pthread_t threads[CONVEYOR_THREADS_MAX];
    size_t thread_count;
};

static void lock(struct conveyor *conveyor)
{
    must(pthread_mutex_lock(&conveyor->lock) == 0);
}

static void unlock(struct conveyor *conveyor)
{
    must(pthread_mutex_unlock(&conveyor->lock) == 0);
}

static void *convert_blocks(void *argument)
{
    struct conveyor *conveyor = argument;
    sigset_t all;
    sigfillset(&all); /* signals are for the thread that may be waiting for input */
    must(pthread_sigmask(SIG_BLOCK, &all, NULL) == 0);
    lock(conveyor);
    for (;;) {
        while (!conveyor->is_closed && conveyor->taken == conveyor->sent)
            must(pthread_cond_wait(&conveyor->sent_more, &conveyor->lock) == 0);
        if (conveyor->is_closed) break;
        size_t place = conveyor->taken++ % conveyor->block_count;
        unlock(conveyor);
        block_convert(conveyor->blocks[place]);
        lock(conveyor);
        conveyor->is_converted[place] = true;
        must(pthread_cond_signal(&conveyor->converted_more) == 0);
    }
    unlock(conveyor);
    return NULL;
}

static enum err start(struct conveyor *conveyor, enum entity entity, size_t line_bytes_max, size_t threads)
{
    size_t blocks = threads * 2 + 2; /* each thread has one and a next one; one is read, one is stored */
    for (; conveyor->block_count < blocks; conveyor->block_count++)
        TRY(block_new(entity, line_bytes_max, &conveyor->blocks[conveyor->block_count]));
    for (; conveyor->thread_count < threads; conveyor->thread_count++) {
        pthread_t *thread = &conveyor->threads[conveyor->thread_count];
        if (pthread_create(thread, NULL, convert_blocks, conveyor) != 0)
            return err_raise(ERR_NOMEM, "cannot start a thread");
    }
    return OK;
}

enum err conveyor_new(enum entity entity, size_t line_bytes_max, size_t threads, struct conveyor **ret)
{
    struct conveyor *conveyor = calloc(1, sizeof *conveyor);
    if (!conveyor) return err_raise(ERR_NOMEM, "no memory for blocks of lines");
    must(pthread_mutex_init(&conveyor->lock, NULL) == 0);
    must(pthread_cond_init(&conveyor->sent_more, NULL) == 0);
    must(pthread_cond_init(&conveyor->converted_more, NULL) == 0);
    must(threads >= 1 && threads <= CONVEYOR_THREADS_MAX);
    enum err e = start(conveyor, entity, line_bytes_max, threads);
    if (e != OK) {
        conveyor_free(conveyor);
        return e;
    }
    *ret = conveyor;
    return OK;
}

void conveyor_free(struct conveyor *conveyor)
{
    if (!conveyor) return;
    lock(conveyor);
    conveyor->is_closed = true;
    must(pthread_cond_broadcast(&conveyor->sent_more) == 0);
    unlock(conveyor);
    for (size_t i = 0; i < conveyor->thread_count; i++) must(pthread_join(conveyor->threads[i], NULL) == 0);
    for (size_t i = 0; i < conveyor->block_count; i++) block_free(conveyor->blocks[i]);
    must(pthread_cond_destroy(&conveyor->sent_more) == 0);
    must(pthread_cond_destroy(&conveyor->converted_more) == 0);
    must(pthread_mutex_destroy(&conveyor->lock) == 0);
    free(conveyor);
}

/* `sent` and `received` are changed by the owner alone, who may therefore read them without the lock. */

struct block *conveyor_empty(struct conveyor *conveyor)
{
    if (conveyor->sent - conveyor->received == conveyor->block_count) return NULL;
    return conveyor->blocks[conveyor->sent % conveyor->block_count];
}

void conveyor_send(struct conveyor *conveyor)
{
    lock(conveyor);
    conveyor->is_converted[conveyor->sent % conveyor->block_count] = false;
    conveyor->sent++;
    must(pthread_cond_signal(&conveyor->sent_more) == 0);
    unlock(conveyor);
}

struct block *conveyor_receive(struct conveyor *conveyor)
{
    if (conveyor->received == conveyor->sent) return NULL;
    size_t place = conveyor->received % conveyor->block_count;
    lock(conveyor);
    while (!conveyor->is_converted[place])
        must(pthread_cond_wait(&conveyor->converted_more, &conveyor->lock) == 0);
    unlock(conveyor);
    return conveyor->blocks[place];
}

void conveyor_put_back(struct conveyor *conveyor)
{
    must(conveyor->received < conveyor->sent);
    conveyor->received++;
}
