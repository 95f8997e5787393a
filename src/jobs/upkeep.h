/* The upkeep thread: checkpoints of long batches, and the end of retention.
 */
#ifndef ENRICHD_JOBS_UPKEEP_H
#define ENRICHD_JOBS_UPKEEP_H

#include "jobs/jobs_state.h"

enum err upkeep_start(struct jobs *jobs) MUST_USE;

/* Waits for its end, which comes with the stop flag. */
void upkeep_join(struct jobs *jobs);

/* Checkpoints every batch whose latest checkpoint is min_age_us ago. Failures are logged. */
void upkeep_checkpoint(struct jobs *jobs, int64_t min_age_us);

#endif
