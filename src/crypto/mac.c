/* OpenSSL's one-shot functions; their only failure is lack of memory, which is a bug check here. */
#include "crypto/mac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

static const unsigned char *bytes_of(str s)
{
    return (const unsigned char *)(s.n ? s.p : "");
}

void sha256(str text, uint8_t ret[SHA256_BYTES])
{
    must(SHA256(bytes_of(text), text.n, ret));
}

void hmac_sha256(str key, str text, uint8_t ret[SHA256_BYTES])
{
    unsigned n = SHA256_BYTES;
    must(key.n <= INT32_MAX);
    must(HMAC(EVP_sha256(), bytes_of(key), (int)key.n, bytes_of(text), text.n, ret, &n) && n == SHA256_BYTES);
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
    OPENSSL_cleanse(extracted, sizeof extracted);
}

bool mac_equal(const void *a, const void *b, size_t n)
{
    return CRYPTO_memcmp(a, b, n) == 0;
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
