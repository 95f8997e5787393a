/* Multiples and divisors. */
#include "jobs/claim_size.h"

/* A divisor much smaller than wanted would make tiny pieces: then the whole chunk is the claim. */
#define SMALLEST_SHARE 4

/* The largest divisor of chunk_size up to target, unless it is far below. */
static uint32_t divisor_of(uint32_t chunk_size, uint32_t target)
{
    for (uint32_t divisor = target; divisor > target / SMALLEST_SHARE; divisor--) {
        if (chunk_size % divisor == 0) return divisor;
    }
    return chunk_size;
}

struct claim_size claim_size(uint32_t chunk_size, size_t line_bytes, size_t piece_raw_bytes)
{
    size_t wanted = piece_raw_bytes / line_bytes;
    uint32_t target = wanted < 1 ? 1 : wanted > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)wanted;
    if (chunk_size <= target) return (struct claim_size){target / chunk_size * chunk_size, 1};
    uint32_t identifiers = divisor_of(chunk_size, target);
    return (struct claim_size){identifiers, chunk_size / identifiers};
}
