/* A short list, searched from the front. */
#include "intake/unknown_fields.h"

/* Counts records under a name, without the total. */
static void count_name(struct unknown_fields *unknown, str name, uint64_t count)
{
    struct unknown_field *field = unknown->fields;
    const struct unknown_field *end = unknown->fields + unknown->field_count;
    while (field < end && !str_eq(name, str_of(field->name, field->name_bytes))) field++;
    if (field == end) {
        if (unknown->field_count == UNKNOWN_FIELDS_MAX) return;
        unknown->field_count++;
        memcpy(field->name, name.p, name.n);
        field->name_bytes = name.n;
    }
    field->count += count;
}

void unknown_fields_add(struct unknown_fields *unknown, str name)
{
    unknown->record_count++;
    count_name(unknown, str_slice(name, 0, UNKNOWN_FIELD_NAME_MAX), 1);
}

void unknown_fields_merge(struct unknown_fields *unknown, const struct unknown_fields *more)
{
    unknown->record_count += more->record_count;
    for (size_t i = 0; i < more->field_count; i++) {
        const struct unknown_field *field = &more->fields[i];
        count_name(unknown, str_of(field->name, field->name_bytes), field->count);
    }
}
