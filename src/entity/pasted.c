/* Unwrapping, decoding and splitting. */
#include "entity/pasted.h"

#include "entity/identifier.h"
#include "entity/text.h"

enum err pasted_text(str input, struct arena *arena, str *ret, unsigned *ret_seen)
{
    if (input.n > IDENTIFIER_BYTES_MAX) return ERR_INVALID;
    str text = str_trim(input);
    unsigned seen = text_seen(text);
    if (seen & (TEXT_SEEN_HIGH | TEXT_SEEN_CONTROL)) TRY(text_clean(text, arena, &text));
    if (text.n == 0) return ERR_INVALID;
    *ret = text;
    if (ret_seen) *ret_seen = seen;
    return OK;
}

static const str openings[] = {
    STR_INIT(" "), STR_INIT("<"), STR_INIT("\""), STR_INIT("'"), STR_INIT("`"),
    STR_INIT("“"), STR_INIT("‘"), STR_INIT("„"),  STR_INIT("‚"), STR_INIT("«"),
};

static const str closings[] = {
    STR_INIT(" "), STR_INIT(">"), STR_INIT("\""), STR_INIT("'"), STR_INIT("`"), STR_INIT(","),
    STR_INIT(";"), STR_INIT("“"), STR_INIT("”"),  STR_INIT("‘"), STR_INIT("’"), STR_INIT("»"),
};

static size_t opening_bytes(str text)
{
    for (size_t i = 0; i < COUNT_OF(openings); i++) {
        if (str_starts(text, openings[i])) return openings[i].n;
    }
    return 0;
}

static size_t closing_bytes(str text)
{
    for (size_t i = 0; i < COUNT_OF(closings); i++) {
        if (str_ends(text, closings[i])) return closings[i].n;
    }
    return 0;
}

static bool is_plain(char c)
{
    return char_is_alpha(c) || char_is_digit(c) || c == '/';
}

str pasted_unwrapped(str text)
{
    size_t bytes;
    while (text.n && !is_plain(text.p[0]) && (bytes = opening_bytes(text)) > 0) text = str_from(text, bytes);
    while (text.n && !is_plain(text.p[text.n - 1]) && (bytes = closing_bytes(text)) > 0) text.n -= bytes;
    return text;
}

/* The byte that %XX at `at` stands for, or -1. */
static int escaped_byte(str text, size_t at)
{
    if (text.p[at] != '%' || text.n - at < 3) return -1;
    int high = char_hex(text.p[at + 1]), low = char_hex(text.p[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool has_escape(str text)
{
    for (size_t at = 0; (at = str_find_char(text, '%', at)) != SIZE_MAX; at++) {
        if (escaped_byte(text, at) >= 0) return true;
    }
    return false;
}

enum err pasted_decoded(str text, struct arena *arena, str *ret)
{
    if (!has_escape(text)) {
        *ret = text;
        return OK;
    }
    char *out = arena_alloc(arena, text.n);
    if (!out) return ERR_NOMEM;
    size_t n = 0;
    for (size_t at = 0; at < text.n; at++) {
        int byte = escaped_byte(text, at);
        out[n++] = byte < 0 ? text.p[at] : (char)byte;
        if (byte >= 0) at += 2;
    }
    return text_clean(str_of(out, n), arena, ret);
}

/* Cuts text at the query. A query found earlier stays: decoding may bring up another question mark, and what
 * was written openly is the outer one. */
static void split_query(str *text, str *query)
{
    *text = str_slice(*text, 0, str_find_char(*text, '#', 0));
    size_t at = str_find_char(*text, '?', 0);
    if (at == SIZE_MAX) return;
    if (query->n == 0) *query = str_from(*text, at + 1);
    text->n = at;
}

static bool take_scheme(str *text)
{
    if (str_starts_nocase(*text, STR("https:"))) {
        *text = str_from(*text, 6);
    } else if (str_starts_nocase(*text, STR("http:"))) {
        *text = str_from(*text, 5);
    } else {
        return false;
    }
    return true;
}

static void skip_slashes(str *text)
{
    while (text->n && text->p[0] == '/') *text = str_from(*text, 1);
}

/* Takes the query off the location and decodes what is before it. */
static enum err split_and_decode(struct pasted_url *url, struct arena *arena)
{
    split_query(&url->location, &url->query);
    for (int round = 0; round < 2 && has_escape(url->location); round++) {
        TRY(pasted_decoded(url->location, arena, &url->location));
        url->location = pasted_unwrapped(url->location);
        split_query(&url->location, &url->query);
    }
    return OK;
}

enum err pasted_url(str input, struct arena *arena, struct pasted_url *ret)
{
    struct pasted_url url = {0};
    unsigned seen;
    TRY(pasted_text(input, arena, &url.location, &seen));
    url.location = pasted_unwrapped(url.location);
    if (seen & TEXT_SEEN_URL_MARK) TRY(split_and_decode(&url, arena));
    skip_slashes(&url.location);
    while (take_scheme(&url.location)) { /* twice when a whole URL was pasted behind "https://" */
        url.has_scheme = true;
        skip_slashes(&url.location);
    }
    *ret = url;
    return OK;
}

bool pasted_segment(str *path, str *ret_segment)
{
    do {
        if (!str_split(path, '/', ret_segment)) return false;
    } while (ret_segment->n == 0);
    return true;
}
