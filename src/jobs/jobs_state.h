/* What the threads of jobs share. Private to jobs/.
 *
 *     jobs.c      start, stop, submission
 *     commit.c    the commit thread
 *     worker.c    the workers: claim, enrich, commit the piece, finish the batch
 *     scrub.c     the scrub thread: suppressed persons out of finished results
 *     upkeep.c    the upkeep thread: checkpoints, retention
 */
#ifndef ENRICHD_JOBS_JOBS_STATE_H
#define ENRICHD_JOBS_JOBS_STATE_H

#include "jobs/commit.h"
#include "jobs/jobs.h"
#include "jobs/prepared.h"
#include "jobs/stop_flag.h"

struct worker;
struct scrub;

struct jobs {
    struct jobs_settings settings;
    struct control *control;
    struct records *records[ENTITY_COUNT];
    struct stop_flag stop;
    struct commit commit;
    struct prepared_cache prepared;
    struct worker *workers; /* settings.worker_count */
    pthread_t upkeep;
    struct scrub *scrub; /* NULL without a suppression list */

    pthread_mutex_t notes_lock; /* guards the notes below */
    bool is_disk_full;          /* work waits for room; logged when it begins and when it ends */
    bool is_stale;              /* the record store serves an older content than there is; likewise */
};

#endif
