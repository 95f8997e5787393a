/* GET /batch: the account's batches, newest first, page by page. */
#ifndef ENRICHD_API_BATCH_LIST_H
#define ENRICHD_API_BATCH_LIST_H

#include "api/api.h"

enum api_progress batch_list_get(struct api_call *call);

#endif
