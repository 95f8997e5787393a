/* `<data>/secret.key`: 32 random bytes, from which the keys for signed links and the secrets of webhooks are
 * derived. */
#ifndef ENRICHD_CMD_SECRET_H
#define ENRICHD_CMD_SECRET_H

#include "base/str.h"

#define SECRET_BYTES ((size_t)32)

/* Reads the secret, making it on the first start (mode 0600). ERR_CORRUPT: the file has another length. */
enum err secret_load(const char *data_cstr, uint8_t ret[SECRET_BYTES]) MUST_USE;

#endif
