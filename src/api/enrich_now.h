/* POST /person/enrich and /company/enrich: up to 25 identifiers, answered at once by the batches' own
 * projection; for a key with a budget once that is charged. */
#ifndef ENRICHD_API_ENRICH_NOW_H
#define ENRICHD_API_ENRICH_NOW_H

#include "api/api.h"

enum api_progress enrich_now_person(struct api_call *call);
enum api_progress enrich_now_company(struct api_call *call);
void enrich_now_start(struct api_call *call);
void enrich_now_finish(struct api_call *call);

#endif
