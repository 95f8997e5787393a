/*
 * affixes.h - text that stands before and after something: "mailto:" ..., "<" ... ">".
 */
#ifndef PEOPLE_AFFIXES_H
#define PEOPLE_AFFIXES_H

#include "out.h"

struct affixes {
    str before, after;
};

static inline void affixes_put(struct out *o, const struct affixes *affixes, str text)
{
    out_str(o, affixes->before);
    out_str(o, text);
    out_str(o, affixes->after);
}

/* The same around a number, which tells invalid identifiers apart. */
static inline void affixes_put_number(struct out *o, const struct affixes *affixes, uint64_t n)
{
    out_str(o, affixes->before);
    out_u64(o, n);
    out_str(o, affixes->after);
}

#endif
