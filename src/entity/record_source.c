/* From a line of JSON to a record: the strict parse finds keys, types and places, the text itself gives the
 * values. */
#include "entity/record_source.h"

#include "base/json_span.h"
#include "base/json_text.h"
#include "entity/record_keys.h"

static unsigned type_of(yyjson_val *value)
{
    switch (yyjson_get_type(value)) {
    case YYJSON_TYPE_OBJ:
        return FIELD_OBJECT;
    case YYJSON_TYPE_ARR:
        return FIELD_ARRAY;
    case YYJSON_TYPE_STR:
        return FIELD_STRING;
    case YYJSON_TYPE_BOOL:
        return FIELD_BOOLEAN;
    case YYJSON_TYPE_RAW:
        return FIELD_NUMBER;
    default:
        return FIELD_NULL;
    }
}

static const char *type_names(unsigned types)
{
    switch (types & ~(unsigned)FIELD_NULL) {
    case FIELD_OBJECT:
        return "an object";
    case FIELD_ARRAY:
        return "an array";
    case FIELD_OBJECT | FIELD_ARRAY:
        return "an object or an array";
    case FIELD_STRING:
        return "a string";
    case FIELD_NUMBER:
        return "a number";
    case FIELD_BOOLEAN:
        return "true or false";
    default:
        return "of another type";
    }
}

static enum err read_id(str name, yyjson_val *value, int64_t *ret)
{
    uint64_t id = 0;
    if (!value) return err_raise(ERR_INVALID, "%.*s is missing", STR_ARG(name));
    if (!yyjson_is_raw(value) || str_to_u64(json_str(value), INT64_MAX, &id) != OK || id == 0) {
        return err_raise(ERR_INVALID, "%.*s must be a whole number from 1 to %" PRId64, STR_ARG(name),
                         INT64_MAX);
    }
    *ret = (int64_t)id;
    return OK;
}

/* The text without blanks between tokens, in the arena. */
static enum err compact(str line, struct arena *arena, str *ret)
{
    struct buf text = {.p = arena_alloc_raw(arena, line.n), .room = line.n, .max_bytes = line.n};
    if (!text.p) return err_raise(ERR_NOMEM, "no memory for a record of %zu bytes", line.n);
    json_text_compact(&text, line);
    *ret = buf_str(&text);
    return OK;
}

/* Most lines are compact as they come; others are parsed again without their blanks. */
static enum err read_compact(str line, struct arena *arena, struct json_doc *ret)
{
    str text;
    TRY(json_read(arena, line, ret));
    if (ret->is_compact) return OK;
    TRY(compact(line, arena, &text));
    return json_read(arena, text, ret);
}

static enum err add_family(const struct field *family, yyjson_val *value, str text,
                           struct record_source *source)
{
    unsigned type = type_of(value);
    if (type != FIELD_NULL && !(type & family->types)) {
        return err_raise(ERR_INVALID, "%.*s must be %s", STR_ARG(family->name), type_names(family->types));
    }
    size_t at = source->family_count++;
    for (; at && source->families[at - 1].family > family->family; at--)
        source->families[at] = source->families[at - 1];
    source->families[at] = (struct record_family){family->family, text};
    return OK;
}

static enum err read_families(enum entity entity, struct json_span_walk members, struct record_source *source)
{
    const struct field_table *table = fields_of(entity);
    while (json_span_next(&members)) {
        const struct field *family = family_find(table, json_str(members.key));
        if (!family) {
            source->ignored = json_str(members.key);
        } else if (!str_eq(family->name, entity_id_field(entity))) {
            TRY(add_family(family, members.value, members.value_text, source));
        }
    }
    return OK;
}

static str member_text(struct json_span_walk members, const yyjson_val *value)
{
    while (json_span_next(&members)) {
        if (members.value == value) return members.value_text;
    }
    return (str){0};
}

/* A line of an enrich result file holds the record under "data". */
static bool is_envelope(yyjson_val *root)
{
    return yyjson_is_obj(yyjson_obj_get(root, "data")) && yyjson_obj_get(root, "internal_id");
}

enum err record_parse(enum entity entity, str line, struct arena *arena, struct record_source *ret)
{
    struct record_source source = {0};
    struct json_doc doc;
    int64_t internal_id = 0;
    TRY(read_compact(line, arena, &doc));
    yyjson_val *object = doc.root;
    if (!yyjson_is_obj(object)) return err_raise(ERR_INVALID, "a record must be a JSON object");
    str text = doc.text;
    if (is_envelope(object)) {
        TRY(read_id(STR("internal_id"), yyjson_obj_get(object, "internal_id"), &internal_id));
        object = yyjson_obj_get(object, "data");
        text = member_text(json_span_walk(&doc, doc.root, text), object);
    }
    str id_name = entity_id_field(entity);
    TRY(read_id(id_name, yyjson_obj_getn(object, id_name.p, id_name.n), &source.id));
    if (internal_id && internal_id != source.id) {
        return err_raise(ERR_INVALID, "internal_id %" PRId64 " differs from %.*s %" PRId64, internal_id,
                         STR_ARG(id_name), source.id);
    }
    TRY(read_families(entity, json_span_walk(&doc, object, text), &source));
    TRY(record_keys_collect(entity, object, arena, &source.keys, &source.key_count));
    *ret = source;
    return OK;
}
