/* JSON at the edges: a strict check over yyjson's parse, and escaping on the way out.
 *
 * yyjson refuses invalid UTF-8, lone surrogates and trailing bytes but accepts duplicate keys and any depth;
 * this module adds those rules and gives positions and key names to error texts. The hot path does not parse:
 * see base/json_text.h.
 */
#ifndef ENRICHD_BASE_JSON_H
#define ENRICHD_BASE_JSON_H

#include <yyjson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json_text.h"

#define JSON_DEPTH_MAX 32 /* objects and arrays inside each other */

/* A parsed text. Lives as long as the text and the arena's content. */
struct json_doc {
    str text;
    yyjson_val *root;
    size_t value_count; /* keys are values, too; they lie one after the other from root on, containers before
                           their content */
    const char
        *copy;       /* of the text: strings and raw numbers point into it, to where they stand in the text */
    bool is_compact; /* the text has no blanks between its tokens */
};

/* Parses one JSON value; numbers keep their text (yyjson_is_raw), strings are NUL-safe with their lengths.
 *
 * text: need not be terminated; everything in it must belong to the value, blanks aside. arena: holds the
 * document, which is valid as long as the arena's content (nothing to free); about 3 times the text's length.
 * ERR_INVALID: not JSON, invalid UTF-8, duplicate key in an object, a key with a NUL, deeper than
 * JSON_DEPTH_MAX; err_detail() says what and where ("at byte 17"). ERR_NOMEM: the arena is exhausted. */
enum err json_read(struct arena *arena, str text, struct json_doc *ret) MUST_USE;

/* json_read for callers that want the value alone. */
enum err json_parse(struct arena *arena, str text, yyjson_val **ret) MUST_USE;

/* Whether parsing the text would stay within bounds, found out without parsing it: for text from strangers,
 * where a few bytes can make many values.
 *
 * ERR_INVALID: nested deeper than JSON_DEPTH_MAX. ERR_LIMIT: more than value_max commas and opening brackets.
 * err_detail() says which and where. Text that is no JSON may pass. */
enum err json_check_size(str text, size_t value_max) MUST_USE;

/* The text of a string value or raw number. */
static inline str json_str(yyjson_val *value)
{
    return (str){yyjson_get_raw(value) ? yyjson_get_raw(value) : yyjson_get_str(value),
                 yyjson_get_len(value)};
}

/* Where the bytes of a string or raw number begin in the text. */
static inline size_t json_place(const struct json_doc *doc, yyjson_val *value)
{
    return (size_t)(unsafe_yyjson_get_str(value) - doc->copy);
}

/* Whether the text has escapes in a string. It has more bytes there then, so that the one behind the string's
 * length cannot be the closing quote; but it may be an escaped one. */
static inline bool json_has_escapes(const struct json_doc *doc, yyjson_val *string)
{
    size_t n = unsafe_yyjson_get_len(string);
    const char *end = doc->text.p + json_place(doc, string) + n;
    return *end != '"' || (n && end[-1] == '\\');
}

/* The bytes of a string in the text, between its quotes. */
static inline size_t json_quoted_bytes(const struct json_doc *doc, yyjson_val *string)
{
    if (!json_has_escapes(doc, string)) return unsafe_yyjson_get_len(string);
    return json_text_value_bytes(str_from(doc->text, json_place(doc, string) - 1)) - 2;
}

/* Appends s as a JSON string with quotes. s must be valid UTF-8. Escapes only what JSON demands. */
void json_add_str(struct buf *out, str s);

/* As json_add_str for bytes of any kind: invalid UTF-8 becomes U+FFFD. */
void json_add_str_lossy(struct buf *out, str s);

/* "key": as it stands in an object, with a comma before it unless the last byte of out is '{' or '['. */
void json_add_key(struct buf *out, str key);

#endif
