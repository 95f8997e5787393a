/* Business email addresses: from what mail programs and spreadsheets hold to one lower-case address.
 *
 * Dots and plus tags stay: for a business domain only its own server knows what they mean.
 */
#ifndef ENRICHD_ENTITY_BUSINESS_EMAIL_H
#define ENRICHD_ENTITY_BUSINESS_EMAIL_H

#include "entity/identifier.h"

/* Accepts an address, "Name <address>", "mailto:address?subject=...", comments in parentheses, quotes around
 * the whole, and punctuation behind it. More than one address is none.
 *
 * ret: KEY_EMAIL, at most 64 bytes + "@" + 253 bytes; the domain as host_name_ascii makes it. Otherwise as
 * identifier_key. */
enum err business_email_key(str input, struct arena *arena, struct key *ret) MUST_USE;

#endif
