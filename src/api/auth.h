/* Who calls: the API key of a request. */
#ifndef ENRICHD_API_AUTH_H
#define ENRICHD_API_AUTH_H

#include "api/api.h"
#include "api/route.h"

/* Finds the key that Authorization names ("Bearer <key>" or "Token <key>") and puts it into call->key.
 * Refuses the call with the one 401 if it is missing, malformed, unknown, expired or revoked: the answers do
 * not differ, and neither does what is compared. */
void auth_check(struct api_call *call);

/* The requests a minute that a key may make in the class; 0: no limit of its own. */
uint32_t auth_rate_of(const struct api *api, enum route_class class);

/* Counts the request against the key's rates and adds the rate headers; refuses with 429 over it. After
 * auth_check. */
void auth_check_rate(struct api_call *call);

#endif
