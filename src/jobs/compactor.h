/* A thread of low priority that compacts the record stores now and then. */
#ifndef ENRICHD_JOBS_COMPACTOR_H
#define ENRICHD_JOBS_COMPACTOR_H

#include "store/records.h"

struct compactor;

/* Starts the thread. records: outlive it. period_us: from one round to the next, > 0. ERR_NOMEM, ERR_IO. */
enum err compactor_start(struct records *const records[ENTITY_COUNT], int64_t period_us,
                         struct compactor **ret) MUST_USE;

/* Breaks a merge off and waits for the thread. NULL is accepted. */
void compactor_stop(struct compactor *compactor);

#endif
