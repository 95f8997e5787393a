/* Group commit: one thread that takes every durable write that waits and lets control apply them together.
 *
 * Nobody waits for a disk of his own: while one group is being synced the next one gathers. Client writes
 * (submit, cancel, erase) are limited in number; the server's own (finish, checkpoint) always find room,
 * because each of its threads has at most one under way.
 */
#ifndef ENRICHD_JOBS_COMMIT_H
#define ENRICHD_JOBS_COMMIT_H

#include "base/queue.h"
#include "store/control.h"

struct commit {
    struct control *control;
    struct queue queue;
    pthread_t thread;
    pthread_mutex_t lock;  /* guards client_count */
    uint32_t client_count; /* client writes in the queue */
    uint32_t client_max;
};

/* own_max: threads that call commit_wait or commit_put_own. ERR_NOMEM; ERR_IO: no thread to be had. */
enum err commit_start(struct commit *commit, struct control *control, uint32_t client_max,
                      uint32_t own_max) MUST_USE;

/* Applies what is queued, then ends the thread. Nobody may be inside commit_wait. */
void commit_stop(struct commit *commit);

/* Queues a client's write. OK: write->done will be called, once, by the commit thread. ERR_BUSY, ERR_CLOSED:
 * it will not. Any thread. */
enum err commit_put(struct commit *commit, struct control_write *write) MUST_USE;

/* Queues a write of the server's own: each of the own_max threads has at most one under way. OK: write->done
 * will be called. ERR_CLOSED. */
enum err commit_put_own(struct commit *commit, struct control_write *write) MUST_USE;

/* Queues a write and waits for its result, which is returned; as commit_put, ERR_BUSY for kinds of clients.
 * write->done and context are overwritten. For finish, checkpoint and usage: any of the own_max threads. */
enum err commit_wait(struct commit *commit, struct control_write *write) MUST_USE;

/* The same for several, queued together; each has its result. */
void commit_wait_all(struct commit *commit, struct control_write *writes, size_t count);

#endif
