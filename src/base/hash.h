/* Keyed 64-bit hashes for tables whose keys strangers choose. Not for signatures (crypto/mac.h is).
 */
#ifndef ENRICHD_BASE_HASH_H
#define ENRICHD_BASE_HASH_H

#include "base/str.h"

struct hash_key {
    uint64_t k0, k1;
};

/* A random key, the same for the life of the process: for tables in memory. Any thread. */
struct hash_key hash_process_key(void);

/* SipHash-1-3. Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), with one compression
 * and three finalisation rounds. */
uint64_t hash_bytes(struct hash_key key, str bytes);

/* Several times faster than hash_bytes, and not as strong: for tables that live as long as a request, with
 * the process key, so that a stranger who chooses texts never learns which of them meet. */
uint64_t hash_bytes_fast(struct hash_key key, str bytes);

/* Mixes a 64-bit number; unkeyed, for numbers that are already unpredictable or few. */
static inline uint64_t hash_u64(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

#endif
