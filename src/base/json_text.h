/* Cutting JSON text that is known to be valid, without parsing it into a tree.
 *
 * The values that enrichd delivers are the bytes that were imported: families and leaves are cut out of the
 * text and copied. Every function here takes text that json_parse has accepted (or that was stored after such
 * a check); on other text they stay inside the bounds but may answer nonsense. Pure, no allocation.
 */
#ifndef ENRICHD_BASE_JSON_TEXT_H
#define ENRICHD_BASE_JSON_TEXT_H

#include "base/buf.h"

/* The text without the blanks between its tokens, appended to out. Strings and numbers keep their bytes. */
void json_text_compact(struct buf *out, str text);

/* One step through the members of a compact object or the elements of a compact array.
 *
 *     struct json_text_walk walk = json_text_walk(object);
 *     while (json_text_next(&walk)) use(walk.key, walk.value);
 */
struct json_text_walk {
    str rest;      /* what is left, behind the opening bracket */
    bool is_array; /* walk.key stays empty */
    str key;       /* as it stands between its quotes: escapes are not resolved */
    str value;     /* the member's or element's compact text */
};

struct json_text_walk json_text_walk(str container);
bool json_text_next(struct json_text_walk *walk);

/* Bytes of the compact value that starts at text.p. */
size_t json_text_value_bytes(str text);

#endif
