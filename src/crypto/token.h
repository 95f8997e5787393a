/* API keys: `enr_live_`, 30 random base62 characters, 6 of checksum.
 *
 * The prefix makes a leaked key recognisable (enr_live_[0-9A-Za-z]{36}), the checksum lets a scanner tell it
 * from a look-alike. The first 8 random characters are the public id; of the whole text only the SHA-256 is
 * kept: 178 random bits need no slow hash.
 */
#ifndef ENRICHD_CRYPTO_TOKEN_H
#define ENRICHD_CRYPTO_TOKEN_H

#include "crypto/mac.h"

#define TOKEN_TEXT_BYTES ((size_t)45)
#define TOKEN_ID_BYTES   ((size_t)8)

struct token {
    char id[TOKEN_ID_BYTES];    /* public: index, logs, console */
    uint8_t hash[SHA256_BYTES]; /* of the whole text */
};

/* A new key: its text, to be shown once, and what is kept of it. */
void token_new(char ret_text[TOKEN_TEXT_BYTES], struct token *ret);

/* ERR_INVALID if text has not the form of a key or its checksum is wrong. */
enum err token_parse(str text, struct token *ret) MUST_USE;

#endif
