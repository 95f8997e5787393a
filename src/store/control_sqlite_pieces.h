/* Claims on their way into piece files, and piece files on their way out. */
#ifndef ENRICHD_STORE_CONTROL_SQLITE_PIECES_H
#define ENRICHD_STORE_CONTROL_SQLITE_PIECES_H

#include "store/active_claims.h"

struct control_sqlite;

/* The operations of control.h. */
enum err control_sqlite_claim(struct control *control, struct claim *ret) MUST_USE;
enum err control_sqlite_commit_claim(struct control *control, const struct claim *claim,
                                     const struct piece_pair *pair, str bytes, bool *ret_is_last) MUST_USE;
void control_sqlite_release_claim(struct control *control, const struct claim *claim, int64_t pause_us);
void control_sqlite_stop(struct control *control);
size_t control_sqlite_unsaved(struct control *control, int64_t min_age_us, struct uuid *ret, size_t max);
enum err control_sqlite_pieces_open(struct control *control, struct uuid id,
                                    struct batch_pieces *ret) MUST_USE;
void control_sqlite_pieces_close(struct control *control, struct batch_pieces *pieces);

/* Brings every piece that is done to stable storage. On an error those that were not there already are open
 * claims again. */
enum err control_sqlite_sync_pieces(struct control_sqlite *c, struct active_batch *batch) MUST_USE;

enum err control_sqlite_pieces_append(struct control *control, struct uuid id, str bytes,
                                      uint64_t *ret_offset) MUST_USE;
enum err control_sqlite_pieces_clean(struct control *control, struct uuid id) MUST_USE;

#endif
