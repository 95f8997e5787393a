/* Watches what becomes of claims, beside the store: nobody commits what somebody else has taken over, and no
 * result is stored twice. Each function aborts with a sentence when it sees otherwise.
 */
#ifndef ENRICHD_TESTS_SIM_SIM_WATCH_H
#define ENRICHD_TESTS_SIM_SIM_WATCH_H

#include "store/control.h"

struct sim_watch;

/* The batch's watch in the list, made when it is not there. */
struct sim_watch *sim_watch_of(struct sim_watch **list, struct uuid batch_id, uint32_t claim_count);

/* A claim is handed out; whether it was before. */
bool sim_watch_claimed(struct sim_watch *watch, const struct claim *claim);

/* Its result has been taken. */
void sim_watch_done(struct sim_watch *watch, const struct claim *claim);

/* A sync begins, which covers what is done by now; it is over; it failed: what no sync has covered is open
 * again. */
void sim_watch_sync_begin(struct sim_watch *watch);
void sim_watch_sync_end(struct sim_watch *watch);
void sim_watch_sync_failed(struct sim_watch *watch);

/* A server starts: what is in the list is done, the rest has not begun. */
void sim_watch_restart(struct sim_watch *watch, const uint32_t *numbers, uint32_t count);

#endif
