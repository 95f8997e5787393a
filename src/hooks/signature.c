/* HMAC-SHA256, twice: of the key's name for its secret, of the message for its signature. */
#include "hooks/signature.h"

#define MESSAGE_BYTES_MAX ((size_t)64 << 20)

void hook_secrets_init(struct hook_secrets *secrets, str master)
{
    mac_derive_key(master, STR("enrichd webhook secrets"), secrets->root);
}

struct hook_secret hook_secret(const struct hook_secrets *secrets, const char key_id[TOKEN_ID_BYTES],
                               uint32_t version)
{
    char name[TOKEN_ID_BYTES + 16];
    struct hook_secret secret;
    int n = snprintf(name, sizeof name, "%.*s:%" PRIu32, (int)TOKEN_ID_BYTES, key_id, version);
    hmac_sha256(str_of(secrets->root, sizeof secrets->root), str_of(name, (size_t)n), secret.bytes);
    return secret;
}

void hook_secret_add_text(struct buf *out, const struct hook_secret *secret)
{
    buf_add(out, STR("whsec_"));
    base64_add(out, str_of(secret->bytes, sizeof secret->bytes));
}

void hook_signature_add(struct buf *out, const struct hook_secret *secret, str webhook_id,
                        int64_t timestamp_s, str body)
{
    struct buf message;
    uint8_t mac[SHA256_BYTES];
    buf_init(&message, MESSAGE_BYTES_MAX);
    buf_add_format(&message, "%.*s.%" PRId64 ".", STR_ARG(webhook_id), timestamp_s);
    buf_add(&message, body);
    hmac_sha256(str_of(secret->bytes, sizeof secret->bytes), buf_str(&message), mac);
    if (buf_check(&message) != OK) {
        out->is_failed = true;
    } else {
        buf_add(out, STR("v1,"));
        base64_add(out, str_of(mac, sizeof mac));
    }
    buf_fini(&message);
}
