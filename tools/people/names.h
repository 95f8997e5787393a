/*
 * names.h - the parts of invented people's names, by origin, with their ASCII spelling.
 *
 * A family name is a head and, where an origin has them, a tail: thousands of names that nobody chose.
 * Nothing here contains an ASCII digit, so that a code appended to a name can never run into it.
 * Next: person.h (a person's names), places.h (where an origin is common).
 */
#ifndef PEOPLE_NAMES_H
#define PEOPLE_NAMES_H

#include "str.h"

#include <stdbool.h>

/* One part of a name: as it is shown ("Zoë"), and as a handle would spell it in ASCII ("zoe"). */
struct name_part {
    str shown;
    str ascii;
};

struct name_parts {
    const struct name_part *items;
    uint32_t count; /* 0: the origin has no such part */
};

enum origin_id {
    ORIGIN_WESTERN,
    ORIGIN_ACCENTED,
    ORIGIN_CYRILLIC,
    ORIGIN_CHINESE,
    ORIGIN_JAPANESE,
    ORIGIN_KOREAN,
    ORIGIN_ARABIC,
    ORIGIN_GREEK,
    ORIGIN_HINDI,
    ORIGIN_COUNT,
};

struct origin {
    struct name_parts given;
    struct name_parts family_head;
    struct name_parts family_tail;
    bool is_ascii;     /* shown names are ASCII */
    bool family_first; /* shown as family name, given name, without a space */
};

/* Indexed by enum origin_id. */
extern const struct origin names_origins[ORIGIN_COUNT];

#endif
