/* Unwrapping an address (RFC 5322 as it is met in practice), then checking its two halves. */
#include "entity/business_email.h"

#include <unistr.h>

#include "entity/host_name.h"
#include "entity/pasted.h"
#include "entity/text.h"

#define LOCAL_BYTES_MAX 64 /* RFC 5321 section 4.5.3.1.1 */

#define NOT_CLOSED SIZE_MAX

static bool is_trailing(char c)
{
    return c == ' ' || c == ',' || c == ';' || c == '.' || c == '>';
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

/* Two quotes around the whole, not two quoted parts. */
static bool is_quoted(str text)
{
    if (text.n < 2 || !is_quote(text.p[0])) return false;
    return str_find_char(text, text.p[0], 1) == text.n - 1;
}

/* Without blanks, quotes around the whole, and what ends a sentence or a list item. */
static str trimmed(str text)
{
    size_t before;
    do {
        before = text.n;
        text = str_trim(text);
        while (text.n && is_trailing(text.p[text.n - 1])) text.n--;
        if (is_quoted(text)) text = str_slice(text, 1, text.n - 1);
    } while (text.n != before);
    return text;
}

/* The index behind the quoted string that begins at `at`. */
static size_t quoted_end(str text, size_t at)
{
    for (at++; at < text.n; at++) {
        if (text.p[at] == '\\') {
            at++;
        } else if (text.p[at] == '"') {
            return at + 1;
        }
    }
    return NOT_CLOSED;
}

/* The index behind the comment that begins at `at`; comments nest. */
static size_t comment_end(str text, size_t at)
{
    size_t depth = 0;
    for (; at < text.n; at++) {
        if (text.p[at] == '\\') {
            at++;
        } else if (text.p[at] == '(') {
            depth++;
        } else if (text.p[at] == ')' && --depth == 0) {
            return at + 1;
        }
    }
    return NOT_CLOSED;
}

struct scan {
    char *out;
    size_t n;
    bool is_open;   /* "<" was met: what came before it was a name */
    bool is_closed; /* ">" was met: nothing of the address may follow */
};

/* Takes in one piece of the text, a character or a quoted string. */
static bool scan_piece(struct scan *scan, str piece)
{
    char c = piece.p[0];
    if (c == '<') {
        if (scan->is_open) return false;
        scan->is_open = true;
        scan->n = 0;
    } else if (c == '>') {
        scan->is_closed = true;
    } else if (scan->is_closed) {
        return is_trailing(c);
    } else {
        memcpy(scan->out + scan->n, piece.p, piece.n);
        scan->n += piece.n;
    }
    return true;
}

/* The address inside "Name <address> (comment)". Quoted strings are names and may hold any character; one
 * that stays in the address fails the check of the local part. */
static enum err bare_address(str text, struct arena *arena, str *ret)
{
    struct scan scan = {.out = arena_alloc(arena, text.n)};
    if (!scan.out) return ERR_NOMEM;
    for (size_t at = 0, end; at < text.n; at = end) {
        bool is_comment = text.p[at] == '(';
        end = is_comment ? comment_end(text, at) : text.p[at] == '"' ? quoted_end(text, at) : at + 1;
        if (end > text.n) return ERR_INVALID;
        if (!is_comment && !scan_piece(&scan, str_slice(text, at, end))) return ERR_INVALID;
    }
    *ret = str_of(scan.out, scan.n);
    return OK;
}

/* Normalised, and the target of a mailto: URL if it is one. NFKC turns the full-width forms of "@" and "."
 * into ASCII; letters keep their case, since local part and domain fold differently. */
static enum err unwrap_mailto(str text, struct arena *arena, str *ret)
{
    str scheme = STR("mailto:");
    text = trimmed(text);
    if (str_starts_nocase(text, scheme)) {
        text = str_slice(text, scheme.n, str_find_char(text, '?', scheme.n));
        TRY(pasted_decoded(text, arena, &text));
    }
    return text_fold(TEXT_NFKC, text, arena, ret);
}

static enum err unwrap(str input, struct arena *arena, str *ret)
{
    str text;
    TRY(pasted_text(input, arena, &text, NULL));
    TRY(unwrap_mailto(text, arena, &text));
    text = trimmed(text);
    if (text_seen(text) & TEXT_SEEN_QUOTING) {
        TRY(bare_address(text, arena, &text));
        TRY(unwrap_mailto(text, arena, &text));
    }
    *ret = trimmed(text);
    return OK;
}

/* Nothing but one address in its usual characters: there is nothing to unwrap. */
static bool is_bare(str input)
{
    for (size_t i = 0; i < input.n; i++) {
        char c = input.p[i];
        bool is_usual =
            char_is_alpha(c) || char_is_digit(c) || c == '.' || c == '@' || c == '-' || c == '_' || c == '+';
        if (!is_usual) return false;
    }
    return input.n && input.n <= IDENTIFIER_BYTES_MAX && input.p[input.n - 1] != '.';
}

/* atext of RFC 5322 and the dot. */
static const bool is_local_byte[128] = {
    ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['!'] = true,  ['#'] = true,
    ['$'] = true,         ['%'] = true,         ['&'] = true,         ['\''] = true, ['*'] = true,
    ['+'] = true,         ['-'] = true,         ['/'] = true,         ['='] = true,  ['?'] = true,
    ['^'] = true,         ['_'] = true,         ['`'] = true,         ['{'] = true,  ['|'] = true,
    ['}'] = true,         ['~'] = true,         ['.'] = true,
};

/* Outside ASCII, RFC 6531 allows everything; what cannot be seen is refused here. */
static bool is_local_character(ucs4_t c)
{
    return c < 0x80 ? is_local_byte[c] : text_is_shown(c);
}

static bool is_local(str local)
{
    if (local.n == 0 || local.n > LOCAL_BYTES_MAX) return false;
    for (size_t at = 0; at < local.n;) {
        ucs4_t c = (uint8_t)local.p[at];
        int bytes = c < 0x80 ? 1 : u8_mbtoucr(&c, (const uint8_t *)local.p + at, local.n - at);
        if (bytes <= 0 || !is_local_character(c)) return false;
        at += (size_t)bytes;
    }
    return true;
}

enum err business_email_key(str input, struct arena *arena, struct key *ret)
{
    str address = input, local, domain;
    if (!is_bare(input)) TRY(unwrap(input, arena, &address));
    size_t at = str_find_char(address, '@', 0);
    if (at == SIZE_MAX || str_find_char(address, '@', at + 1) != SIZE_MAX) return ERR_INVALID;
    TRY(text_fold(TEXT_NFKC_LOWER, str_slice(address, 0, at), arena, &local));
    if (!is_local(local)) return ERR_INVALID;
    TRY(host_name_ascii(str_from(address, at + 1), arena, &domain));
    char *text = arena_alloc(arena, local.n + 1 + domain.n);
    if (!text) return ERR_NOMEM;
    memcpy(text, local.p, local.n);
    text[local.n] = '@';
    memcpy(text + local.n + 1, domain.p, domain.n);
    *ret = (struct key){KEY_EMAIL, str_of(text, local.n + 1 + domain.n)};
    return OK;
}
