/* GET /healthz and /readyz: no key, no details. */
#ifndef ENRICHD_API_HEALTH_H
#define ENRICHD_API_HEALTH_H

#include "api/api.h"

/* The process answers. */
enum api_progress health_alive(struct api_call *call);

/* Batches can be accepted: the stores are open and the server is not stopping. */
enum api_progress health_ready(struct api_call *call);

#endif
