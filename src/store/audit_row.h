/* The latest entry of the audit log as control.db remembers it. */
#ifndef ENRICHD_STORE_AUDIT_ROW_H
#define ENRICHD_STORE_AUDIT_ROW_H

#include "store/control.h"
#include "store/sqlite.h"

/* Entry 0 if none was remembered. ERR_CORRUPT. */
enum err audit_row_get(struct sqlite *db, struct audit_head *ret) MUST_USE;

/* Nothing happens if a later one is remembered already. */
enum err audit_row_set(struct sqlite *db, const struct audit_head *head) MUST_USE;

#endif
