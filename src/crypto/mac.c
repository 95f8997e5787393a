/* OpenSSL; its only failure here is lack of memory, which is a bug check. Its one-shot functions look the
 * algorithm up by name each time, which takes longer than hashing a short text: here that is done once. */
#include "crypto/mac.h"

#include <pthread.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static const unsigned char *bytes_of(str s)
{
    return (const unsigned char *)(s.n ? s.p : "");
}

static EVP_MD *sha256_method;

static void find_method(void)
{
    sha256_method = EVP_MD_fetch(NULL, "SHA256", NULL);
    must(sha256_method);
}

static const EVP_MD *method(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    must(pthread_once(&once, find_method) == 0);
    return sha256_method;
}

void sha256(str text, uint8_t ret[SHA256_BYTES])
{
    must(EVP_Digest(bytes_of(text), text.n, ret, NULL, method(), NULL));
}

void sha256_begin(struct sha256_stream *stream)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(context && EVP_DigestInit_ex(context, EVP_sha256(), NULL));
    stream->state = context;
}

void sha256_add(struct sha256_stream *stream, str bytes)
{
    must(EVP_DigestUpdate(stream->state, bytes_of(bytes), bytes.n));
}

void sha256_end(struct sha256_stream *stream, uint8_t ret[SHA256_BYTES])
{
    must(EVP_DigestFinal_ex(stream->state, ret, NULL));
    EVP_MD_CTX_free(stream->state);
}

void hmac_sha256(str key, str text, uint8_t ret[SHA256_BYTES])
{
    unsigned n = SHA256_BYTES;
    must(key.n <= INT32_MAX);
    must(HMAC(method(), bytes_of(key), (int)key.n, bytes_of(text), text.n, ret, &n) && n == SHA256_BYTES);
}

#define BLOCK_BYTES ((size_t)64) /* of SHA-256 */

/* A hash that has taken in the key, each byte of it changed by `pad` (RFC 2104). */
static EVP_MD_CTX *hash_of_key(const uint8_t key[BLOCK_BYTES], uint8_t pad)
{
    uint8_t block[BLOCK_BYTES];
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    for (size_t i = 0; i < BLOCK_BYTES; i++) block[i] = key[i] ^ pad;
    must(hash && EVP_DigestInit_ex(hash, method(), NULL) && EVP_DigestUpdate(hash, block, sizeof block));
    OPENSSL_cleanse(block, sizeof block);
    return hash;
}

void mac_key_init(struct mac_key *mac_key, str key)
{
    uint8_t block[BLOCK_BYTES] = {0};
    must(key.n <= sizeof block);
    memcpy(block, bytes_of(key), key.n);
    *mac_key = (struct mac_key){hash_of_key(block, 0x36), hash_of_key(block, 0x5c)};
    OPENSSL_cleanse(block, sizeof block);
}

void mac_key_fini(struct mac_key *mac_key)
{
    EVP_MD_CTX_free(mac_key->inner);
    EVP_MD_CTX_free(mac_key->outer);
    *mac_key = (struct mac_key){0};
}

void mac_sign(const struct mac_key *mac_key, str text, uint8_t ret[SHA256_BYTES])
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    must(hash && EVP_MD_CTX_copy_ex(hash, mac_key->inner) && EVP_DigestUpdate(hash, bytes_of(text), text.n) &&
         EVP_DigestFinal_ex(hash, ret, NULL));
    must(EVP_MD_CTX_copy_ex(hash, mac_key->outer) && EVP_DigestUpdate(hash, ret, SHA256_BYTES) &&
         EVP_DigestFinal_ex(hash, ret, NULL));
    EVP_MD_CTX_free(hash);
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

void base64_add(struct buf *out, str bytes)
{
    unsigned char text[65];
    must(bytes.n <= 48);
    int n = EVP_EncodeBlock(text, bytes_of(bytes), (int)bytes.n);
    buf_add(out, str_of(text, (size_t)n));
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
