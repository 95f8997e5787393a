/* Cleaning character by character, folding by libunistring. */
#include "entity/text.h"

#include <errno.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "entity/identifier.h"
#include "entity/plain_text.h"

static const uint8_t seen_of_byte[256] = {
    [0x00 ... 0x1f] = TEXT_SEEN_CONTROL, [0x7f] = TEXT_SEEN_CONTROL, [0x80 ... 0xff] = TEXT_SEEN_HIGH,
    ['%'] = TEXT_SEEN_URL_MARK,          ['?'] = TEXT_SEEN_URL_MARK, ['#'] = TEXT_SEEN_URL_MARK,
    ['"'] = TEXT_SEEN_QUOTING,           ['('] = TEXT_SEEN_QUOTING,  ['<'] = TEXT_SEEN_QUOTING,
    ['>'] = TEXT_SEEN_QUOTING,
};

unsigned text_seen(str text)
{
    unsigned seen = 0;
    for (size_t i = 0; i < text.n; i++) seen |= seen_of_byte[(uint8_t)text.p[i]];
    return seen;
}

static bool is_blank(ucs4_t c)
{
    switch (c) {
    case '\t' ... '\r':
    case ' ':
    case 0x0085: /* next line */
    case 0x00a0: /* no-break space */
    case 0x1680: /* Ogham space mark */
    case 0x2000 ... 0x200a:
    case 0x2028:
    case 0x2029:
    case 0x202f:
    case 0x205f:
    case 0x3000:
        return true; /* ideographic space */
    default:
        return false;
    }
}

