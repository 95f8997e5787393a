/* The life of a claim: handed out under a lease, written, done; or given back, or taken over.
 *
 * A claim is a run of identifiers; its epoch grows each time it is handed out, and what was done under an
 * older epoch is refused. Batches take turns: one that has just been served is last in line. The bytes of a
 * piece are written by the caller between active_write_begin and active_write_end, outside of the lock. All
 * functions may be called from any thread.
 */
#ifndef ENRICHD_STORE_ACTIVE_CLAIMS_H
#define ENRICHD_STORE_ACTIVE_CLAIMS_H

#include "store/active.h"
#include "store/control.h"

/* As claim, release_claim and stop of control.h. */
enum err active_claim(struct active *active, struct claim *ret) MUST_USE;
void active_release(struct active *active, const struct claim *claim, int64_t pause_us);
void active_stop(struct active *active);

/* A piece on its way into the file. */
struct active_write {
    struct active_batch *batch; /* referenced until end or abort */
    uint64_t offset;            /* where the bytes go */
    size_t bytes;
    uint32_t sync_failures; /* the batch's when it began */
};

/* Reserves bytes in the file. ERR_STALE: the claim is not the caller's any more. */
enum err active_write_begin(struct active *active, const struct claim *claim, size_t bytes,
                            struct active_write *ret) MUST_USE;

/* The bytes are written: the claim is done. pair: with its offsets. ret_is_last: no claim of the batch is
 * open any more. ERR_STALE. ERR_IO: a sync failed meanwhile, and nobody knows whether the bytes survived it.
 * The write is over only when the caller gives the batch's reference back. */
enum err active_write_end(struct active *active, const struct active_write *write, const struct claim *claim,
                          const struct piece_pair *pair, bool *ret_is_last) MUST_USE;

/* The bytes could not be written: their place is free again, if nobody has reserved one behind it. */
void active_write_abort(struct active *active, const struct active_write *write);

/* Around a sync of the file, under file_lock. begin: whether there is anything to sync, and what the sync is
 * going to cover. end marks it; if the sync failed, everything that was not synced before is open again
 * (piece_file_sync says why). */
bool active_sync_begin(struct active *active, const struct active_batch *batch, uint64_t *ret_serial);
void active_sync_end(struct active *active, struct active_batch *batch, uint64_t serial, bool is_synced);

#endif
