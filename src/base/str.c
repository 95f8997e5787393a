/* Views of bytes: comparing, cutting, finding, and the bounded number parser. */
#include "base/str.h"

str str_of_cstr(const char *cstr)
{
    return (str){cstr, cstr ? strlen(cstr) : 0};
}

bool str_eq_nocase(str a, str b)
{
    if (a.n != b.n) return false;
    for (size_t i = 0; i < a.n; i++) {
        if (a.p[i] != b.p[i] && char_lower(a.p[i]) != char_lower(b.p[i])) return false;
    }
    return true;
}

int str_cmp(str a, str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    if (order) return order;
    return (a.n > b.n) - (a.n < b.n);
}

bool str_starts_nocase(str s, str prefix)
{
    return s.n >= prefix.n && str_eq_nocase(str_slice(s, 0, prefix.n), prefix);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

str str_trim(str s)
{
    while (s.n && is_blank(s.p[0])) s = str_from(s, 1);
    while (s.n && is_blank(s.p[s.n - 1])) s.n--;
    return s;
}

size_t str_find(str s, str needle)
{
    if (needle.n == 0) return 0;
    if (needle.n > s.n) return SIZE_MAX;
    const char *hit = memmem(s.p, s.n, needle.p, needle.n);
    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

bool str_split(str *rest, char separator, str *ret_field)
{
    if (rest->n == 0) return false;
    size_t at = str_find_char(*rest, separator, 0);
    if (at == SIZE_MAX) {
        *ret_field = *rest;
        *rest = str_from(*rest, rest->n);
        return true;
    }
    *ret_field = str_slice(*rest, 0, at);
    *rest = str_from(*rest, at + 1);
    return true;
}

enum err str_to_u64(str s, uint64_t max, uint64_t *ret)
{
    uint64_t value = 0;
    if (s.n == 0) return ERR_INVALID;
    for (size_t i = 0; i < s.n; i++) {
        if (!char_is_digit(s.p[i])) return ERR_INVALID;
        if (__builtin_mul_overflow(value, 10u, &value)) return ERR_LIMIT;
        if (__builtin_add_overflow(value, (uint64_t)(s.p[i] - '0'), &value)) return ERR_LIMIT;
    }
    if (value > max) return ERR_LIMIT;
    *ret = value;
    return OK;
}

enum err str_to_cstr(str s, char *out, size_t out_bytes)
{
    if (s.n >= out_bytes) return ERR_LIMIT;
    if (str_find_char(s, '\0', 0) != SIZE_MAX) return ERR_INVALID;
    if (s.n) memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return OK;
}

int char_hex(char c)
{
    if (char_is_digit(c)) return c - '0';
    c = char_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
