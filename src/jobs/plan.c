/* Splitting, then entity/project. */
#include "jobs/plan.h"

static size_t count_fields(str fields)
{
    str ignored;
    size_t count = 0;
    while (str_split(&fields, ',', &ignored)) count++;
    return count;
}

enum err plan_compile(enum entity entity, str fields, str families, struct arena *arena,
                      const struct project_plan **ret)
{
    size_t count = count_fields(fields);
    str *paths = arena_array(arena, count, sizeof *paths);
    size_t *unknown = arena_array(arena, count, sizeof *unknown);
    size_t unknown_count;
    if (!paths || !unknown) return err_raise(ERR_NOMEM, "no memory for %zu fields", count);
    for (size_t i = 0; i < count; i++) must(str_split(&fields, ',', &paths[i]));
    uint64_t allowed = family_set(fields_of(entity), families);
    return project_compile(entity, paths, count, allowed, arena, ret, unknown, &unknown_count);
}
