/* Identifiers: anything that people paste, to the canonical key that records are found by.
 *
 * Pure code. The input is never changed and never kept; matching is on the key. The rules are those of
 * section 6 of the contract (docs/contract.md lists them with their tests); Unicode tables come from
 * libunistring, host names from libidn2, registrable domains from libpsl.
 */
#ifndef ENRICHD_ENTITY_IDENTIFIER_H
#define ENRICHD_ENTITY_IDENTIFIER_H

#include "base/arena.h"
#include "entity/entity.h"

/* What a key names. The numbers are stored in records: never reuse one. */
enum key_kind {
    KEY_ID = 1,              /* the record's own id, decimal */
    KEY_PROFILE = 2,         /* person: slug of a profile URL, NFC lower case */
    KEY_MEMBER = 3,          /* person: opaque member id (ACoAA..., ACwAA...), case-sensitive */
    KEY_EMAIL = 4,           /* person: business email */
    KEY_DOMAIN = 5,          /* company: registrable domain, ASCII (xn--) */
    KEY_NAME = 6,            /* company: name, NFKC, case-folded, blanks folded to one space */
    KEY_COMPANY_PROFILE = 7, /* company: slug of a company page, NFC lower case, or its number */
    KEY_MEMBER_NUMBER = 8,   /* person: numeric member id of the network, decimal without leading zeros */
};

/* A canonical key. Equal identifiers have equal kind and text. 1..KEY_BYTES_MAX bytes of text. */
struct key {
    enum key_kind kind;
    str text;
};
#define KEY_BYTES_MAX ((size_t)512)

/* The kinds of identifier that requests may carry. The numbers are stored in control.db: never reuse one. */
enum identifier_kind {
    IDENTIFIER_PROFILE_URL = 1,
    IDENTIFIER_BUSINESS_EMAIL = 2,
    IDENTIFIER_COMPANY_URL = 3,
    IDENTIFIER_DOMAIN = 4,
    IDENTIFIER_NAME = 5,
    IDENTIFIER_COMPANY_ID = 6,
};

/* An input longer than this is no identifier of any kind. */
#define IDENTIFIER_BYTES_MAX ((size_t)2048)

/* An arena with this much left is never exhausted by one call of identifier_key. Most take less than 1 KiB.
 */
#define IDENTIFIER_ARENA_BYTES ((size_t)128 << 10)

/* The canonical key of input.
 *
 * input: any bytes, also invalid UTF-8 and NUL; not kept. arena: scratch and the key's text.
 * ERR_INVALID: cannot be an identifier of that kind; without err_detail, since this is an answer and no
 * fault. ERR_NOMEM: the arena is exhausted. Any thread. */
enum err identifier_key(enum identifier_kind kind, str input, struct arena *arena, struct key *ret) MUST_USE;

/* The text that a person would write for a key; identifier_key makes the same key of it again.
 *
 * "https://www.linkedin.com/in/<slug>" for KEY_PROFILE and for members whose id may stand in that place,
 * "urn:li:person:<id>" and "urn:li:member:<number>" for other members,
 * "https://www.linkedin.com/company/<slug>" for KEY_COMPANY_PROFILE, the key's own text for the rest.
 * Valid as long as both the key's text and the arena; empty when the arena is exhausted. */
str key_display(struct key key, struct arena *arena);

bool key_eq(struct key a, struct key b);

/* The key that a record has by nature; its text is in text. */
#define KEY_ID_TEXT_BYTES ((size_t)24)
struct key key_of_id(int64_t id, char text[KEY_ID_TEXT_BYTES]);

#endif
