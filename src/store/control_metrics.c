/* The counters themselves. */
#include "store/control_metrics.h"

struct control_metrics control_metrics;

void control_metrics_ended(const struct batch *batch)
{
    enum batch_end end = batch->state == BATCH_COMPLETED         ? END_COMPLETED
                         : batch->error == BATCH_ERROR_CANCELLED ? END_CANCELLED
                                                                 : END_FAILED;
    counter_add(&control_metrics.ended[batch->entity][end], 1);
    for (int i = 0; i < OUTCOME_COUNT; i++) counter_add(&control_metrics.outcomes[i], batch->counts.of[i]);
}

void control_metrics_tried(const struct delivery_outcome *outcome)
{
    bool is_delivered = outcome->state == DELIVERY_DELIVERED;
    counter_add(is_delivered ? &control_metrics.webhooks_delivered : &control_metrics.webhooks_failed, 1);
    counter_add(&control_metrics.webhooks_given_up, outcome->state == DELIVERY_GIVEN_UP);
}
