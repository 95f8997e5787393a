/* The projection plan of a batch, from the fields and families as they are stored: separated by
 * commas. */
#ifndef ENRICHD_JOBS_PLAN_H
#define ENRICHD_JOBS_PLAN_H

#include "entity/project.h"

/* As project_compile. ERR_INVALID: a field that this enrichd does not know. */
enum err plan_compile(enum entity entity, str fields, str families, struct arena *arena,
                      const struct project_plan **ret) MUST_USE;

#endif
