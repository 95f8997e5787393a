/* The sorts of page that name a person, one reader each. */
#include "entity/profile_url.h"

#include "entity/network_url.h"
#include "entity/pasted.h"
#include "entity/plain_text.h"
#include "entity/text.h"

#define MEMBER_BYTES_MAX 100

/* Opaque ids are base64url. */
static bool is_opaque(str id)
{
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        if (!char_is_alpha(c) && !char_is_digit(c) && c != '-' && c != '_') return false;
    }
    return id.n > 0 && id.n <= MEMBER_BYTES_MAX;
}

/* "A..AA" and more: how ids begin that the network puts into URLs (a zero byte, the sort of id, two zero
 * bytes). */
static bool is_member_id(str id)
{
    return id.n > 5 && id.p[0] == 'A' && id.p[3] == 'A' && id.p[4] == 'A' && is_opaque(id);
}

/* The two sorts that stand where a slug stands; nobody's slug is written like this. */
static bool is_member_id_as_slug(str id)
{
    return (str_starts(id, STR("ACoAA")) || str_starts(id, STR("ACwAA"))) && is_member_id(id);
}

static enum err member_key(str id, struct arena *arena, struct key *ret)
{
    struct key key = {KEY_MEMBER_NUMBER, {0}};
    if (network_is_digits(id)) {
        TRY(network_number(id, arena, &key.text));
    } else {
        key = (struct key){KEY_MEMBER, arena_copy(arena, id)};
        if (!key.text.p) return ERR_NOMEM;
    }
    *ret = key;
    return OK;
}

static enum err slug_key(str slug, struct arena *arena, struct key *ret)
{
    if (is_member_id_as_slug(slug)) return member_key(slug, arena, ret);
    str text;
    TRY(network_slug(slug, arena, &text));
    *ret = (struct key){KEY_PROFILE, text};
    return OK;
}

/* "de", "en-us", "zh_CN", "zh-hans". */
static bool is_locale(str segment)
{
    for (size_t i = 0; i < segment.n; i++) {
        bool is_separator = segment.p[i] == '-' || segment.p[i] == '_';
        if (i == 2 ? !is_separator : !char_is_alpha(segment.p[i])) return false;
    }
    return segment.n == 2 || (segment.n >= 5 && segment.n <= 7);
}

/* What may follow a slug: a locale, or a known sub-page with anything behind it. */
static bool is_tail(str path)
{
    static const str sub_pages[] = {
        STR_INIT("details"), STR_INIT("detail"), STR_INIT("recent-activity"),
        STR_INIT("overlay"), STR_INIT("edit"),
    };
    str segment;
    if (!pasted_segment(&path, &segment)) return true;
    if (is_locale(segment) && !pasted_segment(&path, &segment)) return true;
    return network_is_one_of(segment, sub_pages, COUNT_OF(sub_pages));
}

/* /in/slug */
static enum err read_in(str path, str query, struct arena *arena, struct key *ret)
{
    (void)query;
    str slug;
    if (!pasted_segment(&path, &slug) || !is_tail(path)) return ERR_INVALID;
    return slug_key(slug, arena, ret);
}

#define PUB_PADDED_BYTES 3  /* what the second and third part are padded to */
#define PUB_FIRST_BYTES  12 /* the first one is taken as it is */

static bool is_pub_part(str part, size_t bytes_max)
{
    for (size_t i = 0; i < part.n; i++) {
        if (!char_is_alpha(part.p[i]) && !char_is_digit(part.p[i])) return false;
    }
    return part.n >= 1 && part.n <= bytes_max;
}

static char *put_padded(char *to, str part)
{
    memset(to, '0', PUB_PADDED_BYTES - part.n);
    memcpy(to + PUB_PADDED_BYTES - part.n, part.p, part.n);
    return to + PUB_PADDED_BYTES;
}

/* The slug that /pub/name/A/B/C was given when the network dropped that form: name-CCCBBBA. */
static enum err pub_slug(str name, const str part[3], struct arena *arena, str *ret)
{
    char *slug = arena_alloc(arena, name.n + 1 + 2 * PUB_PADDED_BYTES + PUB_FIRST_BYTES);
    if (!slug) return ERR_NOMEM;
    memcpy(slug, name.p, name.n);
    char *end = slug + name.n;
    *end++ = '-';
    end = put_padded(put_padded(end, part[2]), part[1]);
    memcpy(end, part[0].p, part[0].n);
    *ret = str_of(slug, (size_t)(end - slug) + part[0].n);
    return OK;
}

/* /pub/slug and /pub/name/A/B/C; /pub/dir is a directory of names. */
static enum err read_pub(str path, str query, struct arena *arena, struct key *ret)
{
    str name, part[3], rest = path;
    size_t parts = 0;
    if (!pasted_segment(&rest, &name) || str_eq_nocase(name, STR("dir"))) return ERR_INVALID;
    while (parts < 3 && pasted_segment(&rest, &part[parts]) &&
           is_pub_part(part[parts], parts == 0 ? PUB_FIRST_BYTES : PUB_PADDED_BYTES)) {
        parts++;
    }
    if (parts < 3) return read_in(path, query, arena, ret);
    str slug;
    TRY(pub_slug(name, part, arena, &slug));
    return is_tail(rest) ? slug_key(slug, arena, ret) : ERR_INVALID;
}

static enum err read_id(str id, struct arena *arena, struct key *ret)
{
    id = str_slice(id, 0, str_find_char(id, ',', 0));
    return network_is_digits(id) || is_member_id(id) ? member_key(id, arena, ret) : ERR_INVALID;
}

