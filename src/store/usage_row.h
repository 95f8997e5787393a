/* Usage sums in control.db. */
#ifndef ENRICHD_STORE_USAGE_ROW_H
#define ENRICHD_STORE_USAGE_ROW_H

#include "store/control.h"
#include "store/sqlite.h"

/* Adds to the sums of its account, day, key, endpoint and class. */
enum err usage_row_add(struct sqlite *db, const struct usage *usage) MUST_USE;

/* See control_ops.usage. */
enum err usage_row_read(struct sqlite *db, int64_t account_id, int64_t from_day, int64_t to_day,
                        struct arena *arena, struct usage **ret, size_t *ret_count) MUST_USE;

#endif
