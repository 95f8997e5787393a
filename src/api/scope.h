/* What a key may do: names of groups of routes, one of which each route of route.c needs.
 *
 * A key has a list of them, separated by commas; the empty list is everything. Pure code.
 */
#ifndef ENRICHD_API_SCOPE_H
#define ENRICHD_API_SCOPE_H

#include "base/str.h"

enum scope {
    SCOPE_PUBLIC,        /* needs no key: health, the description, and files, whose links are signed */
    SCOPE_ENRICH_PERSON, /* persons, at once and in batches */
    SCOPE_ENRICH_COMPANY,
    SCOPE_BATCH_READ,  /* status, lists, links to files */
    SCOPE_BATCH_WRITE, /* cancelling and erasing */
    SCOPE_ACCOUNT_READ,
    SCOPE_COUNT
};

/* "enrich:person", "enrich:company", "batch:read", "batch:write", "account:read"; empty for SCOPE_PUBLIC. */
str scope_name(enum scope scope);

/* Whether a key's list has the scope; SCOPE_PUBLIC is in none but the empty one. */
bool scope_is_in(enum scope scope, str list);

#endif
