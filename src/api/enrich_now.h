/* POST /person/enrich and /company/enrich: up to 25 identifiers, answered at once by the batches' own
 * projection. */
#ifndef ENRICHD_API_ENRICH_NOW_H
#define ENRICHD_API_ENRICH_NOW_H

#include "api/api.h"

enum api_progress enrich_now_person(struct api_call *call);
enum api_progress enrich_now_company(struct api_call *call);

#endif
