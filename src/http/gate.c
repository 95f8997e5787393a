/* A counter under a lock. */
#include "http/gate.h"

void gate_init(struct gate *gate)
{
    *gate = (struct gate){0};
    must(pthread_mutex_init(&gate->lock, NULL) == 0);
    must(pthread_cond_init(&gate->empty, NULL) == 0);
}

void gate_fini(struct gate *gate)
{
    must(gate->inside == 0);
    pthread_cond_destroy(&gate->empty);
    pthread_mutex_destroy(&gate->lock);
}

bool gate_enter(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    bool is_open = !gate->is_closed;
    gate->inside += is_open;
    pthread_mutex_unlock(&gate->lock);
    return is_open;
}

void gate_leave(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    must(gate->inside > 0);
    gate->inside--;
    if (gate->inside == 0) pthread_cond_broadcast(&gate->empty);
    pthread_mutex_unlock(&gate->lock);
}

void gate_close(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->is_closed = true;
    while (gate->inside > 0) pthread_cond_wait(&gate->empty, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}
