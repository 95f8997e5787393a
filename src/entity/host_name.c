/* Host names by the rules of RFC 1123, UTS 46 and the public suffix list. */
#include "entity/host_name.h"

#include <idn2.h>
#include <libpsl.h>

#include "entity/text.h"

#define NAME_BYTES_MAX  253 /* RFC 1035 section 2.3.4, without the root dot */
#define LABEL_BYTES_MAX 63

static enum err idn_to_ascii(str host, struct arena *arena, str *ret)
{
    str input = arena_copy(arena, host);
    if (!input.p) return ERR_NOMEM;
    uint8_t *made = NULL;
    int outcome = idn2_lookup_u8((const uint8_t *)input.p, &made, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (outcome != IDN2_OK) return outcome == IDN2_MALLOC ? ERR_NOMEM : ERR_INVALID;
    str name = arena_copy(arena, str_of_cstr((const char *)made));
    idn2_free(made);
    if (!name.p) return ERR_NOMEM;
    *ret = name;
    return OK;
}

static bool is_label(str label)
{
    if (label.n == 0 || label.n > LABEL_BYTES_MAX) return false;
    for (size_t i = 0; i < label.n; i++) {
        char c = label.p[i];
        if (!char_is_alpha(c) && !char_is_digit(c) && c != '-') return false;
    }
    return label.p[0] != '-' && label.p[label.n - 1] != '-';
}

/* No top-level label begins with a digit, which tells an IPv4 address from a name. */
static bool is_name(str name)
{
    str rest = name, label = {0};
    size_t labels = 0;
    if (name.n == 0 || name.n > NAME_BYTES_MAX || name.p[name.n - 1] == '.') return false;
    for (; str_split(&rest, '.', &label); labels++) {
        if (!is_label(label)) return false;
    }
    return labels >= 2 && char_is_alpha(label.p[0]);
}

enum err host_name_ascii(str host, struct arena *arena, str *ret)
{
    str name = host;
    unsigned seen = text_seen(name);
    if (seen & TEXT_SEEN_CONTROL) return ERR_INVALID;
    if (seen & TEXT_SEEN_HIGH) TRY(idn_to_ascii(name, arena, &name));
    if (str_ends(name, STR("."))) name.n--;
    if (!is_name(name)) return ERR_INVALID;
    return text_fold(TEXT_NFC_LOWER, name, arena, ret);
}

enum err host_name_registrable(str name, str *ret)
{
    char cstr[NAME_BYTES_MAX + 1];
    const psl_ctx_t *suffixes = psl_builtin();
    must(suffixes); /* a libpsl built without its list is of no use here */
    TRY(str_to_cstr(name, cstr, sizeof cstr));
    const char *domain = psl_registrable_domain(suffixes, cstr);
    if (!domain) return ERR_INVALID;
    *ret = str_from(name, (size_t)(domain - cstr));
    return OK;
}
