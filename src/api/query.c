/* name=value pairs, percent-encoded. */
#include "api/query.h"

static str decode(str text, struct arena *arena)
{
    char *out = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    if (!out) return (str){0};
    for (size_t i = 0; i < text.n; i++) {
        int high = text.p[i] == '%' && i + 2 < text.n ? char_hex(text.p[i + 1]) : -1;
        int low = high >= 0 ? char_hex(text.p[i + 2]) : -1;
        if (low >= 0) {
            out[n++] = (char)(high * 16 + low);
            i += 2;
        } else {
            out[n++] = text.p[i] == '+' ? ' ' : text.p[i];
        }
    }
    return str_of(out, n);
}

str query_value(str query, str name, struct arena *arena)
{
    str pair;
    while (str_split(&query, '&', &pair)) {
        size_t equals = str_find_char(pair, '=', 0);
        str value = equals == SIZE_MAX ? STR("") : str_from(pair, equals + 1);
        if (str_eq(str_slice(pair, 0, equals), name)) return decode(value, arena);
    }
    return (str){0};
}
