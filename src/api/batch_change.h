/* POST /batch/{id}/cancel and /batch/{id}/revoke-links, DELETE /batch/{id}: all go through the commit thread.
 */
#ifndef ENRICHD_API_BATCH_CHANGE_H
#define ENRICHD_API_BATCH_CHANGE_H

#include "api/api.h"

enum api_progress batch_cancel(struct api_call *call);
enum api_progress batch_erase(struct api_call *call);
enum api_progress batch_revoke_links(struct api_call *call);

/* Queues call->write, of any kind that jobs_write takes. */
void batch_change_start(struct api_call *call);
void batch_cancel_finish(struct api_call *call);
void batch_erase_finish(struct api_call *call);
void batch_revoke_links_finish(struct api_call *call);

#endif
