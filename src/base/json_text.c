/* A scanner that knows strings and brackets, and nothing else of JSON. */
#include "base/json_text.h"

/* Bytes of the string that starts with the quote at text.p, both quotes counted. */
static inline size_t string_bytes(str text)
{
    size_t at = 1;
    for (;;) {
        size_t quote = str_find_char(text, '"', at);
        if (quote == SIZE_MAX) return text.n;
        size_t slashes = quote;
        while (slashes > at && text.p[slashes - 1] == '\\') slashes--;
        if ((quote - slashes) % 2 == 0) return quote + 1;
        at = quote + 1;
    }
}

enum { OTHER = 0, QUOTE, OPENING, CLOSING };

static const uint8_t sort_of_byte[256] = {
    ['"'] = QUOTE, ['{'] = OPENING, ['['] = OPENING, ['}'] = CLOSING, [']'] = CLOSING};

static size_t container_bytes(str text)
{
    size_t depth = 0;
    for (size_t at = 0; at < text.n; at++) {
        switch (sort_of_byte[(uint8_t)text.p[at]]) {
        case QUOTE:
            at += string_bytes(str_from(text, at)) - 1;
            break;
        case OPENING:
            depth++;
            break;
        case CLOSING:
            if (--depth == 0) return at + 1;
            break;
        default:
            break;
        }
    }
    return text.n;
}

static size_t word_bytes(str text)
{
    size_t at = 0;
    while (at < text.n && text.p[at] != ',' && text.p[at] != '}' && text.p[at] != ']') at++;
    return at;
}

size_t json_text_value_bytes(str text)
{
    if (text.n == 0) return 0;
    if (text.p[0] == '"') return string_bytes(text);
    if (text.p[0] == '{' || text.p[0] == '[') return container_bytes(text);
    return word_bytes(text);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void json_text_compact(struct buf *out, str text)
{
    size_t at = 0;
    while (at < text.n) {
        size_t end = at;
        while (end < text.n && !is_blank(text.p[end])) {
            end += text.p[end] == '"' ? string_bytes(str_from(text, end)) : 1;
        }
        buf_add(out, str_slice(text, at, end));
        at = end;
        while (at < text.n && is_blank(text.p[at])) at++;
    }
}

struct json_text_walk json_text_walk(str container)
{
    bool is_container = container.n >= 2 && (container.p[0] == '{' || container.p[0] == '[');
    return (struct json_text_walk){
        .rest = is_container ? str_slice(container, 1, container.n - 1) : (str){0},
        .is_array = is_container && container.p[0] == '[',
    };
}

bool json_text_next(struct json_text_walk *walk)
{
    str rest = walk->rest;
    if (rest.n && rest.p[0] == ',') rest = str_from(rest, 1);
    if (rest.n == 0) return false;
    if (!walk->is_array) {
        size_t quoted = string_bytes(rest);
        if (quoted < 2) return false;
        walk->key = str_slice(rest, 1, quoted - 1);
        rest = str_from(rest, quoted + 1);
    }
    size_t n = json_text_value_bytes(rest);
    walk->value = str_slice(rest, 0, n);
    walk->rest = str_from(rest, n);
    return n > 0;
}
