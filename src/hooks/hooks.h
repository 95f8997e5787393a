/* Webhooks: what is recorded when a batch becomes final (store/delivery.h) is brought to its URL.
 *
 *     hooks.c      the thread: what is due, attempts under way, what became of them
 *     transfer.c   one attempt, by libcurl; the only file that dials out
 *     signature.c  secrets and signatures
 *     schedule.c   when a failed delivery is tried again
 *     target.c     where a URL leads; ip_policy.c which addresses may be reached
 *
 * At least once: an attempt counts when its outcome is durable, and one that a crash or a stop cuts off is
 * made again, under the same webhook-id. Nothing waits for a slow receiver but what goes to the same one.
 */
#ifndef ENRICHD_HOOKS_HOOKS_H
#define ENRICHD_HOOKS_HOOKS_H

#include "hooks/schedule.h"
#include "hooks/signature.h"
#include "hooks/transfer.h"
#include "jobs/jobs.h"

struct hooks;

/* The body of every delivery: the batch as the contract shows it. */
struct hook_body {
    void (*add)(void *context, const struct batch *batch, struct buf *out);
    void *context;
};

struct hooks_settings {
    struct transfer_settings transfer;
    struct hook_schedule schedule;
    struct hook_secrets secrets;
    struct hook_body body;
    uint32_t attempts_max;         /* at the same time */
    uint32_t account_attempts_max; /* of one account */
    uint32_t host_attempts_max;    /* of one account, to one host and port */
    int64_t secret_overlap_us;     /* how long the secret before a change signs, too */
    int64_t stop_timeout_us;       /* how long a stop waits for attempts under way */
};

/* How an event is called outside: "msg_" and its id. */
#define WEBHOOK_ID_BYTES (4 + UUID_TEXT_BYTES)
struct webhook_id {
    char p[WEBHOOK_ID_BYTES];
};
struct webhook_id webhook_id(struct uuid event);
#define WEBHOOK_ID_STR(event) str_of((struct webhook_id[]){webhook_id(event)}[0].p, WEBHOOK_ID_BYTES)

/* Begins without its thread, so that jobs may wake it. What the settings point to and control outlive hooks.
 * ERR_NOMEM. */
enum err hooks_new(const struct hooks_settings *settings, struct control *control,
                   struct hooks **ret) MUST_USE;

/* Starts the thread. */
enum err hooks_start(struct hooks *hooks, struct jobs *jobs) MUST_USE;

/* Lets attempts under way end, for a while, and joins the thread. Before jobs_stop. Accepts one that was not
 * started, and NULL. */
void hooks_stop(struct hooks *hooks);
void hooks_free(struct hooks *hooks); /* accepts NULL; nobody uses it any more */

/* A delivery may be due: looks at once. Any thread. Accepts NULL. */
void hooks_wake(struct hooks *hooks);

#endif
