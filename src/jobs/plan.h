/* The projection plan of a batch, from the fields as they are stored: comma-separated. */
#ifndef ENRICHD_JOBS_PLAN_H
#define ENRICHD_JOBS_PLAN_H

#include "entity/project.h"

/* As project_compile. ERR_INVALID: a field that this enrichd does not know. */
enum err plan_compile(enum entity entity, str fields, struct arena *arena,
                      const struct project_plan **ret) MUST_USE;

#endif
