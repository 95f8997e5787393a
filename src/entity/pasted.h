/* What people paste around an identifier: blanks, quotes, angle brackets, percent signs, schemes.
 *
 * Takes a text apart into the parts of a URL without deciding whether it is one; whose URL it is, is the
 * business of network_url.h and company_key.h.
 */
#ifndef ENRICHD_ENTITY_PASTED_H
#define ENRICHD_ENTITY_PASTED_H

#include "base/arena.h"

/* The input without surrounding blanks; cleaned (see text_clean) if it is not plain ASCII.
 *
 * input: any bytes. ret: not empty; a part of the input, or in the arena. ret_seen: unless NULL, what occurs
 * in the input (see text_seen), and perhaps no longer in ret. ERR_INVALID: nothing left, over
 * IDENTIFIER_BYTES_MAX, not UTF-8, a control character inside. ERR_NOMEM. */
enum err pasted_text(str input, struct arena *arena, str *ret, unsigned *ret_seen) MUST_USE;

/* Without quotes, angle brackets, blanks and commas at the ends, paired or not. A part of text. */
str pasted_unwrapped(str text);

/* Each %XX made its byte, once, and the result cleaned. Other percent signs stay.
 *
 * ret: text itself if there is no %XX, else in the arena. ERR_INVALID: the bytes are not UTF-8 or control
 * characters. ERR_NOMEM. */
enum err pasted_decoded(str text, struct arena *arena, str *ret) MUST_USE;

/* The parts of a URL, as bytes of one text: decoded, otherwise as they came. */
struct pasted_url {
    bool has_scheme; /* http or https; then the location begins with a host */
    str location;    /* without leading slashes, up to the query or fragment */
    str query;       /* behind the question mark, up to the fragment; not decoded */
};

/* Unwraps, decodes the part before the query once, and a second time if it still holds %XX, and splits.
 *
 * ret: parts of the input or in the arena. ERR_INVALID as pasted_text and pasted_decoded. ERR_NOMEM. */
enum err pasted_url(str input, struct arena *arena, struct pasted_url *ret) MUST_USE;

/* Takes the next segment off a path, passing over empty ones; false at the end. */
bool pasted_segment(str *path, str *ret_segment);

#endif
