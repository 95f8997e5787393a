/* The scrub thread: takes who was suppressed out of the files of batches that were finished before.
 *
 * A batch knows up to which entry of the suppression list its results are good. A download of one that is
 * behind waits until it has been scrubbed here; the others follow in the background. The new pieces are
 * appended to the batch's file and named in one transaction with the new counts; then the old bytes are
 * overwritten, as soon as nobody reads them any more. A crash at any point leaves work that is found again.
 */
#ifndef ENRICHD_JOBS_SCRUB_H
#define ENRICHD_JOBS_SCRUB_H

#include "jobs/jobs_state.h"

/* Nothing happens if jobs have no suppression list. */
enum err scrub_start(struct jobs *jobs) MUST_USE;

/* Waits for the thread's end, which comes with the stop flag; requests that are left get ERR_CLOSED. */
void scrub_join(struct jobs *jobs);

#endif
