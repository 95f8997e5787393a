/* Look-up in the field tables. The tables themselves are generated: tools/field_tables.py. */
#include "entity/fields.h"

#include "company_fields.h"
#include "person_fields.h"

static const struct field_table *const tables[ENTITY_COUNT] = {
    [ENTITY_PERSON] = &person_field_table,
    [ENTITY_COMPANY] = &company_field_table,
};

const struct field_table *fields_of(enum entity entity)
{
    return tables[entity];
}

const struct field *field_find(const struct field_table *table, str path)
{
    size_t low = 0;
    size_t high = table->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct field *field = &table->fields[table->by_path[middle]];
        int order = str_cmp(path, field->path);
        if (order == 0) return field->types ? field : NULL;
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

const struct field *family_find(const struct field_table *table, str name)
{
    for (size_t i = 0; i < table->family_count; i++) {
        const struct field *family = &table->fields[table->families[i]];
        if (str_eq(family->name, name)) return family;
    }
    return NULL;
}

/* The id is the first family of every table. */
uint64_t family_set(const struct field_table *table, str names)
{
    str name;
    uint64_t set = 1;
    if (!names.n) return FAMILIES_ALL;
    while (str_split(&names, ',', &name)) {
        const struct field *family = family_find(table, name);
        if (family) set |= (uint64_t)1 << family->family;
    }
    return set;
}
