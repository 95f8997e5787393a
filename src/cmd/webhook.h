/* `enrichd webhook`: the secrets that sign deliveries. */
#ifndef ENRICHD_CMD_WEBHOOK_H
#define ENRICHD_CMD_WEBHOOK_H

#include "crypto/token.h"

#define WEBHOOK_SECRET_TEXT_BYTES ((size_t)64) /* room for one; it has 50 */

/* Appends the secret of a key, "whsec_...". Makes the folder's secret.key if there is none. */
enum err webhook_secret_add(const char *data_cstr, const char key_id[TOKEN_ID_BYTES], uint32_t version,
                            struct buf *out) MUST_USE;

/* Tells a person at the terminal about the secret; pipes get only what they asked for. */
void webhook_secret_tell(str secret);

int cmd_webhook(int argc, char **argv);

#endif
