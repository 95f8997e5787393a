/* Names of the entities. */
#include "entity/entity.h"

static const struct {
    str name, id_field;
} entities[ENTITY_COUNT] = {
    [ENTITY_PERSON] = {STR_INIT("person"), STR_INIT("crustdata_person_id")},
    [ENTITY_COMPANY] = {STR_INIT("company"), STR_INIT("crustdata_company_id")},
};

str entity_name(enum entity entity)
{
    return entities[entity].name;
}

enum err entity_of_name(str name, enum entity *ret)
{
    for (int i = 0; i < ENTITY_COUNT; i++) {
        if (!str_eq(name, entities[i].name)) continue;
        *ret = (enum entity)i;
        return OK;
    }
    return err_raise(ERR_INVALID, "unknown entity '%.*s': allowed are person and company", STR_ARG(name));
}

str entity_id_field(enum entity entity)
{
    return entities[entity].id_field;
}