/* /sales/lead/id,NAME_SEARCH,token */
static enum err read_sales(str path, str query, struct arena *arena, struct key *ret)
{
    static const str sorts[] = {STR_INIT("lead"), STR_INIT("people"), STR_INIT("profile")};
    (void)query;
    str sort, id;
    if (!pasted_segment(&path, &sort) || !network_is_one_of(sort, sorts, COUNT_OF(sorts))) return ERR_INVALID;
    return pasted_segment(&path, &id) ? read_id(id, arena, ret) : ERR_INVALID;
}

/* /talent/profile/id and /recruiter/profile/id,token */
static enum err read_recruiter(str path, str query, struct arena *arena, struct key *ret)
{
    (void)query;
    str sort, id;
    if (!pasted_segment(&path, &sort) || !str_eq_nocase(sort, STR("profile"))) return ERR_INVALID;
    return pasted_segment(&path, &id) ? read_id(id, arena, ret) : ERR_INVALID;
}

/* /profile/view?id=123, and the mobile site's /profile/in/slug */
static enum err read_profile(str path, str query, struct arena *arena, struct key *ret)
{
    str sort, parameter;
    if (!pasted_segment(&path, &sort)) return ERR_INVALID;
    if (str_eq_nocase(sort, STR("in"))) return read_in(path, query, arena, ret);
    if (!str_eq_nocase(sort, STR("view"))) return ERR_INVALID;
    while (str_split(&query, '&', &parameter)) {
        if (str_starts(parameter, STR("id="))) return read_id(str_from(parameter, 3), arena, ret);
    }
    return ERR_INVALID;
}

static const struct {
    str sort;
    enum err (*read)(str path, str query, struct arena *arena, struct key *ret);
} pages[] = {
    {STR_INIT("in"), read_in},           {STR_INIT("pub"), read_pub},
    {STR_INIT("sales"), read_sales},     {STR_INIT("talent"), read_recruiter},
    {STR_INIT("profile"), read_profile}, {STR_INIT("recruiter"), read_recruiter},
};

static enum err urn_key(str urn, struct arena *arena, struct key *ret)
{
    static const str types[] = {
        STR_INIT("person"),     STR_INIT("member"),         STR_INIT("fsd_profile"),
        STR_INIT("fs_profile"), STR_INIT("fs_miniProfile"), STR_INIT("fs_salesProfile"),
    };
    str id = network_urn_id(urn, types, COUNT_OF(types));
    return is_opaque(id) ? member_key(id, arena, ret) : ERR_INVALID;
}

static inline bool skip(str *text, str word)
{
    bool is_there = str_starts(*text, word);
    if (is_there) *text = str_from(*text, word.n);
    return is_there;
}

static const bool is_usual_byte[256] = {['a' ... 'z'] = true, ['0' ... '9'] = true, ['-'] = true};

/* A slug of a-z, 0-9, "-" and the letters of plain text. */
static bool is_usual_slug(str slug)
{
    bool has_name = false;
    for (size_t at = 0, bytes; at < slug.n; at += bytes) {
        bytes = is_usual_byte[(uint8_t)slug.p[at]] ? 1 : plain_letter_bytes(str_from(slug, at));
        if (bytes == 0) return false;
        has_name |= slug.p[at] != '-';
    }
    return has_name && slug.n <= NETWORK_SLUG_BYTES_MAX;
}

/* Nearly every profile URL is written like this: https://www.linkedin.com/in/slug, perhaps without scheme or
 * "www." or with a slash at the end. There is nothing to unwrap and to decode then. Empty for any other
 * input. */
static str usual_slug(str input)
{
    if (!skip(&input, STR("https://"))) (void)skip(&input, STR("http://"));
    (void)skip(&input, STR("www."));
    if (!skip(&input, STR("linkedin.com/in/"))) return (str){0};
    if (str_ends(input, STR("/"))) input.n--;
    return is_usual_slug(input) ? input : (str){0};
}

static enum err usual_slug_key(str slug, struct arena *arena, struct key *ret)
{
    char *lower = arena_alloc(arena, slug.n);
    if (!lower) return ERR_NOMEM;
    must(plain_text_lower(slug, lower));
    *ret = (struct key){KEY_PROFILE, str_of(lower, slug.n)};
    return OK;
}

enum err profile_url_key(str input, struct arena *arena, struct key *ret)
{
    struct network_page page;
    str sort, slug = usual_slug(input);
    if (slug.n) return usual_slug_key(slug, arena, ret);
    TRY(network_page(input, arena, &page));
    if (page.urn.n) return urn_key(page.urn, arena, ret);
    if (page.word.n) return slug_key(page.word, arena, ret);
    if (!pasted_segment(&page.path, &sort)) return ERR_INVALID;
    for (size_t i = 0; i < COUNT_OF(pages); i++) {
        if (str_eq_nocase(sort, pages[i].sort)) return pages[i].read(page.path, page.query, arena, ret);
    }
    return ERR_INVALID;
}

str profile_url_display(struct key key, struct arena *arena)
{
    if (key.kind == KEY_MEMBER_NUMBER) return text_joined(STR("urn:li:member:"), key.text, arena);
    if (key.kind == KEY_MEMBER && !is_member_id_as_slug(key.text)) {
        return text_joined(STR("urn:li:person:"), key.text, arena);
    }
    return text_joined(STR("https://www.linkedin.com/in/"), key.text, arena);
}
