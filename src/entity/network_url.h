/* URLs of the professional network: is it the network's host, and what are path, slug and number.
 *
 * Shared by persons (profile_url.h) and companies (company_key.h), which know the paths. Nothing is fetched:
 * short links cannot be resolved here and are not the network's host.
 */
#ifndef ENRICHD_ENTITY_NETWORK_URL_H
#define ENRICHD_ENTITY_NETWORK_URL_H

#include "base/arena.h"

/* The parts of what was pasted; at most one of urn, word and path is not empty. */
struct network_page {
    str urn;   /* of "urn:li:person:abc": "person:abc" */
    str word;  /* one word without host, "@" dropped: perhaps a slug */
    str path;  /* behind the host, or as pasted without one; begins at the segment that names the sort of page
                */
    str query; /* goes with path */
};

/* ret: parts of the input or in the arena. ERR_INVALID: another host, user info, a port other than 80 and
 * 443, no path. ERR_NOMEM. */
enum err network_page(str input, struct arena *arena, struct network_page *ret) MUST_USE;

/* 100 characters are the network's own limit; four bytes each. */
#define NETWORK_SLUG_BYTES_MAX ((size_t)400)

/* The slug in NFC lower case.
 *
 * raw: decoded. ret: in the arena, 1..NETWORK_SLUG_BYTES_MAX bytes: ASCII letters, digits, "-", "_", "." and
 * "~", and any character outside ASCII that is seen. ERR_INVALID, ERR_NOMEM. */
enum err network_slug(str raw, struct arena *arena, str *ret) MUST_USE;

/* A positive number in decimal, without leading zeros, at most INT64_MAX. ret: in the arena. */
enum err network_number(str digits, struct arena *arena, str *ret) MUST_USE;

/* Decimal digits and nothing else, at least one. */
bool network_is_digits(str text);

/* Whether text is one of the names, ASCII case aside. */
bool network_is_one_of(str text, const str *names, size_t count);

/* The id in "type:id", if type is one of the types: "(" and what follows a comma are dropped. Empty if not.
 */
str network_urn_id(str urn, const str *types, size_t count);

#endif
