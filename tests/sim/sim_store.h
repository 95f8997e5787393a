/* Control data in memory, for the simulation: what a disk would hold and what only memory knows are two
 * things.
 *
 * Claims, leases and progress are those of the server (store/active_claims.h). Rows and result bytes stand in
 * place of control.db and the piece files: a transaction replaces rows all at once, or fails, or fails
 * although it may turn out after a crash to have been written. Bytes reach the disk by a sync; without one a
 * crash keeps any part of them. Everything that the invariants need is watched from here, at the moment when
 * it happens.
 */
#ifndef ENRICHD_TESTS_SIM_SIM_STORE_H
#define ENRICHD_TESTS_SIM_SIM_STORE_H

#include "sim/sim_file.h"
#include "sim/sim_watch.h"
#include "store/active_claims.h"

/* A batch as the disk has it. Rows do not change; a transaction puts new ones in their place. */
struct sim_row {
    struct batch batch;
    str inputs; /* empty when erased */
    str idempotency_key;
    uint8_t body_hash[SHA256_BYTES];
    int64_t created_us;       /* of the key */
    struct piece_list pieces; /* those that are saved */
    struct sim_file *file;
    struct delivery delivery; /* state 0: none */
};

/* What goes wrong, each as one in so many; 0: never. */
struct sim_faults {
    uint32_t transaction; /* fails; half of those may be found written after a crash */
    uint32_t piece;       /* the bytes of a piece cannot be written */
    uint32_t sync;        /* bytes since the latest sync are lost to the program */
    bool is_disk_full;
};

struct sim_store {
    struct control base;
    struct active active;
    struct sim_faults faults;
    int64_t lease_us;

    struct sim_row **rows; /* by order of submission */
    uint32_t row_count;
    struct sim_row **ghost; /* a transaction that failed but may have been written */
    uint32_t ghost_count;
    struct sim_watch *watch;

    uint32_t transaction_count, failure_count, unknown_count, takeover_count;
};

/* An empty disk. */
void sim_store_init(struct sim_store *store);

/* A server starts on what the disk has. */
void sim_store_open(struct sim_store *store);

/* Power fails: memory is gone, of unsynced bytes some remain. To be opened again. */
void sim_store_crash(struct sim_store *store);

/* The row, or NULL. */
const struct sim_row *sim_store_find(const struct sim_store *store, struct uuid id);
const struct sim_row *sim_store_find_key(const struct sim_store *store, str idempotency_key);

/* Aborts with a sentence unless all that must hold between any two steps does. */
void sim_store_check(const struct sim_store *store);

/* The lines of the finished prefix: results and unresolved ones, one after the other. free() the bytes.
 * Aborts if a piece is not what its entry says. */
void sim_row_lines(const struct sim_row *row, str *ret_results, str *ret_unresolved);

#endif
