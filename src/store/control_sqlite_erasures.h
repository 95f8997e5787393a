/* What erasures have removed: erasure_* of control.h. */
#ifndef ENRICHD_STORE_CONTROL_SQLITE_ERASURES_H
#define ENRICHD_STORE_CONTROL_SQLITE_ERASURES_H

#include "store/control.h"
#include "store/sqlite.h"

enum err control_sqlite_erasure_begin(struct control *control, const uint8_t (*hashes)[SHA256_BYTES],
                                      size_t hash_count, int64_t now_us, struct erasure *ret) MUST_USE;
enum err control_sqlite_erasure_records(struct control *control, int64_t id, uint64_t records,
                                        struct erasure *ret) MUST_USE;
enum err control_sqlite_erasure_end(struct control *control, int64_t id, int64_t now_us) MUST_USE;

/* Adds to an erasure's counts. */
enum err erasure_row_add(struct sqlite *db, const struct erasure_tally *tally) MUST_USE;

#endif
