/* Absolute http and https URLs in plain ASCII. */
#include "api/webhook_url.h"

static bool is_host_char(char c)
{
    return char_is_alpha(c) || char_is_digit(c) || c == '-' || c == '.' || c == '_';
}

/* What may stand in the brackets of an IPv6 address; whether it is one, the dialler finds out. */
static bool is_address(str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (char_hex(text.p[i]) < 0 && text.p[i] != ':' && text.p[i] != '.') return false;
    }
    return str_find_char(text, ':', 0) != SIZE_MAX;
}

/* "[...]" or a name, then perhaps ":port". */
static const char *authority_complaint(str authority)
{
    uint64_t port;
    size_t at = 0;
    if (str_find_char(authority, '@', 0) != SIZE_MAX) return "must not hold a user name or password";
    if (str_starts(authority, STR("["))) {
        at = str_find_char(authority, ']', 0);
        if (at == SIZE_MAX || !is_address(str_slice(authority, 1, at))) return "has a malformed host";
        at++;
    } else {
        while (at < authority.n && is_host_char(authority.p[at])) at++;
        if (at == 0) return "has no host";
    }
    str rest = str_from(authority, at);
    if (rest.n == 0) return NULL;
    if (rest.p[0] != ':' || str_to_u64(str_from(rest, 1), UINT16_MAX, &port) != OK || port == 0) {
        return "has a malformed host or port";
    }
    return NULL;
}

const char *webhook_url_complaint(str url)
{
    size_t scheme = str_starts_nocase(url, STR("https://"))  ? 8
                    : str_starts_nocase(url, STR("http://")) ? 7
                                                             : 0;
    if (url.n > WEBHOOK_URL_BYTES_MAX) return "may have at most 2048 bytes";
    if (!scheme) return "must be an absolute http or https URL";
    for (size_t i = 0; i < url.n; i++) {
        if (url.p[i] <= ' ' || url.p[i] >= 0x7f || url.p[i] == '\\')
            return "may hold printable ASCII only, without blanks";
    }
    str authority = str_from(url, scheme);
    size_t end = 0;
    while (end < authority.n && authority.p[end] != '/' && authority.p[end] != '?' && authority.p[end] != '#')
        end++;
    if (str_find_char(url, '#', 0) != SIZE_MAX) return "must not hold a fragment";
    return authority_complaint(str_slice(authority, 0, end));
}
