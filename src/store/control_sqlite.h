/* Control data in SQLite and plain files: the embedded backend of control.h.
 *
 * `<data>/control.db` (WAL, synchronous=FULL), `<data>/pieces/<batch id>` (result bytes, appended by the
 * workers), `<data>/lock` (one server a folder). Claims live in memory (active.h): after a crash what is past
 * the latest checkpoint is computed again. Next: control_sqlite_state.h lists the files.
 */
#ifndef ENRICHD_STORE_CONTROL_SQLITE_H
#define ENRICHD_STORE_CONTROL_SQLITE_H

#include "store/control.h"

enum control_sqlite_mode {
    CONTROL_SERVE, /* the server: takes `lock`, loads what is unfinished */
    CONTROL_TOOL,  /* a command beside it: keys and reads only; no claims, no apply */
};

struct control_sqlite_settings {
    int64_t lease_us;            /* a claim that is not committed by then may be handed out again */
    uint32_t served_batches_max; /* batches that take turns at claim(); younger ones wait for a place */
};

/* settings: may be NULL for a tool.
 *
 * Opens control.db of the data folder, creating both where missing, and brings an older schema up to date.
 * Files of batches that are erased or unknown are removed. ERR_BUSY: another server has the folder (for a
 * tool: and its schema is older). ERR_CORRUPT: not a control.db, or one of a newer enrichd. */
enum err control_sqlite_open(const char *data_cstr, enum control_sqlite_mode mode,
                             const struct control_sqlite_settings *settings, struct control **ret) MUST_USE;

#endif
