/* Hosts, slugs and numbers of the network. */
#include "entity/network_url.h"

#include <unistr.h>

#include "entity/pasted.h"
#include "entity/plain_text.h"
#include "entity/text.h"

bool network_is_one_of(str text, const str *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq_nocase(text, names[i])) return true;
    }
    return false;
}

bool network_is_digits(str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (!char_is_digit(text.p[i])) return false;
    }
    return text.n > 0;
}

/* "www", "m", or two letters of a country. */
static bool is_host_prefix(str label)
{
    if (label.n == 2) return char_is_alpha(label.p[0]) && char_is_alpha(label.p[1]);
    return str_eq_nocase(label, STR("www")) || str_eq_nocase(label, STR("m"));
}

/* The whole host is compared, at most two prefixes deep: "fr.www.linkedin.com". */
static bool is_network_host(str host)
{
    str apex = STR("linkedin.com");
    if (str_ends(host, STR("."))) host.n--;
    if (host.n < apex.n || !str_eq_nocase(str_from(host, host.n - apex.n), apex)) return false;
    str prefixes = str_slice(host, 0, host.n - apex.n);
    if (prefixes.n && !str_ends(prefixes, STR("."))) return false;
    str label;
    for (int depth = 0; str_split(&prefixes, '.', &label); depth++) {
        if (depth == 2 || !is_host_prefix(label)) return false;
    }
    return true;
}

static bool is_network_authority(str authority)
{
    size_t colon = str_find_char(authority, ':', 0);
    str host = str_slice(authority, 0, colon);
    str port = str_from(authority, colon == SIZE_MAX ? authority.n : colon + 1);
    if (port.n && !str_eq(port, STR("80")) && !str_eq(port, STR("443"))) return false;
    return is_network_host(host);
}

/* What the network puts before the page for mobile browsers and for links in its mails. */
static void skip_wrappers(str *path)
{
    static const str wrappers[] = {STR_INIT("mwlite"), STR_INIT("comm")};
    str rest = *path, segment;
    while (pasted_segment(&rest, &segment) && network_is_one_of(segment, wrappers, COUNT_OF(wrappers)))
        *path = rest;
}

/* A lone path segment is a word, unless it is half of a URL that was cut off. */
static enum err take_word(str word, struct network_page *page)
{
    static const str halves[] = {
        STR_INIT("in"),     STR_INIT("pub"),      STR_INIT("mwlite"),  STR_INIT("comm"),
        STR_INIT("school"), STR_INIT("showcase"), STR_INIT("company"),
    };
    if (word.p[0] == '@') word = str_from(word, 1);
    if (word.n == 0 || network_is_one_of(word, halves, COUNT_OF(halves))) return ERR_INVALID;
    page->word = word;
    return OK;
}

static bool is_slashes(str path)
{
    size_t at = 0;
    while (at < path.n && path.p[at] == '/') at++;
    return at == path.n;
}

/* A location without a scheme begins with a host if there is a dot before the first slash. */
enum err network_page(str input, struct arena *arena, struct network_page *ret)
{
    struct pasted_url url;
    struct network_page page = {0};
    TRY(pasted_url(input, arena, &url));
    str first, rest = url.location;
    if (!pasted_segment(&rest, &first)) return ERR_INVALID;
    bool is_lone = is_slashes(rest);
    if (url.has_scheme || str_find_char(first, '.', 0) != SIZE_MAX) {
        if (is_lone || !is_network_authority(first)) return ERR_INVALID;
        page.path = rest;
    } else if (!is_lone) {
        page.path = url.location;
    } else if (str_starts_nocase(first, STR("urn:li:"))) {
        page.urn = str_from(first, 7);
    } else {
        TRY(take_word(first, &page));
    }
    skip_wrappers(&page.path);
    page.query = url.query;
    *ret = page;
    return OK;
}

enum slug_kind { SLUG_REFUSED = 0, SLUG_PUNCTUATION = 1, SLUG_NAME = 2 };

/* Bytes outside ASCII are looked at as characters. Upper case is folded before. */
static const uint8_t slug_kind_of_byte[256] = {
    ['a' ... 'z'] = SLUG_NAME, ['0' ... '9'] = SLUG_NAME, ['-'] = SLUG_PUNCTUATION,
    ['_'] = SLUG_PUNCTUATION,  ['.'] = SLUG_PUNCTUATION,  ['~'] = SLUG_PUNCTUATION,
};

/* Letters, marks, digits, symbols and punctuation of any script. Tag characters make up some flags. */
static enum slug_kind slug_kind_of_character(str text, size_t *ret_bytes)
{
    ucs4_t c;
    *ret_bytes = plain_letter_bytes(text);
    if (*ret_bytes) return SLUG_NAME;
    int bytes = u8_mbtoucr(&c, (const uint8_t *)text.p, text.n);
    if (bytes <= 0) return SLUG_REFUSED;
    *ret_bytes = (size_t)bytes;
    bool is_tag = c >= 0xe0020 && c <= 0xe007f;
    return is_tag || text_is_shown(c) ? SLUG_NAME : SLUG_REFUSED;
}

/* Not punctuation alone, and nothing at its ends that unwrapping would take for a quote. */
static bool is_slug(str slug)
{
    unsigned kinds = 0;
    for (size_t at = 0, bytes = 1; at < slug.n; at += bytes, bytes = 1) {
        uint8_t byte = (uint8_t)slug.p[at];
        unsigned kind = slug_kind_of_byte[byte];
        if (byte >= 0x80) kind = slug_kind_of_character(str_from(slug, at), &bytes);
        if (kind == SLUG_REFUSED) return false;
        kinds |= kind;
    }
    return kinds & SLUG_NAME && slug.n <= NETWORK_SLUG_BYTES_MAX && pasted_unwrapped(slug).n == slug.n;
}

enum err network_slug(str raw, struct arena *arena, str *ret)
{
    str slug;
    TRY(text_fold(TEXT_NFC_LOWER, raw, arena, &slug));
    if (!is_slug(slug)) return ERR_INVALID;
    *ret = slug;
    return OK;
}

enum err network_number(str digits, struct arena *arena, str *ret)
{
    uint64_t number = 0;
    if (str_to_u64(digits, INT64_MAX, &number) != OK || number == 0) return ERR_INVALID;
    while (digits.p[0] == '0') digits = str_from(digits, 1);
    str text = arena_copy(arena, digits);
    if (!text.p) return ERR_NOMEM;
    *ret = text;
    return OK;
}

str network_urn_id(str urn, const str *types, size_t count)
{
    str type, id = urn;
    if (!str_split(&id, ':', &type) || !network_is_one_of(type, types, count)) return (str){0};
    if (id.n && id.p[0] == '(') id = str_from(id, 1);
    return str_slice(id, 0, str_find_char(id, ',', 0));
}
