/* GET /batch/{batch_id}, at once or, with ?wait=N, once it is final. */
#ifndef ENRICHD_API_BATCH_STATUS_H
#define ENRICHD_API_BATCH_STATUS_H

#include "api/api.h"

enum api_progress batch_status_get(struct api_call *call);
void batch_status_start(struct api_call *call);
void batch_status_finish(struct api_call *call);

/* Reads the batch that the path names; the one 404 if its id is malformed, unknown or another account's. */
bool batch_of_path(struct api_call *call, struct batch *ret) MUST_USE;

/* Answers with the batch, its ETag (304 if the client has it) and fresh links. */
void batch_status_answer(struct api_call *call, const struct batch *batch);

#endif
