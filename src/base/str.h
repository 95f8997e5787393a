/* Strings that carry their length.
 *
 * A `str` is a view: it owns nothing and is valid as long as the bytes behind it. Nothing is NUL-terminated
 * unless its name says `cstr`. All comparisons are of bytes; case folding here is ASCII only (Unicode is
 * entity/identifier's business).
 */
#ifndef ENRICHD_BASE_STR_H
#define ENRICHD_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

typedef struct {
    const char *p; /* may be NULL when n is 0 */
    size_t n;
} str;

/* A string literal as a str; STR_INIT where C wants a constant initialiser. */
#define STR(literal) ((str){"" literal, sizeof(literal) - 1})
#define STR_INIT(literal)                                                                                    \
    {                                                                                                        \
        "" literal, sizeof(literal) - 1                                                                      \
    }

/* For printf("%.*s"). */
#define STR_ARG(s) (int)(s).n, ((s).n ? (s).p : "")

static inline str str_of(const void *p, size_t n)
{
    return (str){(const char *)p, n};
}

/* The view of a NUL-terminated string; NULL gives the empty string. */
str str_of_cstr(const char *cstr);

/* The part of s from byte `from` on, or from..to; out-of-range ends are clamped. */
static inline str str_from(str s, size_t from)
{
    if (from > s.n) from = s.n;
    return (str){s.p ? s.p + from : NULL, s.n - from};
}

static inline str str_slice(str s, size_t from, size_t to)
{
    if (to > s.n) to = s.n;
    if (from > to) from = to;
    return (str){s.p ? s.p + from : NULL, to - from};
}

static inline bool str_eq(str a, str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_starts(str s, str prefix)
{
    return s.n >= prefix.n && str_eq(str_slice(s, 0, prefix.n), prefix);
}

static inline bool str_ends(str s, str suffix)
{
    return s.n >= suffix.n && str_eq(str_from(s, s.n - suffix.n), suffix);
}

bool str_eq_nocase(str a, str b); /* ASCII letters fold */
bool str_starts_nocase(str s, str prefix);
int str_cmp(str a, str b); /* bytes, as memcmp, then length */

/* Without leading and trailing ASCII blanks (space, \t, \r, \n, \f, \v). */
str str_trim(str s);

/* Byte offset of the first c or needle at or after `from`; SIZE_MAX if none. */
static inline size_t str_find_char(str s, char c, size_t from)
{
    if (from >= s.n) return SIZE_MAX;
    const char *hit = (const char *)memchr(s.p + from, c, s.n - from);
    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

size_t str_find(str s, str needle);

/* Takes the next field of *rest up to `separator`: advances *rest past it, false once nothing is left.
 * "a,,b" gives "a", "", "b"; "" gives nothing. */
bool str_split(str *rest, char separator, str *ret_field);

/* Decimal digits only, no sign, no blanks, at least one digit; ERR_INVALID otherwise, ERR_LIMIT over max. */
enum err str_to_u64(str s, uint64_t max, uint64_t *ret) MUST_USE;

/* Writes s and a NUL to out. ERR_INVALID if s holds a NUL, ERR_LIMIT if it does not fit. The one way from a
 * str to an interface that wants a C string. */
enum err str_to_cstr(str s, char *out, size_t out_bytes) MUST_USE;

static inline bool char_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool char_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline char char_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* The value of a hexadecimal digit, -1 for any other character. */
int char_hex(char c);

#endif
