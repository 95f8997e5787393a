/*
 * identifiers.h - a list of identifiers with chosen shares of hits, spellings, duplicates and nonsense.
 *
 * The shares are exact down to whole lines, the order is shuffled, and line k is a pure function of the list
 * and k: a list of 100 million needs no memory. Next: identifier_kinds.h (how one identifier is written).
 */
#ifndef PEOPLE_IDENTIFIERS_H
#define PEOPLE_IDENTIFIERS_H

#include "identifier_kinds.h"

/* Shares are in hundredths of a percent: 10000 is all. */
enum { SHARE_ALL = 10000 };

struct identifier_shares {
    uint64_t duplicates; /* of all lines: repeat an earlier line, byte for byte; below SHARE_ALL */
    uint64_t invalid;    /* of all lines: can be no identifier of the kind */
    uint64_t hits;       /* of the other lines: exist in the population, each subject once */
    uint64_t spellings;  /* of the hits: in another spelling than the record's */
};

struct identifier_list {
    const struct identifier_kind *kind;
    uint64_t seed; /* of the population */
    uint64_t population;
    uint64_t list_seed; /* of the choice and the order */
    uint64_t lines;
    uint64_t duplicates, invalid, misses, hits, spelled; /* lines of each class; spelled are among the hits */
};

/* Turns shares into counts. list->kind, seed, population, list_seed and lines are set by the caller; lines
 * is at least 1, duplicates and invalid are together at most SHARE_ALL. */
void identifier_list_plan(struct identifier_list *list, const struct identifier_shares *shares);

/* Appends line k (< lines) without its line feed. list->hits is at most kind->count() of the population. */
void identifier_list_put(struct out *o, const struct identifier_list *list, uint64_t k);

#endif
