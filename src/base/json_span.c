/* Sums of lengths, and the differences of neighbours' places. */
#include "base/json_span.h"

#include "base/json_text.h"

/* The bytes of a string between its quotes. */
static size_t quoted_bytes(const struct json_doc *doc, yyjson_val *string)
{
    if (!json_has_escapes(doc, string)) return yyjson_get_len(string);
    return json_text_value_bytes(str_from(doc->text, json_place(doc, string) - 1)) - 2;
}

/* The bytes of a value's own tokens: without content, but with the commas and colons between it. */
static size_t token_bytes(const struct json_doc *doc, yyjson_val *value)
{
    switch (yyjson_get_type(value)) {
    case YYJSON_TYPE_STR:
        return quoted_bytes(doc, value) + 2;
    case YYJSON_TYPE_RAW:
        return yyjson_get_len(value);
    case YYJSON_TYPE_ARR:
        return yyjson_arr_size(value) ? 2 + yyjson_arr_size(value) - 1 : 2;
    case YYJSON_TYPE_OBJ:
        return yyjson_obj_size(value) ? 2 + 2 * yyjson_obj_size(value) - 1 : 2;
    case YYJSON_TYPE_BOOL:
        return yyjson_is_true(value) ? 4 : 5;
    default:
        return 4; /* null */
    }
}

bool json_span_is_compact(const struct json_doc *doc)
{
    size_t bytes = 0;
    for (yyjson_val *value = doc->root; value < doc->root + doc->value_count; value++) {
        bytes += token_bytes(doc, value);
    }
    return bytes == doc->text.n;
}

struct json_span_walk json_span_walk(const struct json_doc *doc, yyjson_val *object, str object_text)
{
    struct json_span_walk walk = {.doc = doc, .iter = yyjson_obj_iter_with(object)};
    walk.next_key = yyjson_obj_iter_next(&walk.iter);
    walk.end = (size_t)(object_text.p - doc->text.p) + object_text.n - 1;
    return walk;
}

bool json_span_next(struct json_span_walk *walk)
{
    if (!walk->next_key) return false;
    walk->key = walk->next_key;
    walk->value = yyjson_obj_iter_get_val(walk->key);
    walk->next_key = yyjson_obj_iter_next(&walk->iter);
    size_t from = json_place(walk->doc, walk->key) + quoted_bytes(walk->doc, walk->key) + 2; /* `":` */
    size_t to = walk->next_key ? json_place(walk->doc, walk->next_key) - 2 : walk->end;      /* `,"` */
    walk->value_text = str_slice(walk->doc->text, from, to);
    return true;
}
