/* What the bodies of enrich requests have in common, batch or not: one list of identifiers, and fields.
 *
 * As in body.h, what is wrong refuses the call and gives false.
 */
#ifndef ENRICHD_API_SELECTORS_H
#define ENRICHD_API_SELECTORS_H

#include <yyjson.h>

#include "api/api.h"
#include "entity/project.h"

/* Names that `fields` may hold at most, whatever the settings say; more than there are. */
#define SELECTOR_FIELDS_MAX 1024

/* The keys that name identifiers, by entity; they come first in the list of keys that a route allows. */
#define SELECTOR_KEYS_MAX 4
struct selector {
    str key; /* "business_emails" */
    enum identifier_kind kind;
    str match_type;     /* what synchronous answers call it: "business_email" */
    bool takes_numbers; /* ids may be written as numbers; their text is the identifier */
};
struct selector_set {
    const struct selector *selectors;
    size_t count;
};
struct selector_set selectors_of(enum entity entity);

/* The identifiers of a request: exactly one of the keys, not empty, at most max. values[i] belongs to
 * selector i. The list is in the call's arena. */
bool selectors_read(struct api_call *call, enum entity entity, yyjson_val *const *values, size_t max,
                    const struct selector **ret, str **ret_items, size_t *ret_count) MUST_USE;

/* Checks `fields` (NULL: none given) and compiles them, as far as the key's families go. Unknown ones are
 * refused with the list of what there is, denied ones with their names. ret_fields: separated by commas, as a
 * batch stores them. */
bool fields_read(struct api_call *call, enum entity entity, yyjson_val *value, str *ret_fields,
                 const struct project_plan **ret_plan) MUST_USE;

#endif
