/* Projection: the fields that a request selects, out of a stored record, as JSON text.
 *
 * A plan is compiled once a batch and read by all workers. Whole families are copied; only a family of which
 * less is wanted is walked. Values are the bytes that were imported. Pure code.
 */
#ifndef ENRICHD_ENTITY_PROJECT_H
#define ENRICHD_ENTITY_PROJECT_H

#include "entity/record.h"

struct project_plan;

/* The plan for the default set plus `paths`, both as far as they are of the families in the set `families`
 * (FAMILIES_ALL, or family_set).
 *
 * paths: dotted paths or family names; repeated and nested ones are fine. arena: holds the plan, which lives
 * as long. ERR_INVALID: unknown paths; their indices are then in ret_unknown (room for count), their number
 * in ret_unknown_count. ERR_NOMEM: the arena is exhausted. Any thread. */
enum err project_compile(enum entity entity, const str *paths, size_t count, uint64_t families,
                         struct arena *arena, const struct project_plan **ret, size_t *ret_unknown,
                         size_t *ret_unknown_count) MUST_USE;

/* Appends the object `{...}` of what the plan selects from the record: default set and selected families in
 * stored order, selected leaves with their nesting, arrays trimmed element by element. A path whose data the
 * record lacks adds nothing. Failure is out's is_failed. Any thread. */
void project_record(const struct project_plan *plan, const struct record *record, struct buf *out);

/* What project_record reads of a record's text. */
enum record_part project_part(const struct project_plan *plan);

/* An estimate of the bytes of a projected record, for sizing: between the two measured averages. */
size_t project_bytes_estimate(const struct project_plan *plan, size_t default_bytes_average,
                              size_t all_bytes_average);

#endif
