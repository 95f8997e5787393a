/* Hashes, message authentication and comparison in constant time, over Nettle. Nothing here allocates. */
#ifndef ENRICHD_CRYPTO_MAC_H
#define ENRICHD_CRYPTO_MAC_H

#include <nettle/hmac.h>
#include <nettle/sha2.h>

#include "base/buf.h"

#define SHA256_BYTES ((size_t)32)

void sha256(str text, uint8_t ret[SHA256_BYTES]);

/* The same of bytes that come one after the other. */
void sha256_begin(struct sha256_ctx *hash);
void sha256_add(struct sha256_ctx *hash, str bytes);
void sha256_end(struct sha256_ctx *hash, uint8_t ret[SHA256_BYTES]);

void hmac_sha256(str key, str text, uint8_t ret[SHA256_BYTES]);

/* A key made ready once for many messages: half of what hmac_sha256 takes for a short one. Any number of
 * threads may sign with it. */
struct mac_key {
    struct hmac_sha256_ctx ready;
};
void mac_key_init(struct mac_key *mac_key, str key);
void mac_key_fini(struct mac_key *mac_key);                                        /* accepts a zeroed one */
void mac_sign(const struct mac_key *mac_key, str text, uint8_t ret[SHA256_BYTES]); /* HMAC-SHA256 */

/* A key for one purpose out of a master key: HKDF-SHA256 (RFC 5869) without salt, `purpose` as its info. */
void mac_derive_key(str master, str purpose, uint8_t ret[SHA256_BYTES]);

/* Takes the same time whether and wherever the n bytes differ. */
bool mac_equal(const void *a, const void *b, size_t n);

/* Base64 with padding (RFC 4648 section 4) of at most 48 bytes, appended. */
void base64_add(struct buf *out, str bytes);

/* Base64url without padding (RFC 4648 section 5), appended. */
void base64url_add(struct buf *out, str bytes);

/* Decodes into exactly n bytes; ERR_INVALID for anything else, stray low bits included. */
enum err base64url_decode(str text, void *ret, size_t n) MUST_USE;

#endif
