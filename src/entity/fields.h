/* The selectable fields of an entity, compiled from person_fields.tsv and company_fields.tsv.
 *
 * A field is a dotted path; a family is a field of the top level. Fields of a table stand in the order of the
 * file, parents before their children, so that a subtree is a run. All memory is static. Pure code.
 */
#ifndef ENRICHD_ENTITY_FIELDS_H
#define ENRICHD_ENTITY_FIELDS_H

#include "entity/entity.h"

#define FIELD_NONE       UINT16_MAX
#define FAMILY_COUNT_MAX 64 /* families fit a 64-bit set */
#define FAMILIES_ALL     UINT64_MAX

/* What may stand at a path, as the table's type column says; a set. */
enum field_type {
    FIELD_NULL = 1,
    FIELD_OBJECT = 2,
    FIELD_ARRAY = 4,
    FIELD_STRING = 8,
    FIELD_NUMBER = 16,
    FIELD_BOOLEAN = 32,
};

struct field {
    str path;        /* "basic_profile.location.city" */
    str name;        /* "city" */
    uint16_t parent; /* index of the field above; FIELD_NONE for a family */
    uint16_t end;    /* index behind the last field of its subtree */
    uint8_t family;  /* ordinal of its family, 0.. */
    uint8_t types; /* set of enum field_type; 0 for a step such as the "*" of a map, which cannot be selected
                      itself */
    bool is_default; /* part of what every answer contains */
};

struct field_table {
    const struct field *fields;
    size_t count;
    const uint16_t *families; /* indices of the top-level fields, by ordinal */
    size_t family_count;
    const uint16_t *by_path;   /* indices in byte order of the paths */
    uint64_t default_families; /* set of ordinals: families that are in the default set, whole or in part */
};

const struct field_table *fields_of(enum entity entity);

/* The selectable field with exactly this path; NULL if there is none. */
const struct field *field_find(const struct field_table *table, str path);

/* The family of that name; NULL if there is none. */
const struct field *family_find(const struct field_table *table, str name);

/* The families that a list of names, separated by commas, allows, as a set of ordinals: those that it names
 * and the record's own id. The empty list allows all; names that the table does not have count for nothing.
 */
uint64_t family_set(const struct field_table *table, str names);

static inline uint16_t field_index(const struct field_table *table, const struct field *field)
{
    return (uint16_t)(field - table->fields);
}

#endif
