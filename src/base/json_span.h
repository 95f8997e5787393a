/* Where the values of a parsed text stand in it.
 *
 * json_text.h finds them by scanning; here the parse has told already where strings and numbers begin, so
 * that nothing is looked at twice. Pure, no allocation.
 */
#ifndef ENRICHD_BASE_JSON_SPAN_H
#define ENRICHD_BASE_JSON_SPAN_H

#include "base/json.h"

/* One step through the members of an object of a compact text.
 *
 *     struct json_span_walk walk = json_span_walk(&doc, object, object_text);
 *     while (json_span_next(&walk)) use(walk.key, walk.value, walk.value_text);
 */
struct json_span_walk {
    const struct json_doc *doc;
    yyjson_obj_iter iter;
    yyjson_val *next_key; /* NULL behind the last */
    size_t end;           /* where the object's closing bracket stands in the text */
    yyjson_val *key, *value;
    str value_text; /* a part of the text */
};

/* object: any object of doc; object_text: its part of the text, from bracket to bracket. */
struct json_span_walk json_span_walk(const struct json_doc *doc, yyjson_val *object, str object_text);
bool json_span_next(struct json_span_walk *walk);

#endif
