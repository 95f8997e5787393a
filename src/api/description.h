/* GET /openapi.json: the description of all routes, compiled in from openapi/enrichd.yaml. */
#ifndef ENRICHD_API_DESCRIPTION_H
#define ENRICHD_API_DESCRIPTION_H

#include "api/api.h"

enum api_progress description_get(struct api_call *call);

#endif
