/* The thread of api/: it ends long-polls and carries usage counters to the store.
 *
 * A long-poll is a suspended call in a list, no thread waits for it. Counters are collected in memory and
 * added to the store's sums once a second: a crash loses the last second of them.
 */
#ifndef ENRICHD_API_KEEPER_H
#define ENRICHD_API_KEEPER_H

#include "api/api.h"

struct keeper;

/* Starts without its thread, so that jobs may be told of it before they run. */
enum err keeper_new(struct keeper **ret) MUST_USE;

/* Starts the thread. jobs outlive it. */
enum err keeper_start(struct keeper *keeper, struct jobs *jobs) MUST_USE;

/* Resumes all calls that wait, carries over the last counters, joins the thread. Later calls do not wait any
 * more. Accepts one that was not started, and NULL. */
void keeper_stop(struct keeper *keeper);
void keeper_free(struct keeper *keeper); /* accepts NULL; stopped, nobody uses it any more */

/* Makes the call wait until the batch becomes final or the time (monotonic) is over; then call->resume is
 * called, perhaps before this returns. The caller looks at the batch again after this, because it may just
 * have become final, and wakes the waiters if so. */
void keeper_wait(struct keeper *keeper, struct api_call *call, struct uuid batch_id, int64_t until_us);

/* The batch is final: resumes who waits for it. Any thread. */
void keeper_wake(struct keeper *keeper, struct uuid batch_id);

/* Resumes everybody; from now on nobody waits. For the beginning of a drain. */
void keeper_release(struct keeper *keeper);

/* Counts one answered request of a key. endpoint: static. Any thread. */
void keeper_count(struct keeper *keeper, const struct api_key *key, str endpoint, unsigned status,
                  uint64_t results);

#endif
