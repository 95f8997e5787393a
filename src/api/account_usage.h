/* GET /account/usage/summary: requests and records by day, endpoint, key and class of answer. */
#ifndef ENRICHD_API_ACCOUNT_USAGE_H
#define ENRICHD_API_ACCOUNT_USAGE_H

#include "api/api.h"

enum api_progress account_usage(struct api_call *call);

#endif
