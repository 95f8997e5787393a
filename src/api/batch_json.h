/* A batch as JSON: the keys of section 3 of the contract, and the links to its files. */
#ifndef ENRICHD_API_BATCH_JSON_H
#define ENRICHD_API_BATCH_JSON_H

#include "api/api.h"

/* Opens the object with the keys that every answer about a batch begins with: batch_id, status, entity,
 * action, identifier_count. */
void batch_json_begin(struct buf *out, const struct batch *batch);

/* The whole object. base: what links begin with ("https://host"); empty leaves the links out, as lists do. An
 * erased batch has none. */
void batch_json_add(const struct api *api, const struct batch *batch, str base, struct buf *out);

/* What links begin with for this request: the configured public URL, or the request's own host if it looks
 * like one. In the call's arena. */
str batch_link_base(struct api_call *call);

#endif
