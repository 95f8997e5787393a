/* Top-level names that the field table does not know: collected for the summary of an import, so that a
 * misspelt or a new family does not go unnoticed. */
#ifndef ENRICHD_INTAKE_UNKNOWN_FIELDS_H
#define ENRICHD_INTAKE_UNKNOWN_FIELDS_H

#include "base/str.h"

#define UNKNOWN_FIELDS_MAX     16
#define UNKNOWN_FIELD_NAME_MAX 64

struct unknown_field {
    char name[UNKNOWN_FIELD_NAME_MAX]; /* cut if it is longer; no NUL at the end; any bytes */
    size_t name_bytes;
    uint64_t count; /* of records */
};

/* All zero at the start. */
struct unknown_fields {
    struct unknown_field
        fields[UNKNOWN_FIELDS_MAX]; /* in the order in which they appeared; later ones have no place */
    size_t field_count;
    uint64_t record_count; /* with any such name */
};

/* Notes a record with such a name. */
void unknown_fields_add(struct unknown_fields *unknown, str name);

/* Adds what was collected elsewhere. */
void unknown_fields_merge(struct unknown_fields *unknown, const struct unknown_fields *more);

#endif
