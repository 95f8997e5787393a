/* GET /batch/{id}/deliveries: how a batch's webhook fared. POST /batch/{id}/redeliver: once more. */
#ifndef ENRICHD_API_DELIVERY_H
#define ENRICHD_API_DELIVERY_H

#include "api/api.h"

enum api_progress delivery_list(struct api_call *call);

/* Started by batch_change_start. */
enum api_progress delivery_again(struct api_call *call);
void delivery_again_finish(struct api_call *call);

#endif
