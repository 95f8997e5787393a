/* A short list, searched from the front. */
#include "intake/unknown_fields.h"

void unknown_fields_add(struct unknown_fields *unknown, str name)
{
    str kept = str_slice(name, 0, UNKNOWN_FIELD_NAME_MAX);
    struct unknown_field *field = unknown->fields;
    const struct unknown_field *end = unknown->fields + unknown->field_count;
    unknown->record_count++;
    while (field < end && !str_eq(kept, str_of(field->name, field->name_bytes))) field++;
    if (field == end) {
        if (unknown->field_count == UNKNOWN_FIELDS_MAX) return;
        unknown->field_count++;
        memcpy(field->name, kept.p, kept.n);
        field->name_bytes = kept.n;
    }
    field->count++;
}
