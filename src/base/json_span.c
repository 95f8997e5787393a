/* The differences of neighbours' places. */
#include "base/json_span.h"

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
    size_t from = json_place(walk->doc, walk->key) + json_quoted_bytes(walk->doc, walk->key) + 2; /* `":` */
    size_t to = walk->next_key ? json_place(walk->doc, walk->next_key) - 2 : walk->end;           /* `,"` */
    walk->value_text = str_slice(walk->doc->text, from, to);
    return true;
}
