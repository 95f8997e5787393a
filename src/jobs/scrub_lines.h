/* The lines of a batch without those of suppressed persons. Pure: no I/O.
 *
 * A result line goes if its identifier or the record's id is on the list. Of who is only suppressed a line
 * with that reason appears among the unresolved ones; of who is to be erased nothing stays, neither line nor
 * input.
 */
#ifndef ENRICHD_JOBS_SCRUB_LINES_H
#define ENRICHD_JOBS_SCRUB_LINES_H

#include "jobs/inputs.h"
#include "store/suppression.h"

/* An identifier whose lines went without a trace, and the entry that made them go. */
struct scrub_erased {
    str original;
    const struct suppression_entry *by;
};

/* A batch on its way. Filled by the caller up to `arena`. */
struct scrub_lines {
    const struct suppression_set *set;
    enum entity entity;
    enum identifier_kind identifier_kind;
    struct arena *arena;
    struct scrub_erased *erased; /* in arena */
    size_t erased_count, erased_room;
    struct erasure_tally *tallies; /* what was removed for which erasure, in arena */
    size_t tally_count, tally_room;
};

/* What became of the lines of a claim. */
struct scrubbed {
    bool is_changed;
    uint32_t moved_count;      /* results that are none any more */
    uint32_t result_count;     /* lines in results */
    uint32_t unresolved_count; /* lines in unresolved */
};

/* Appends to results and unresolved what stays of the lines of one claim. Claims in their order: an
 * identifier that was erased once is erased wherever it stands again. ERR_CORRUPT: not lines of ours.
 * ERR_NOMEM. */
enum err scrub_claim_lines(struct scrub_lines *scrub, str results, str unresolved, struct buf *ret_results,
                           struct buf *ret_unresolved, struct scrubbed *ret) MUST_USE;

/* Empties the texts of inputs that are to be erased. ret_changed: whether there were any. ERR_NOMEM. */
enum err scrub_inputs(struct scrub_lines *scrub, struct input *inputs, size_t count,
                      bool *ret_changed) MUST_USE;

#endif
