/* Reading batches: batch_get, batch_get_any, batch_list, batch_inputs, usage, load and expired of control.h.
 */
#ifndef ENRICHD_STORE_CONTROL_SQLITE_READS_H
#define ENRICHD_STORE_CONTROL_SQLITE_READS_H

#include "store/control.h"

enum err control_sqlite_batch_get(struct control *control, int64_t account_id, struct uuid id,
                                  struct arena *arena, struct batch *ret) MUST_USE;
enum err control_sqlite_batch_get_any(struct control *control, struct uuid id, struct arena *arena,
                                      struct batch *ret) MUST_USE;
enum err control_sqlite_usage(struct control *control, int64_t account_id, int64_t from_day, int64_t to_day,
                              struct arena *arena, struct usage **ret, size_t *ret_count) MUST_USE;
enum err control_sqlite_batch_list(struct control *control, const struct control_batch_query *query,
                                   struct arena *arena, struct batch **ret, size_t *ret_count) MUST_USE;
enum err control_sqlite_batch_inputs(struct control *control, struct uuid id, struct arena *arena,
                                     str *ret) MUST_USE;
enum err control_sqlite_unscrubbed(struct control *control, int64_t seq, bool with_unfinished,
                                   struct uuid *ret, size_t max, size_t *ret_count) MUST_USE;
enum err control_sqlite_kept_batches(struct control *control, const struct uuid *after, struct uuid *ret,
                                     size_t max, size_t *ret_count) MUST_USE;
enum err control_sqlite_expired(struct control *control, int64_t now_us, struct uuid *ret, size_t max,
                                size_t *ret_count) MUST_USE;
enum err control_sqlite_load(struct control *control, struct control_load *ret) MUST_USE;

#endif
