/* Signing deliveries as Standard Webhooks 1.0.0 describes, and the secrets that sign.
 *
 * A secret belongs to an API key and has a version. It is derived from the data folder's secret.key, so that
 * none stands in the database. What is signed is "<webhook-id>.<timestamp>.<body>". Pure code.
 */
#ifndef ENRICHD_HOOKS_SIGNATURE_H
#define ENRICHD_HOOKS_SIGNATURE_H

#include "crypto/mac.h"
#include "crypto/token.h"

/* All secrets come out of this one. */
struct hook_secrets {
    uint8_t root[SHA256_BYTES];
};

struct hook_secret {
    uint8_t bytes[SHA256_BYTES];
};

/* master: the content of secret.key. */
void hook_secrets_init(struct hook_secrets *secrets, str master);

/* version: from 1 on. */
struct hook_secret hook_secret(const struct hook_secrets *secrets, const char key_id[TOKEN_ID_BYTES],
                               uint32_t version);

/* "whsec_" and base64: what a receiver is configured with. */
void hook_secret_add_text(struct buf *out, const struct hook_secret *secret);

/* "v1," and base64. */
void hook_signature_add(struct buf *out, const struct hook_secret *secret, str webhook_id,
                        int64_t timestamp_s, str body);

#endif
