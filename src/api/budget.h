/* What a key's budget says to a call. */
#ifndef ENRICHD_API_BUDGET_H
#define ENRICHD_API_BUDGET_H

#include "api/api.h"

/* Refuses the call, which wanted so many records, with 402. */
void budget_refuse(struct api_call *call, uint64_t wanted);

#endif
