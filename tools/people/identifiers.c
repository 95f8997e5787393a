/*
 * identifiers.c - which line is what. Contract in identifiers.h.
 *
 * A shuffle gives every line a rank. Ranks are laid out as duplicates, invalid, misses, hits; what
 * is left of a rank after its class's start is the number of the subject within the class. A duplicate
 * repeats a random earlier line, found by asking for that line's rank in turn.
 */
#include "identifiers.h"

#include "permute.h"

static uint64_t share_of(uint64_t lines, uint64_t share)
{
    return lines * share / SHARE_ALL;
}

void identifier_list_plan(struct identifier_list *list, const struct identifier_shares *shares)
{
    list->duplicates = share_of(list->lines, shares->duplicates);
    list->invalid = share_of(list->lines, shares->invalid);
    uint64_t valid = list->lines - list->duplicates - list->invalid;
    list->hits = share_of(valid, shares->hits);
    list->misses = valid - list->hits;
    list->spelled = share_of(list->hits, shares->spellings);
}

/* The shuffle is turned so that line 0, which has nothing to repeat, gets the last rank. */
static uint64_t rank_of(const struct identifier_list *list, uint64_t k)
{
    uint64_t key = rng_key(list->list_seed, STREAM_LIST_ORDER, 0);
    uint64_t turn = list->lines - 1 - permute(key, list->lines, 0);
    return (permute(key, list->lines, k) + turn) % list->lines;
}

/* The rank of what line k says: its own, or that of the line it repeats. */
static uint64_t rank_of_original(const struct identifier_list *list, uint64_t k)
{
    uint64_t rank = rank_of(list, k);
    while (rank < list->duplicates) {
        struct rng rng = rng_at(list->list_seed, STREAM_LIST_REPEAT, k);
        k = rng_below(&rng, k);
        rank = rank_of(list, k);
    }
    return rank;
}

static void put_miss(struct out *o, struct rng *rng, const struct identifier_list *list, uint64_t n)
{
    uint64_t span = list->population > list->misses ? list->population : list->misses;
    uint64_t key = rng_key(list->list_seed, STREAM_LIST_MEMBER + STREAM_UNKNOWN, 0);
    struct subject subject = {list->seed, permute(key, span, n), true};
    list->kind->put(o, rng, subject);
}

static void put_hit(struct out *o, struct rng *rng, const struct identifier_list *list, uint64_t n)
{
    const struct identifier_kind *kind = list->kind;
    uint64_t key = rng_key(list->list_seed, STREAM_LIST_MEMBER, 0);
    uint64_t rank = permute(key, kind->count(list->seed, list->population), n);
    struct subject subject = {list->seed, kind->index_of(list->seed, list->population, rank), false};
    if (n < list->spelled)
        kind->put_spelled(o, rng, subject);
    else
        kind->put(o, rng, subject);
}

void identifier_list_put(struct out *o, const struct identifier_list *list, uint64_t k)
{
    uint64_t rank = rank_of_original(list, k);
    struct rng rng = rng_at(list->list_seed, STREAM_LIST_LINE, rank);
    uint64_t n = rank - list->duplicates;
    if (n < list->invalid) {
        list->kind->put_invalid(o, &rng, n);
        return;
    }
    n -= list->invalid;
    if (n < list->misses)
        put_miss(o, &rng, list, n);
    else
        put_hit(o, &rng, list, n - list->misses);
}
