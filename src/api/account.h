/* GET /account/credits and /account/endpoints: what the caller's account may do. Clients use the first to try
 * a key. */
#ifndef ENRICHD_API_ACCOUNT_H
#define ENRICHD_API_ACCOUNT_H

#include "api/api.h"

enum api_progress account_credits(struct api_call *call);
enum api_progress account_endpoints(struct api_call *call);

#endif
