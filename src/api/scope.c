/* The names. */
#include "api/scope.h"

static const str names[SCOPE_COUNT] = {
    [SCOPE_ENRICH_PERSON] = STR_INIT("enrich:person"), [SCOPE_ENRICH_COMPANY] = STR_INIT("enrich:company"),
    [SCOPE_BATCH_READ] = STR_INIT("batch:read"),       [SCOPE_BATCH_WRITE] = STR_INIT("batch:write"),
    [SCOPE_ACCOUNT_READ] = STR_INIT("account:read"),
};

str scope_name(enum scope scope)
{
    return names[scope];
}

bool scope_is_in(enum scope scope, str list)
{
    str name;
    if (!list.n) return true;
    while (str_split(&list, ',', &name)) {
        if (str_eq(name, names[scope])) return true;
    }
    return false;
}
