/* Unicode text as identifiers need it: checked, cleaned of what does not show, and folded.
 *
 * Two texts that a person would call the same become the same bytes. ASCII and what
 * plain_text.h knows take no library call; everything else goes through libunistring. Knows nothing of URLs,
 * addresses or names; pasted.h comes next.
 */
#ifndef ENRICHD_ENTITY_TEXT_H
#define ENRICHD_ENTITY_TEXT_H

#include "base/arena.h"

/* For the tables of words that this code is full of. */
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* What occurs in a text, as bits. */
enum text_seen {
    TEXT_SEEN_CONTROL = 1,  /* U+0000 to U+001F and U+007F; tab and line breaks count */
    TEXT_SEEN_HIGH = 2,     /* a byte that is not ASCII */
    TEXT_SEEN_URL_MARK = 4, /* one of % ? # */
    TEXT_SEEN_QUOTING = 8,  /* one of " ( < > */
};

/* The bits of text, in one pass over its bytes. */
unsigned text_seen(str text);

/* Checked and cleaned: zero-width characters and direction marks dropped, each run of white space made one
 * blank, none at either end. The joiners U+200C and U+200D are spelling between two characters outside ASCII
 * and stay there; elsewhere they drop.
 *
 * ret: text itself if nothing is to be cleaned, else in the arena; may be empty. ERR_INVALID: not UTF-8, or a
 * control character that is no white space. ERR_NOMEM. */
enum err text_clean(str text, struct arena *arena, str *ret) MUST_USE;

/* Whether a character of cleaned text outside ASCII leaves a trace on paper: no blanks, controls, private
 * use. The joiners do, where text_clean leaves them. */
bool text_is_shown(uint32_t character) __attribute__((const));

enum text_form {
    TEXT_NFKC,          /* case kept; text that is in this form may come back itself, not copied */
    TEXT_NFC_LOWER,     /* for slugs: compatibility characters are kept apart */
    TEXT_NFKC_LOWER,    /* for local parts */
    TEXT_NFKC_CASEFOLD, /* for names */
};

/* Cleaned (unless ASCII) and brought to the form, so that folding the result again changes nothing.
 *
 * text: not checked before. ret: in the arena, except as said at TEXT_NFKC. ERR_INVALID as text_clean, and
 * for text whose form does not settle or is over IDENTIFIER_BYTES_MAX. ERR_NOMEM. */
enum err text_fold(enum text_form form, str text, struct arena *arena, str *ret) MUST_USE;

/* head and tail in one. In the arena; empty when it is exhausted. */
str text_joined(str head, str tail, struct arena *arena);

#endif
