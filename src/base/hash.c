/* SipHash-1-3, and multiplication. */
#include "base/hash.h"

#include <pthread.h>

#include "base/os.h"

static struct hash_key process_key;

static void make_process_key(void)
{
    os_random(&process_key, sizeof process_key);
}

struct hash_key hash_process_key(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    must(pthread_once(&once, make_process_key) == 0);
    return process_key;
}

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

static inline void round_of(struct sip *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 = rotate(s->v2, 32);
}

static inline void absorb(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    round_of(s);
    s->v0 ^= word;
}

uint64_t hash_bytes(struct hash_key key, str bytes)
{
    struct sip s = {key.k0 ^ 0x736f6d6570736575u, key.k1 ^ 0x646f72616e646f6du, key.k0 ^ 0x6c7967656e657261u,
                    key.k1 ^ 0x7465646279746573u};
    size_t at = 0;
    for (; bytes.n - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, bytes.p + at, 8);
        absorb(&s, word);
    }
    uint64_t last = (uint64_t)bytes.n << 56;
    for (size_t i = 0; at + i < bytes.n; i++) last |= (uint64_t)(unsigned char)bytes.p[at + i] << (8 * i);
    absorb(&s, last);
    s.v2 ^= 0xff;
    for (int i = 0; i < 3; i++) round_of(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* ---- the fast one: 16 bytes a step, one half times the other, both made unknown by the key before ---- */

static inline uint64_t multiply(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t step(struct hash_key key, uint64_t hash, const char *bytes)
{
    uint64_t words[2];
    memcpy(words, bytes, sizeof words);
    return multiply(words[0] ^ key.k1, words[1] ^ hash);
}

uint64_t hash_bytes_fast(struct hash_key key, str bytes)
{
    char last[16] = {0};
    uint64_t hash = key.k0 ^ hash_u64(bytes.n);
    size_t at = 0;
    for (; bytes.n - at >= sizeof last; at += sizeof last) hash = step(key, hash, bytes.p + at);
    if (at < bytes.n) memcpy(last, bytes.p + at, bytes.n - at);
    return hash_u64(step(key, hash, last));
}
