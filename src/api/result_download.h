/* GET /files/{batch_id}/output/{name}: result files by signed link. */
#ifndef ENRICHD_API_RESULT_DOWNLOAD_H
#define ENRICHD_API_RESULT_DOWNLOAD_H

#include "api/api.h"

enum api_progress result_download(struct api_call *call);

void result_download_start(struct api_call *call);
void result_download_finish(struct api_call *call);

#endif
