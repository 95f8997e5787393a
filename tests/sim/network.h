/* The other side of the webhooks: receivers that answer, are slow, fail, or take an event and lose the
 * answer.
 *
 * Stands in place of hooks/transfer.h and of libcurl's multi interface, by the linker like threads.h. hooks.c
 * runs as it is. Receivers are elsewhere: what they have seen outlives crashes.
 */
#ifndef ENRICHD_TESTS_SIM_NETWORK_H
#define ENRICHD_TESTS_SIM_NETWORK_H

#include "base/str.h"
#include "crypto/uuid.h"

/* Whether receivers fail now and then. */
void network_trouble(bool has_trouble);

/* Attempts under way are cut off with the process that made them. */
void network_crash(void);

/* How often the event arrived for the batch, and whether another one did, too. */
struct network_seen {
    uint32_t count;
    bool has_other;
};
struct network_seen network_seen(struct uuid event, struct uuid batch_id);

/* Attempts so far, and those that failed. */
uint32_t network_attempt_count(void);
uint32_t network_failure_count(void);

#endif
