/* POST /batch/{entity}/enrich: from a body to a durable batch.
 */
#ifndef ENRICHD_API_BATCH_SUBMIT_H
#define ENRICHD_API_BATCH_SUBMIT_H

#include "api/api.h"

/* Checks the body; API_LATER when it describes a batch. */
enum api_progress batch_submit_person(struct api_call *call);
enum api_progress batch_submit_company(struct api_call *call);

/* Queues the batch, and answers when it is on disk. */
void batch_submit_start(struct api_call *call);
void batch_submit_finish(struct api_call *call);

#endif
