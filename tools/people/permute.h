/*
 * permute.h - a keyed shuffle of [0, n) that needs no memory.
 *
 * Used to pick without repetition out of 100 million people, to shuffle the lines of a list, and to make
 * the unique code in a person's handles look random.
 */
#ifndef PEOPLE_PERMUTE_H
#define PEOPLE_PERMUTE_H

#include <stdint.h>

/* The place of i in the shuffle of [0, n) that `key` names. i < n, 1 <= n <= 2^62. For a given key and n
 * different i have different places. */
uint64_t permute(uint64_t key, uint64_t n, uint64_t i);

#endif
