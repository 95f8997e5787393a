/* Four short ways from a text to a company's key. */
#include "entity/company_key.h"

#include "entity/host_name.h"
#include "entity/network_url.h"
#include "entity/pasted.h"
#include "entity/text.h"

static bool is_port(str port)
{
    uint64_t number;
    return port.n == 0 || str_to_u64(port, UINT16_MAX, &number) == OK;
}

/* "www" is never part of the name, unless nothing but a top-level domain would be left. */
static str without_www(str name)
{
    while (str_starts(name, STR("www.")) && str_find_char(name, '.', 4) != SIZE_MAX) name = str_from(name, 4);
    return name;
}

enum err company_domain_key(str input, struct arena *arena, struct key *ret)
{
    struct pasted_url url;
    str authority, name;
    TRY(pasted_url(input, arena, &url));
    if (!pasted_segment(&url.location, &authority)) return ERR_INVALID;
    size_t colon = str_find_char(authority, ':', 0);
    if (colon != SIZE_MAX && !is_port(str_from(authority, colon + 1))) return ERR_INVALID;
    TRY(host_name_ascii(str_slice(authority, 0, colon), arena, &name));
    TRY(host_name_registrable(without_www(name), &name));
    if (without_www(name).n != name.n) return ERR_INVALID; /* "www" and a public suffix: nobody's name */
    *ret = (struct key){KEY_DOMAIN, name};
    return OK;
}

/* The first segment of a company's page. */
static bool is_company_page(str sort)
{
    static const str sorts[] = {
        STR_INIT("company"),
        STR_INIT("school"),
        STR_INIT("showcase"),
        STR_INIT("company-beta"),
    };
    return network_is_one_of(sort, sorts, COUNT_OF(sorts));
}

/* What may follow a slug: a known sub-page with anything behind it. Unlike persons, companies have no
 * locales. */
static bool is_tail(str path)
{
    static const str sub_pages[] = {
        STR_INIT("about"),     STR_INIT("jobs"),   STR_INIT("people"),   STR_INIT("posts"),
        STR_INIT("life"),      STR_INIT("videos"), STR_INIT("products"), STR_INIT("insights"),
        STR_INIT("mycompany"), STR_INIT("events"), STR_INIT("alumni"),   STR_INIT("services"),
        STR_INIT("admin"),
    };
    str segment;
    return !pasted_segment(&path, &segment) || network_is_one_of(segment, sub_pages, COUNT_OF(sub_pages));
}

/* The slug in /company/slug and the like. */
static enum err page_slug(str path, str *ret)
{
    str sort, slug;
    if (!pasted_segment(&path, &sort) || !is_company_page(sort)) return ERR_INVALID;
    if (!pasted_segment(&path, &slug) || !is_tail(path)) return ERR_INVALID;
    *ret = slug;
    return OK;
}

static enum err urn_number(str urn, str *ret)
{
    static const str types[] = {STR_INIT("organization"), STR_INIT("company"), STR_INIT("fsd_company")};
    *ret = network_urn_id(urn, types, COUNT_OF(types));
    return network_is_digits(*ret) ? OK : ERR_INVALID;
}

enum err company_url_key(str input, struct arena *arena, struct key *ret)
{
    struct network_page page;
    struct key key = {KEY_COMPANY_PROFILE, {0}};
    TRY(network_page(input, arena, &page));
    str slug = page.word;
    if (page.path.n) TRY(page_slug(page.path, &slug));
    if (page.urn.n) TRY(urn_number(page.urn, &slug));
    if (network_is_digits(slug)) {
        TRY(network_number(slug, arena, &key.text));
    } else {
        TRY(network_slug(slug, arena, &key.text));
    }
    *ret = key;
    return OK;
}

enum err company_name_key(str input, struct arena *arena, struct key *ret)
{
    str text;
    if (input.n > IDENTIFIER_BYTES_MAX) return ERR_INVALID;
    TRY(text_clean(input, arena, &text));
    TRY(text_fold(TEXT_NFKC_CASEFOLD, text, arena, &text));
    if (text.n == 0 || text.n > KEY_BYTES_MAX) return ERR_INVALID;
    *ret = (struct key){KEY_NAME, text};
    return OK;
}

enum err company_id_key(str input, struct arena *arena, struct key *ret)
{
    struct key key = {KEY_ID, {0}};
    str text;
    TRY(pasted_text(input, arena, &text, NULL));
    TRY(network_number(text, arena, &key.text));
    *ret = key;
    return OK;
}

str company_url_display(struct key key, struct arena *arena)
{
    return text_joined(STR("https://www.linkedin.com/company/"), key.text, arena);
}
