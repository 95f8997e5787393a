/*
 * permute.c - a Feistel network over the smallest even number of bits that holds n, walked until it
 * lands below n. At most four times as many numbers as n fit, so four steps are the expected most.
 */
#include "permute.h"

#include "rng.h"

enum { ROUNDS = 4 };

static unsigned half_bits_for(uint64_t n)
{
    unsigned half = 1;
    while (2 * half < 64 && (n - 1) >> (2 * half) != 0) half++;
    return half;
}

static uint64_t feistel(uint64_t key, unsigned half, uint64_t x)
{
    uint64_t mask = ((uint64_t)1 << half) - 1;
    uint64_t left = x >> half, right = x & mask;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t swapped = left ^ (rng_mix(key + round * 0x9e3779b97f4a7c15u + right) & mask);
        left = right;
        right = swapped;
    }
    return left << half | right;
}

uint64_t permute(uint64_t key, uint64_t n, uint64_t i)
{
    must(i < n);
    unsigned half = half_bits_for(n);
    uint64_t x = i;
    do x = feistel(key, half, x);
    while (x >= n);
    return x;
}
