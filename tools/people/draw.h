/*
 * draw.h - values of a record drawn at random: from lists, and tokens.
 */
#ifndef PEOPLE_DRAW_H
#define PEOPLE_DRAW_H

#include "json.h"
#include "rng.h"

/* An array of `count` strings of the list, repetitions included. */
static inline void draw_strings(struct out *o, struct rng *rng, const struct list *list, uint64_t count)
{
    json_open(o, '[');
    for (uint64_t i = 0; i < count; i++) json_quoted(o, rng_pick(rng, list));
    json_close(o, ']');
}

/* A string of the list, or the absent string in `percent` of draws; for json_put_nullable(). */
static inline str draw_or_null(struct rng *rng, const struct list *list, unsigned percent)
{
    return rng_chance(rng, percent) ? (str){NULL, 0} : rng_pick(rng, list);
}

/* Appends an opaque token of `n` characters, as media hosts put into addresses. Six bits each. */
static inline void draw_token(struct out *o, struct rng *rng, unsigned n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint64_t bits = 0;
    for (unsigned i = 0; i < n; i++, bits >>= 6) {
        if (i % 10 == 0) bits = rng_next(rng);
        out_char(o, digits[bits & 63]);
    }
}

#endif
