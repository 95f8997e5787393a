/* Which identifiers a record can be found by: the places in its JSON that hold them.
 *
 *     person   social_handles.professional_network_identifier: profile_url, and every list of further URLs
 * beside it contact.business_emails: `email` of each company  basic_info: primary_domain, all_domains
 * (website only where both are missing), name, professional_network_url, professional_network_id
 */
#ifndef ENRICHD_ENTITY_RECORD_KEYS_H
#define ENRICHD_ENTITY_RECORD_KEYS_H

#include <yyjson.h>

#include "entity/record_source.h"

/* The record's canonical keys, no two alike, in arena. What cannot be an identifier is left out.
 * ERR_LIMIT: more than RECORD_KEYS_MAX. ERR_NOMEM. */
enum err record_keys_collect(enum entity entity, yyjson_val *record, struct arena *arena,
                             struct record_key **ret, size_t *ret_count) MUST_USE;

#endif
