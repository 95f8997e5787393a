/* Idempotency keys in control.db: which batch a key stands for. */
#ifndef ENRICHD_STORE_IDEMPOTENCY_ROW_H
#define ENRICHD_STORE_IDEMPOTENCY_ROW_H

#include "store/control.h"
#include "store/sqlite.h"

/* Looks the submission's key up among those of its account that are younger than IDEMPOTENCY_US.
 *
 * OK: it was sent before with the same body, as *ret_batch_id. ERR_NOT_FOUND: it was not sent. ERR_CONFLICT:
 * with another body. */
enum err idempotency_row_find(struct sqlite *db, const struct submission *submission,
                              struct uuid *ret_batch_id) MUST_USE;

/* Remembers the key for the submission's batch, and forgets keys that are too old. */
enum err idempotency_row_insert(struct sqlite *db, const struct submission *submission) MUST_USE;

#endif
