/* What a key may do with a call: its scopes and its families of fields.
 *
 * As in body.h, what is not permitted refuses the call (403) and gives false.
 */
#ifndef ENRICHD_API_PERMISSION_H
#define ENRICHD_API_PERMISSION_H

#include "api/api.h"

/* The route's scope. metadata[0].missing_scope names it. */
bool permission_of_route(struct api_call *call) MUST_USE;

/* The fields that are asked for by path: those of other families than the key's are refused by name, in the
 * message and in metadata[0].denied_fields. paths: known ones. */
bool permission_of_fields(struct api_call *call, enum entity entity, const str *paths, size_t count) MUST_USE;

/* The files of a batch: another key of the account may have submitted it with more families. */
bool permission_of_batch(struct api_call *call, const struct batch *batch) MUST_USE;

#endif
