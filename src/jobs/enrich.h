/* One claim's work: identifiers to keys, keys to records, records to lines. No I/O but the record store's.
 */
#ifndef ENRICHD_JOBS_ENRICH_H
#define ENRICHD_JOBS_ENRICH_H

#include "entity/project.h"
#include "jobs/inputs.h"
#include "store/batch.h"
#include "store/records.h"
#include "store/suppression.h"

/* What stays the same for all claims of a batch. */
struct enrich_spec {
    enum entity entity;
    enum identifier_kind identifier_kind;
    size_t identifier_bytes_max; /* longer ones are invalid; <= IDENTIFIER_BYTES_MAX */
    const struct project_plan *plan;
};

struct enrich_output {
    struct buf results;    /* lines; set up by the caller */
    struct buf unresolved; /* lines */
    struct batch_counts counts;
};

/* Appends one line for each input: to results if it resolved, else to unresolved, both in input order.
 *
 * snapshot: of the entity's store. suppressed: who is handed out to nobody; may be NULL. arena: scratch.
 * ERR_NOMEM: arena or buffers reached their caps; ERR_IO, ERR_CORRUPT: the store failed. On error the output
 * is not to be used. Any thread. */
enum err enrich(const struct enrich_spec *spec, const struct input *inputs, size_t count,
                struct records_snapshot *snapshot, const struct suppression_set *suppressed,
                struct arena *arena, struct enrich_output *out) MUST_USE;

/* Appends the unresolved line of one input. original: valid UTF-8. */
void enrich_add_unresolved(str original, enum outcome outcome, struct buf *out);

#endif
