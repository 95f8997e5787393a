/*
 * unicode.h - just enough Unicode for the letters in names.c and company.c: case, decomposition,
 * percent-encoding, full-width letters and Punycode.
 *
 * Not a Unicode library: a letter outside those lists may pass through unchanged. Input is valid UTF-8 in
 * NFC. Each function appends its result to `o`, which must be another buffer than the input's.
 */
#ifndef PEOPLE_UNICODE_H
#define PEOPLE_UNICODE_H

#include "out.h"

/* Lower case. */
void unicode_put_lower(struct out *o, str s);

/* Upper case, of those letters whose lower case is the letter again. */
void unicode_put_upper(struct out *o, str s);

/* Canonical decomposition (NFD) of letters with one accent, of Hangul, and of voiced kana. */
void unicode_put_decomposed(struct out *o, str s);

/* ASCII letters, digits and '@' replaced by their full-width forms, which NFKC folds back. */
void unicode_put_fullwidth(struct out *o, str s);

enum percent_style {
    PERCENT_UPPER, /* every byte that is not ASCII: %C3%A9 */
    PERCENT_LOWER, /* the same: %c3%a9 */
    PERCENT_EAGER, /* the hyphens too: %2D */
    PERCENT_TWICE, /* eager, encoded once more: %252D */
};
void unicode_put_percent(struct out *o, str s, enum percent_style style);

/* A domain with each label that needs it in its xn-- form (RFC 3492). */
void unicode_put_idna(struct out *o, str domain);

#endif
