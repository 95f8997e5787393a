/* Nettle: hashes that are plain structures, so that none of this allocates, or can fail. */
#include "crypto/mac.h"

#include <string.h>

#include <nettle/base64.h>
#include <nettle/memops.h>

static const uint8_t *bytes_of(str s)
{
    return (const uint8_t *)(s.n ? s.p : "");
}

void sha256(str text, uint8_t ret[SHA256_BYTES])
{
    struct sha256_ctx hash;
    sha256_begin(&hash);
    sha256_add(&hash, text);
    sha256_end(&hash, ret);
}

void sha256_begin(struct sha256_ctx *hash)
{
    sha256_init(hash);
}

void sha256_add(struct sha256_ctx *hash, str bytes)
{
    sha256_update(hash, bytes.n, bytes_of(bytes));
}

void sha256_end(struct sha256_ctx *hash, uint8_t ret[SHA256_BYTES])
{
    sha256_digest(hash, SHA256_BYTES, ret);
}

void mac_key_init(struct mac_key *mac_key, str key)
{
    hmac_sha256_set_key(&mac_key->ready, key.n, bytes_of(key));
}

void mac_key_fini(struct mac_key *mac_key)
{
    explicit_bzero(mac_key, sizeof *mac_key);
}

void mac_sign(const struct mac_key *mac_key, str text, uint8_t ret[SHA256_BYTES])
{
    struct mac_key copy = *mac_key;
    hmac_sha256_update(&copy.ready, text.n, bytes_of(text));
    hmac_sha256_digest(&copy.ready, SHA256_BYTES, ret);
    mac_key_fini(&copy);
}

void hmac_sha256(str key, str text, uint8_t ret[SHA256_BYTES])
{
    struct mac_key mac_key;
    mac_key_init(&mac_key, key);
    mac_sign(&mac_key, text, ret);
    mac_key_fini(&mac_key);
}

/* One output block is enough for 32 bytes: expand is HMAC(extracted, info || 0x01). */
void mac_derive_key(str master, str purpose, uint8_t ret[SHA256_BYTES])
{
    static const uint8_t no_salt[SHA256_BYTES];
    uint8_t extracted[SHA256_BYTES];
    char info[64];
    must(purpose.n < sizeof info);
    memcpy(info, purpose.p, purpose.n);
    info[purpose.n] = 1;
    hmac_sha256(str_of(no_salt, sizeof no_salt), master, extracted);
    hmac_sha256(str_of(extracted, sizeof extracted), str_of(info, purpose.n + 1), ret);
    explicit_bzero(extracted, sizeof extracted);
}

bool mac_equal(const void *a, const void *b, size_t n)
{
    return memeql_sec(a, b, n) != 0;
}

void base64_add(struct buf *out, str bytes)
{
    char text[BASE64_ENCODE_RAW_LENGTH(48)];
    must(bytes.n <= 48);
    base64_encode_raw(text, bytes.n, bytes_of(bytes));
    buf_add(out, str_of(text, BASE64_ENCODE_RAW_LENGTH(bytes.n)));
}

static const char base64url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_add(struct buf *out, str bytes)
{
    uint32_t bits = 0;
    int count = 0;
    for (size_t i = 0; i < bytes.n; i++) {
        bits = (bits << 8) | (unsigned char)bytes.p[i];
        for (count += 8; count >= 6; count -= 6)
            buf_add_char(out, base64url_digits[(bits >> (count - 6)) & 63]);
    }
    if (count) buf_add_char(out, base64url_digits[(bits << (6 - count)) & 63]);
}

enum err base64url_decode(str text, void *ret, size_t n)
{
    uint8_t *out = ret;
    uint32_t bits = 0;
    size_t done = 0;
    int count = 0;
    if (text.n != (n * 8 + 5) / 6) return ERR_INVALID;
    for (size_t i = 0; i < text.n; i++) {
        const char *digit = text.p[i] ? strchr(base64url_digits, text.p[i]) : NULL;
        if (!digit) return ERR_INVALID;
        bits = (bits << 6) | (uint32_t)(digit - base64url_digits);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        out[done++] = (uint8_t)(bits >> count);
    }
    return (bits & ((1u << count) - 1)) == 0 ? OK : ERR_INVALID;
}
