/* The bounded queue: a ring under one mutex. */
#include "base/queue.h"

enum err queue_init(struct queue *queue, size_t capacity)
{
    must(capacity > 0);
    *queue = (struct queue){.capacity = capacity, .items = calloc(capacity, sizeof(void *))};
    if (!queue->items) return err_raise(ERR_NOMEM, "no memory for a queue of %zu", capacity);
    must(pthread_mutex_init(&queue->lock, NULL) == 0);
    must(pthread_cond_init(&queue->changed, NULL) == 0);
    return OK;
}

void queue_fini(struct queue *queue)
{
    if (!queue->items) return;
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
    free(queue->items);
    queue->items = NULL;
}

enum err queue_put(struct queue *queue, void *item)
{
    enum err e = OK;
    pthread_mutex_lock(&queue->lock);
    if (queue->is_closed) {
        e = ERR_CLOSED;
    } else if (queue->count == queue->capacity) {
        e = ERR_BUSY;
    } else {
        queue->items[(queue->head + queue->count++) % queue->capacity] = item;
        pthread_cond_signal(&queue->changed);
    }
    pthread_mutex_unlock(&queue->lock);
    return e;
}

size_t queue_take(struct queue *queue, void **ret_items, size_t max)
{
    size_t n = 0;
    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0 && !queue->is_closed) pthread_cond_wait(&queue->changed, &queue->lock);
    for (; n < max && queue->count; n++, queue->count--) {
        ret_items[n] = queue->items[queue->head];
        queue->head = (queue->head + 1) % queue->capacity;
    }
    pthread_mutex_unlock(&queue->lock);
    return n;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->is_closed = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}
