/* Profile URLs: from anything that names a person's page on the professional network to the person's key.
 *
 * Section 6 of the contract is the law; tests/unit/test_identifier.c shows each of its rows. */
#ifndef ENRICHD_ENTITY_PROFILE_URL_H
#define ENRICHD_ENTITY_PROFILE_URL_H

#include "entity/identifier.h"

/* ret: KEY_PROFILE, KEY_MEMBER or KEY_MEMBER_NUMBER. Otherwise as identifier_key. */
enum err profile_url_key(str input, struct arena *arena, struct key *ret) MUST_USE;

/* The text that profile_url_key takes back to this key of one of those three kinds. In the arena; empty when
 * it is exhausted. */
str profile_url_display(struct key key, struct arena *arena);

#endif
