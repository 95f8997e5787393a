/* Webhook deliveries: the delivery_ operations of control.h, and their part in its writes. */
#ifndef ENRICHD_STORE_CONTROL_SQLITE_DELIVERIES_H
#define ENRICHD_STORE_CONTROL_SQLITE_DELIVERIES_H

#include "store/batch_row.h"
#include "store/control.h"

enum err control_sqlite_deliveries_due(struct control *control, const struct delivery_query *query,
                                       struct arena *arena, struct delivery **ret, size_t *ret_count,
                                       int64_t *ret_next_us) MUST_USE;
enum err control_sqlite_delivery_get(struct control *control, int64_t account_id, struct uuid batch_id,
                                     struct arena *arena, struct delivery *ret,
                                     struct delivery_attempt **ret_attempts, size_t *ret_count) MUST_USE;

/* Inside a write transaction: */

/* Records that the batch, which has just become final, is to be told; nothing if it has no webhook. arena:
 * scratch. */
enum err delivery_row_insert(struct sqlite *db, const struct batch_row *row, struct arena *arena) MUST_USE;

enum err delivery_row_add_outcome(struct sqlite *db, const struct delivery_outcome *outcome) MUST_USE;

/* ERR_NOT_FOUND: the batch has no delivery. */
enum err delivery_row_again(struct sqlite *db, const struct batch_row *row) MUST_USE;

#endif
