/* The keys of companies: domain, page on the professional network, name, id.
 *
 * Each function takes any bytes, leaves the key's text in the arena and fails as identifier_key does. */
#ifndef ENRICHD_ENTITY_COMPANY_KEY_H
#define ENRICHD_ENTITY_COMPANY_KEY_H

#include "entity/identifier.h"

/* KEY_DOMAIN: the registrable domain of a host name, or of a URL whatever its path and port. User info makes
 * it invalid, so that an email address is no domain. */
enum err company_domain_key(str input, struct arena *arena, struct key *ret) MUST_USE;

/* KEY_COMPANY_PROFILE: the slug or number of a company, school or showcase page; the three share one name
 * space. */
enum err company_url_key(str input, struct arena *arena, struct key *ret) MUST_USE;

/* KEY_NAME: case and width folded, white space made single blanks. Legal forms such as "Ltd" stay. */
enum err company_name_key(str input, struct arena *arena, struct key *ret) MUST_USE;

/* KEY_ID: a positive decimal number up to INT64_MAX. */
enum err company_id_key(str input, struct arena *arena, struct key *ret) MUST_USE;

/* The URL of a KEY_COMPANY_PROFILE. In the arena; empty when it is exhausted. */
str company_url_display(struct key key, struct arena *arena);

#endif
