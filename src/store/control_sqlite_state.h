/* What the files of the embedded control backend share. Private to control_sqlite*.c.
 *
 *     control_sqlite.c         opening, recovery, closing, the table of operations
 *     control_sqlite_schema.c  the tables and their history
 *     control_sqlite_keys.c    accounts and API keys
 *     control_sqlite_link_keys.c  keys of signed links
 *     control_sqlite_apply.c   all durable writes of batches
 *     control_sqlite_reads.c   batches, lists, inputs
 *     control_sqlite_pieces.c  claims on their way into files, and files on their way out
 *     control_sqlite_suppression.c  the suppression list, the end of the audit log
 *     control_sqlite_deliveries.c  webhook deliveries and their attempts
 */
#ifndef ENRICHD_STORE_CONTROL_SQLITE_STATE_H
#define ENRICHD_STORE_CONTROL_SQLITE_STATE_H

#include "base/change_mark.h"
#include "store/active_claims.h"
#include "store/batch_cache.h"
#include "store/batch_row.h"
#include "store/control_sqlite.h"
#include "store/key_cache.h"
#include "store/sqlite_pool.h"

struct control_sqlite {
    struct control base; /* first: callers see only this */
    enum control_sqlite_mode mode;
    char pieces_cstr[4096]; /* the folder of the piece files */
    struct os_file lock;    /* held in CONTROL_SERVE */

    pthread_mutex_t writer_lock; /* guards the two below */
    struct sqlite writer;
    struct arena apply_arena;

    struct sqlite_pool readers;
    struct change_mark keys_changed;        /* set after every change of a key, whatever process makes it */
    struct change_mark suppression_changed; /* likewise of the suppression list */
    struct key_cache keys;
    struct batch_cache batches;
    struct active active; /* empty in CONTROL_TOOL */
};

static inline struct control_sqlite *control_sqlite_of(struct control *control)
{
    return (struct control_sqlite *)control;
}

#endif
