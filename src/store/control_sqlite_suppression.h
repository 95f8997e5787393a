/* The stored suppression list: suppression_* of control.h. */
#ifndef ENRICHD_STORE_CONTROL_SQLITE_SUPPRESSION_H
#define ENRICHD_STORE_CONTROL_SQLITE_SUPPRESSION_H

#include "store/control.h"

uint64_t control_sqlite_suppression_mark(struct control *control);
enum err control_sqlite_suppression_list(struct control *control, struct arena *arena,
                                         struct suppression_entry **ret, size_t *ret_count) MUST_USE;
enum err control_sqlite_suppression_add(struct control *control, struct suppression_entry *entries,
                                        size_t count) MUST_USE;
enum err control_sqlite_suppression_remove(struct control *control,
                                           const uint8_t hash[SHA256_BYTES]) MUST_USE;
enum err control_sqlite_audit_mark(struct control *control, const struct audit_head *head) MUST_USE;

#endif