static bool is_control(ucs4_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

static bool is_invisible(ucs4_t c)
{
    switch (c) {
    case 0x00ad: /* soft hyphen */
    case 0x061c: /* Arabic letter mark */
    case 0x200b: /* zero-width space */
    case 0x200e: /* left-to-right mark */
    case 0x200f:
    case 0x202a ... 0x202e: /* embeddings and overrides */
    case 0x2060:            /* word joiner */
    case 0x2066 ... 0x2069: /* isolates */
    case 0xfeff:
        return true;
    default:
        return false;
    }
}

static bool is_joiner(ucs4_t c)
{
    return c == 0x200c || c == 0x200d;
}

bool text_is_shown(uint32_t c)
{
    const uint32_t not_shown = UC_CATEGORY_MASK_Z | UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf |
                               UC_CATEGORY_MASK_Cs | UC_CATEGORY_MASK_Co;
    return is_joiner(c) || !uc_is_general_category_withtable(c, not_shown);
}

struct cleaner {
    char *out;
    size_t n;
    size_t joiner_bytes; /* of the joiner that ends the output and waits for a character to join, or 0 */
    bool is_after_high;  /* the last character is neither ASCII nor a joiner */
    bool wants_blank;    /* white space was met since the last character */
};

static void drop_joiner(struct cleaner *to)
{
    to->n -= to->joiner_bytes;
    to->joiner_bytes = 0;
}

static void put_bytes(struct cleaner *to, str bytes)
{
    memcpy(to->out + to->n, bytes.p, bytes.n);
    to->n += bytes.n;
}

static void put_joiner(struct cleaner *to, str bytes)
{
    if (!to->is_after_high || to->wants_blank) return;
    put_bytes(to, bytes);
    to->joiner_bytes = bytes.n;
    to->is_after_high = false;
}

static void put_character(struct cleaner *to, ucs4_t c, str bytes)
{
    if (c < 0x80 || to->wants_blank) drop_joiner(to);
    if (to->wants_blank && to->n) put_bytes(to, STR(" "));
    put_bytes(to, bytes);
    to->joiner_bytes = 0;
    to->is_after_high = c >= 0x80;
    to->wants_blank = false;
}

static enum err clean_characters(str text, struct arena *arena, str *ret)
{
    struct cleaner to = {.out = arena_alloc(arena, text.n + 1)};
    if (!to.out) return ERR_NOMEM;
    for (size_t at = 0; at < text.n;) {
        ucs4_t c;
        int bytes = u8_mbtoucr(&c, (const uint8_t *)text.p + at, text.n - at);
        if (bytes <= 0) return ERR_INVALID;
        str character = str_of(text.p + at, (size_t)bytes);
        at += character.n;
        if (is_invisible(c)) continue;
        if (is_blank(c)) {
            to.wants_blank = true;
        } else if (is_control(c)) {
            return ERR_INVALID;
        } else if (is_joiner(c)) {
            put_joiner(&to, character);
        } else {
            put_character(&to, c, character);
        }
    }
    drop_joiner(&to);
    *ret = str_of(to.out, to.n);
    return OK;
}

enum err text_clean(str text, struct arena *arena, str *ret)
{
    if (!plain_text_check(text)) return clean_characters(text, arena, ret);
    *ret = text;
    return OK;
}

#define NOT_PRINTABLE ((unsigned)(TEXT_SEEN_HIGH | TEXT_SEEN_CONTROL))

/* The lower case of text that is printable ASCII; false, with out half filled, if it is not. */
static bool ascii_lower(str text, char *out)
{
    unsigned seen = 0;
    for (size_t i = 0; i < text.n; i++) {
        out[i] = char_lower(text.p[i]);
        seen |= seen_of_byte[(uint8_t)text.p[i]];
    }
    return !(seen & NOT_PRINTABLE);
}

static uint8_t *convert(enum text_form form, str text, uint8_t *room, size_t *length)
{
    const uint8_t *bytes = (const uint8_t *)text.p;
    switch (form) {
    case TEXT_NFKC:
        return u8_normalize(UNINORM_NFKC, bytes, text.n, room, length);
    case TEXT_NFC_LOWER:
        return u8_tolower(bytes, text.n, NULL, UNINORM_NFC, room, length);
    case TEXT_NFKC_LOWER:
        return u8_tolower(bytes, text.n, NULL, UNINORM_NFKC, room, length);
    case TEXT_NFKC_CASEFOLD:
        break;
    }
    return u8_casefold(bytes, text.n, NULL, UNINORM_NFKC, room, length);
}

/* One conversion. The library writes into the arena's room, or takes memory of its own when that is too small
 * (a single character may grow elevenfold). */
static enum err convert_once(enum text_form form, str text, struct arena *arena, str *ret)
{
    size_t length = text.n * 2 + 32;
    uint8_t *room = arena_alloc(arena, length);
    if (!room) return ERR_NOMEM;
    uint8_t *made = convert(form, text, room, &length);
    if (!made) return errno == ENOMEM ? ERR_NOMEM : ERR_INVALID;
    bool is_too_long = length > IDENTIFIER_BYTES_MAX;
    str result = str_of(made, length);
    if (made != room) {
        if (!is_too_long) result = arena_copy(arena, result);
        free(made);
    }
    if (is_too_long) return ERR_INVALID;
    if (!result.p) return ERR_NOMEM;
    *ret = result;
    return OK;
}

/* Lower-casing may undo a normal form, and normalising may bring up a character that cleaning would have
 * dropped. Text in use settles in the first round and is confirmed by the second. */
#define FOLD_ROUNDS_MAX 4

static enum err fold_unicode(enum text_form form, str text, struct arena *arena, str *ret)
{
    for (int round = 0; round < FOLD_ROUNDS_MAX; round++) {
        str cleaned, folded;
        TRY(text_clean(text, arena, &cleaned));
        TRY(convert_once(form, cleaned, arena, &folded));
        if (str_eq(folded, text)) {
            *ret = folded;
            return OK;
        }
        text = folded;
    }
    return ERR_INVALID;
}

enum err text_fold(enum text_form form, str text, struct arena *arena, str *ret)
{
    if (form == TEXT_NFKC) {
        bool is_ascii = !(text_seen(text) & NOT_PRINTABLE);
        if (!is_ascii && !plain_text_check(text)) return fold_unicode(form, text, arena, ret);
        *ret = text;
        return OK;
    }
    char *lower = arena_alloc(arena, text.n);
    if (!lower) return ERR_NOMEM;
    if (!ascii_lower(text, lower) && !plain_text_lower(text, lower))
        return fold_unicode(form, text, arena, ret);
    *ret = str_of(lower, text.n);
    return OK;
}

str text_joined(str head, str tail, struct arena *arena)
{
    char *joined = arena_alloc(arena, head.n + tail.n);
    if (!joined) return (str){0};
    if (head.n) memcpy(joined, head.p, head.n);
    if (tail.n) memcpy(joined + head.n, tail.p, tail.n);
    return str_of(joined, head.n + tail.n);
}
