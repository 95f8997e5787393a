/* From a line of JSON to a record: the strict parse finds keys and types, the text itself gives the values.
 */
#include "entity/record_source.h"

#include "base/json.h"
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

/* The line's text without blanks between tokens, in the arena. */
static enum err compact(str line, struct arena *arena, str *ret)
{
    struct buf text = {.p = arena_alloc(arena, line.n), .room = line.n, .max_bytes = line.n};
    if (!text.p) return err_raise(ERR_NOMEM, "no memory for a record of %zu bytes", line.n);
    json_text_compact(&text, line);
    *ret = buf_str(&text);
    return OK;
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

/* Walks the parsed object and its text side by side: they have the same members in the same order. */
static enum err read_families(enum entity entity, yyjson_val *object, str text, struct record_source *source)
{
    const struct field_table *table = fields_of(entity);
    struct json_text_walk walk = json_text_walk(text);
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    for (yyjson_val *key; (key = yyjson_obj_iter_next(&iter)) && json_text_next(&walk);) {
        const struct field *family = family_find(table, json_str(key));
        if (!family) {
            source->ignored = json_str(key);
        } else if (!str_eq(family->name, entity_id_field(entity))) {
            TRY(add_family(family, yyjson_obj_iter_get_val(key), walk.value, source));
        }
    }
    return OK;
}

/* A line of an enrich result file holds the record under "data". */
static bool is_envelope(yyjson_val *root)
{
    return yyjson_is_obj(yyjson_obj_get(root, "data")) && yyjson_obj_get(root, "internal_id");
}

enum err record_parse(enum entity entity, str line, struct arena *arena, struct record_source *ret)
{
    struct record_source source = {0};
    yyjson_val *object;
    str text;
    int64_t internal_id = 0;
    TRY(json_parse(arena, line, &object));
    if (!yyjson_is_obj(object)) return err_raise(ERR_INVALID, "a record must be a JSON object");
    TRY(compact(line, arena, &text));
    if (is_envelope(object)) {
        TRY(read_id(STR("internal_id"), yyjson_obj_get(object, "internal_id"), &internal_id));
        object = yyjson_obj_get(object, "data");
        text = json_text_member(text, STR("data"));
    }
    str id_name = entity_id_field(entity);
    TRY(read_id(id_name, yyjson_obj_getn(object, id_name.p, id_name.n), &source.id));
    if (internal_id && internal_id != source.id) {
        return err_raise(ERR_INVALID, "internal_id %" PRId64 " differs from %.*s %" PRId64, internal_id,
                         STR_ARG(id_name), source.id);
    }
    TRY(read_families(entity, object, text, &source));
    TRY(record_keys_collect(entity, object, arena, &source.keys, &source.key_count));
    *ret = source;
    return OK;
}
