/* What the store of control data counts, in every backend: of the process, shown by GET /metrics.
 */
#ifndef ENRICHD_STORE_CONTROL_METRICS_H
#define ENRICHD_STORE_CONTROL_METRICS_H

#include "base/metric.h"
#include "store/batch.h"
#include "store/delivery.h"

enum batch_end { END_COMPLETED, END_FAILED, END_CANCELLED };
#define BATCH_END_COUNT 3

extern struct control_metrics {
    struct counter submitted[ENTITY_COUNT];
    struct counter ended[ENTITY_COUNT][BATCH_END_COUNT];
    struct counter outcomes[OUTCOME_COUNT];             /* identifiers of batches that have ended */
    struct counter webhooks_delivered, webhooks_failed; /* attempts */
    struct counter webhooks_given_up;                   /* deliveries */
    struct counter leases_expired; /* claims that somebody else was given because their lease was over */
    struct counter commits_stale;  /* results that came too late for that */
    struct durations transactions;
    struct counter transactions_failed;
} control_metrics;

/* The attempt is recorded. */
void control_metrics_tried(const struct delivery_outcome *outcome);

/* The batch has become final, and that is durable. */
void control_metrics_ended(const struct batch *batch);

#endif
