/*
 * rng.h - the generator's randomness: SplitMix64 streams, addressed by (seed, stream, index).
 *
 * A stream is a pure function of its address. That is what lets person i be made without the persons
 * before it, ranges be made in parallel, and an identifier list be made without reading records.
 * Not for secrets. Next: permute.h (choosing without repetition).
 */
#ifndef PEOPLE_RNG_H
#define PEOPLE_RNG_H

#include "str.h"

#include <stdbool.h>

struct rng {
    uint64_t state;
};

/* What a stream is for. Two purposes never share numbers, so adding a field to a record cannot move
 * anybody's identifiers. */
enum stream {
    STREAM_PERSON = 1,
    STREAM_PERSON_RECORD,
    STREAM_EMAIL_BLOCK,
    STREAM_HANDLE,
    STREAM_COMPANY,
    STREAM_COMPANY_NAME,
    STREAM_COMPANY_RECORD,
    STREAM_LIST_ORDER,
    STREAM_LIST_MEMBER,
    STREAM_LIST_REPEAT,
    STREAM_LIST_LINE,
    STREAM_UNKNOWN = 0x40, /* added to another stream: things that are in no population */
};

static inline uint64_t rng_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static inline uint64_t rng_next(struct rng *rng)
{
    rng->state += 0x9e3779b97f4a7c15u;
    return rng_mix(rng->state);
}

/* A 64-bit key for (seed, stream, index). */
static inline uint64_t rng_key(uint64_t seed, unsigned stream, uint64_t index)
{
    uint64_t lane = rng_mix(seed + 0x9e3779b97f4a7c15u * (stream + 1));
    return rng_mix(lane ^ rng_mix(index + 0xd1342543de82ef95u));
}

static inline struct rng rng_at(uint64_t seed, unsigned stream, uint64_t index)
{
    return (struct rng){rng_key(seed, stream, index)};
}

/* A number in [0, n); n is at least 1. */
static inline uint64_t rng_below(struct rng *rng, uint64_t n)
{
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)(((wide)rng_next(rng) * n) >> 64);
}

/* A number in [low, high], both included. */
static inline uint64_t rng_between(struct rng *rng, uint64_t low, uint64_t high)
{
    return low + rng_below(rng, high - low + 1);
}

/* True in `percent` of 100 draws. */
static inline bool rng_chance(struct rng *rng, unsigned percent)
{
    return rng_below(rng, 100) < percent;
}

static inline str rng_pick(struct rng *rng, const struct list *list)
{
    return list->items[rng_below(rng, list->count)];
}

#endif
