/* Plain text: printable ASCII, and letters outside ASCII that have one lower case each and nothing else to
 * them.
 *
 * Nearly all names and slugs are plain. For them every form of text_fold is lower-casing letter by letter,
 * and text_clean has nothing to do, so that text.h can go past libunistring. The letters are a table in
 * plain_text.c, which tests/unit/test_text.c holds against libunistring. Any other text (combining marks,
 * letters that fold to two, final sigmas, blanks at an end or side by side) is merely not plain. Pure code.
 */
#ifndef ENRICHD_ENTITY_PLAIN_TEXT_H
#define ENRICHD_ENTITY_PLAIN_TEXT_H

#include "base/str.h"

/* Whether text, any bytes, is plain; empty text is not. */
bool plain_text_check(str text);

/* Writes the lower case of text to out, text.n bytes. False, with out half filled, if text is not plain. */
bool plain_text_lower(str text, char *out);

/* The bytes of the letter outside ASCII that text, not empty, begins with: 2 or 3; 0 if it begins with none.
 */
size_t plain_letter_bytes(str text);

#endif
