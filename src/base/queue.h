/* A bounded queue of pointers between threads.
 *
 * Full means refused: the caller answers 503, nothing piles up. Any number of threads on both sides.
 * Ownership of an item passes with it.
 */
#ifndef ENRICHD_BASE_QUEUE_H
#define ENRICHD_BASE_QUEUE_H

#include <pthread.h>

#include "base/str.h"

struct queue {
    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t changed;
    void **items; /* ring of `capacity` */
    size_t capacity, head, count;
    bool is_closed;
};

enum err queue_init(struct queue *queue, size_t capacity) MUST_USE;

/* No thread may be inside any queue function. Items that are left are forgotten, not freed. */
void queue_fini(struct queue *queue);

/* ERR_BUSY when full, ERR_CLOSED after queue_close. Never waits. */
enum err queue_put(struct queue *queue, void *item) MUST_USE;

/* Waits until there is something, then takes up to `max` items, in order. 0 only when the queue is closed and
 * empty. */
size_t queue_take(struct queue *queue, void **ret_items, size_t max);

/* Refuses further puts; takers get what is left, then 0. */
void queue_close(struct queue *queue);

#endif
