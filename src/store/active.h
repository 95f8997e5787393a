/* The batches that are not final, in memory: their claims, their progress and the pieces so far.
 *
 * This file is the table: what is in it, who refers to it, what reads and checkpoints copy out of it. The
 * life of a claim is in active_claims.h. A piece is `done` when its bytes are written, `synced` when those
 * are on stable storage, `saved` when control.db knows it. All functions may be called from any thread.
 */
#ifndef ENRICHD_STORE_ACTIVE_H
#define ENRICHD_STORE_ACTIVE_H

#include <pthread.h>

#include "base/os.h"
#include "store/piece_list.h"

#define ACTIVE_BUCKETS ((size_t)1024)

struct active_settings {
    int64_t lease_us;
    uint32_t served_max; /* batches that take turns; the others wait until one of them is final */
};

struct active_slot {
    int64_t free_us;   /* monotonic: may be handed out from then on; end of the lease or of a pause */
    uint64_t epoch;    /* of the latest hand-out */
    uint64_t done_at;  /* the batch's done_serial when it was done; 0: restored from control.db */
    uint32_t failures; /* how often it was given back because it failed */
    bool is_leased;    /* handed out, and neither done nor given back since */
    bool is_done;
};

/* A batch, counted by references. Guarded by the table's lock, except what says otherwise. */
struct active_batch {
    struct uuid id;                                            /* fixed */
    int64_t account_id, created_us;                            /* fixed */
    uint32_t identifier_count, claim_identifiers, claim_count; /* fixed */
    bool is_closed; /* out of the table: nothing commits any more */
    enum batch_state state;
    int64_t started_us;
    struct batch_counts counts; /* of the claims that are done */
    struct active_slot *slots;
    struct piece_pair *pairs; /* of those slots that are done */
    uint32_t done_count;
    uint32_t first_open;    /* every slot before is done */
    uint64_t done_serial;   /* counts completions */
    uint64_t synced_serial; /* completions up to this one are synced */
    uint64_t saved_serial;  /* ... and saved */
    uint32_t sync_failures;
    int64_t saved_us;    /* monotonic: the latest saving, or when the batch came here */
    uint64_t file_bytes; /* of the piece file, reserved ones included */
    uint32_t references;
    struct active_batch *next_in_bucket;
    struct active_batch *next_waiting;

    pthread_mutex_t file_lock; /* guards the two below; held through a sync; taken before the table's lock */
    struct os_file file;       /* the piece file; none before the first write */
    bool is_named;             /* its name is durable */
};

struct active {
    struct active_settings settings;
    pthread_mutex_t lock;   /* guards all below, and the batches */
    pthread_cond_t changed; /* there may be something to claim, or is_stopped */
    bool is_stopped;
    struct active_batch *buckets[ACTIVE_BUCKETS];
    struct active_batch **served; /* settings.served_max of them at most; next in turn first */
    uint32_t served_count;
    struct active_batch *waiting; /* oldest first */
    struct active_batch **waiting_end;
};

enum err active_init(struct active *active, const struct active_settings *settings) MUST_USE;

/* No thread may be inside any function and no reference be held. Closes files. A zeroed table is accepted. */
void active_fini(struct active *active);

/* A batch that is not in the table yet, with one reference, the caller's. ERR_NOMEM. */
enum err active_batch_new(const struct batch *batch, struct active_batch **ret) MUST_USE;

/* Before active_add: the pieces that control.db knows, and the length of the file. */
void active_batch_restore(struct active_batch *batch, const struct piece_list *list, uint64_t file_bytes);

/* Puts it into the table, which takes over the reference. Cannot fail. */
void active_add(struct active *active, struct active_batch *batch);

/* Takes the batch out because it is final; nothing if it is not there. */
void active_remove(struct active *active, struct uuid id);

/* Whether it was taken out. */
bool active_is_closed(struct active *active, const struct active_batch *batch);

/* A reference to the batch; NULL if it is not there. */
struct active_batch *active_find(struct active *active, struct uuid id);

/* Gives a reference back; the last one frees the batch and closes its file. NULL is accepted. */
void active_unref(struct active *active, struct active_batch *batch);

/* For active_claims.c: as active_find without a reference, under the lock. */
struct active_batch *active_find_locked(struct active *active, struct uuid id);

/* Sets state, start and counts of a batch that was read to what they are here; false: it is not here. */
bool active_progress(struct active *active, struct batch *batch);

/* Which pieces to copy. */
enum active_pieces {
    ACTIVE_PIECES_SYNCED, /* all that are synced */
    ACTIVE_PIECES_PREFIX, /* done, before the first gap */
};

/* What is under way. */
struct active_load {
    uint32_t pending, processing;
    int64_t oldest_us; /* submission of the oldest that is pending; 0: none is */
};
void active_load(struct active *active, struct active_load *ret);

struct active_snapshot {
    enum batch_state state;
    int64_t started_us;
    struct piece_list list; /* in the arena */
    uint64_t serial;        /* of the latest sync */
    bool is_complete;       /* all claims are in the list */
};

/* ERR_NOMEM: the arena is exhausted. */
enum err active_snapshot(struct active *active, const struct active_batch *batch, enum active_pieces which,
                         struct arena *arena, struct active_snapshot *ret) MUST_USE;

/* control.db now has what the snapshot of that serial contains. */
void active_saved(struct active *active, struct active_batch *batch, uint64_t serial);

/* Batches with pieces that are not saved and with open claims, whose latest saving is min_age_us ago; at most
 * max ids. */
size_t active_unsaved(struct active *active, int64_t min_age_us, struct uuid *ret, size_t max);

#endif
