/* The worker threads: each claims a run of identifiers, enriches it and commits the piece, over and over.
 * Where cores are short they leave them to the threads that clients wait for.
 *
 * A claim that fails goes back and is tried again after a pause, a few times; then its batch fails. A full
 * disk is waited out, however long it takes.
 */
#ifndef ENRICHD_JOBS_WORKER_H
#define ENRICHD_JOBS_WORKER_H

#include "jobs/jobs_state.h"

/* Starts jobs->settings.worker_count threads. On an error those that were started have ended. */
enum err workers_start(struct jobs *jobs) MUST_USE;

/* Waits until all have ended, which they do after control's stop and the stop flag. */
void workers_join(struct jobs *jobs);

#endif
