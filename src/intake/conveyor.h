/* Blocks going round between one owner and the threads that convert them.
 *
 *     owner: conveyor_empty -> fill -> conveyor_send            threads: block_convert
 *     owner: conveyor_receive -> use -> conveyor_put_back
 *
 * Blocks come back in the order in which they were sent. There is a fixed number of them, so nothing piles
 * up. All functions are for the owner, one thread.
 */
#ifndef ENRICHD_INTAKE_CONVEYOR_H
#define ENRICHD_INTAKE_CONVEYOR_H

#include "intake/block.h"

#define CONVEYOR_THREADS_MAX 64

struct conveyor;

/* threads: 1..CONVEYOR_THREADS_MAX. They take no signals. ret: ended with conveyor_free. ERR_NOMEM. */
enum err conveyor_new(enum entity entity, size_t line_bytes_max, size_t threads,
                      struct conveyor **ret) MUST_USE;

/* Ends the threads and frees the blocks, whatever is under way. NULL is accepted. */
void conveyor_free(struct conveyor *conveyor);

/* The block to fill next, which stays the same until it is sent; NULL if all blocks are under way: receive
 * one first. */
struct block *conveyor_empty(struct conveyor *conveyor);

/* Hands the block of conveyor_empty over to be converted. */
void conveyor_send(struct conveyor *conveyor);

/* The oldest block that was sent, as soon as it is converted; NULL if none is under way. The owner's until
 * put back. */
struct block *conveyor_receive(struct conveyor *conveyor);
void conveyor_put_back(struct conveyor *conveyor);

#endif
