/*
 * profile_url.c - profile URLs as people paste them. Contract in identifier_kinds.h.
 *
 * A spelling varies five things independently: front, path, slug, tail, wrapping. Every variant is one
 * that the contract's table of profile URLs accepts.
 */
#include "affixes.h"
#include "identifier_kinds.h"
#include "person.h"
#include "unicode.h"

static const str fronts[] = {
    W("www.linkedin.com"),         W("linkedin.com"),
    W("http://www.linkedin.com"),  W("https://linkedin.com"),
    W("HTTPS://WWW.LINKEDIN.COM"), W("https://www.LinkedIn.com"),
    W("https://m.linkedin.com"),   W("https://www.linkedin.com."),
    W("http://linkedin.com"),
};
static const struct list front_list = LIST(fronts);

static const str paths[] = {W("/mwlite/in/"), W("/comm/in/"), W("//in//")};
static const struct list path_list = LIST(paths);

static const str tails[] = {
    W("/"),
    W("//"),
    W("?trk=people-guest"),
    W("/?originalSubdomain=uk"),
    W("#experience"),
    W("/de"),
    W("/en-us"),
    W("/details/experience/"),
    W("/details/skills"),
    W("/recent-activity/all/"),
    W("/overlay/contact-info/"),
    W("/?locale=de_DE#top"),
};
static const struct list tail_list = LIST(tails);

static const str sales_paths[] = {W("/sales/lead/"), W("/sales/people/")};
static const struct list sales_path_list = LIST(sales_paths);

static const struct affixes invalid[] = {
    {W("https://www.linkedin.com/company/example-"), W("")},
    {W("https://www.linkedin.com/school/example-"), W("/")},
    {W("https://lnkd.in/example"), W("")},
    {W("https://www.linkedin.com.evil.example/in/example-"), W("")},
    {W("https://www.example.net/in/example-"), W("")},
    {W("https://not-linkedin.example/in/example-"), W("")},
    {W("https://user:secret@www.linkedin.com/in/example-"), W("")},
    {W("https://www.linkedin.com/in/?n="), W("")},
    {W("https://www.linkedin.com/feed/update/"), W("")},
};

/* The main profile for most, any of a person's for some. */
static unsigned choose_url(struct rng *rng, const struct person *p)
{
    return rng_chance(rng, 70) ? 0 : (unsigned)rng_below(rng, p->url_count);
}

void profile_url_put(struct out *o, struct rng *rng, struct subject subject)
{
    struct person p = person_derive(subject.seed, subject.index, subject.is_unknown);
    person_put_url(o, &p, choose_url(rng, &p));
}

static void put_front(struct out *o, struct rng *rng, const struct person *p)
{
    unsigned percent = (unsigned)rng_below(rng, 100);
    if (percent < 35) {
        out_lit(o, "https://www.linkedin.com");
    } else if (percent < 45) {
        out_lit(o, "https://");
        out_str(o, p->home->iso2);
        out_lit(o, ".linkedin.com");
    } else {
        out_str(o, rng_pick(rng, &front_list));
    }
}

static void put_slug_respelled(struct out *o, struct rng *rng, const struct person *p, unsigned which)
{
    OUT_ON_STACK(slug, PERSON_HANDLE_BYTES_MAX);
    person_put_slug(&slug, p, which);
    if (p->urls[which].kind == URL_MEMBER) {
        out_str(o, out_view(&slug));
        return;
    }
    switch (rng_below(rng, 10)) {
    case 0:
        unicode_put_upper(o, out_view(&slug));
        break;
    case 1:
        unicode_put_decomposed(o, out_view(&slug));
        break;
    case 2:
        unicode_put_percent(o, out_view(&slug), PERCENT_UPPER);
        break;
    case 3:
        unicode_put_percent(o, out_view(&slug), PERCENT_LOWER);
        break;
    case 4:
        unicode_put_percent(o, out_view(&slug), PERCENT_EAGER);
        break;
    case 5:
        unicode_put_percent(o, out_view(&slug), PERCENT_TWICE);
        break;
    default:
        out_str(o, out_view(&slug));
    }
}

/* slug, in/slug or @slug. */
static void put_bare(struct out *o, struct rng *rng, const struct person *p, unsigned which)
{
    static const str marks[] = {W(""), W("in/"), W("@")};
    out_str(o, marks[rng_below(rng, COUNT_OF(marks))]);
    put_slug_respelled(o, rng, p, which);
}

/* A member id as the sales product links to it. */
static void put_sales(struct out *o, struct rng *rng, const struct person *p, unsigned which)
{
    put_front(o, rng, p);
    out_str(o, rng_pick(rng, &sales_path_list));
    person_put_slug(o, p, which);
    if (rng_chance(rng, 70)) out_lit(o, ",NAME_SEARCH,x1Yz");
}

static void put_unpadded(struct out *o, str digits)
{
    while (digits.n > 1 && digits.p[0] == '0') digits = (str){digits.p + 1, digits.n - 1};
    out_str(o, digits);
}

/* The old public form /pub/stem/A/B/C of the slug stem-CCCBBBA: three digits, three digits, the rest. */
static void put_pub(struct out *o, struct rng *rng, const struct person *p, unsigned which)
{
    OUT_ON_STACK(slug, PERSON_HANDLE_BYTES_MAX);
    OUT_ON_STACK(stem, PERSON_HANDLE_BYTES_MAX);
    person_put_slug(&slug, p, which);
    person_put_slug_stem(&stem, p, which);
    const char *code = slug.p + stem.n + 1;
    put_front(o, rng, p);
    out_lit(o, "/pub/");
    unicode_put_percent(o, out_view(&stem), PERCENT_UPPER);
    out_char(o, '/');
    out_put(o, code + 6, slug.n - stem.n - 7);
    out_char(o, '/');
    put_unpadded(o, (str){code + 3, 3});
    out_char(o, '/');
    put_unpadded(o, (str){code, 3});
}

/* /in/slug or one of its relatives, and what may follow. After /pub/slug a segment would read as the old
 * form, so nothing follows that. */
static void put_web(struct out *o, struct rng *rng, const struct person *p, unsigned which)
{
    bool is_pub = rng_chance(rng, 6);
    put_front(o, rng, p);
    if (is_pub)
        out_lit(o, "/pub/");
    else
        out_str(o, rng_chance(rng, 80) ? (str)W("/in/") : rng_pick(rng, &path_list));
    put_slug_respelled(o, rng, p, which);
    if (!is_pub && rng_chance(rng, 45)) out_str(o, rng_pick(rng, &tail_list));
}

static void put_unwrapped(struct out *o, struct rng *rng, const struct person *p, unsigned which)
{
    unsigned percent = (unsigned)rng_below(rng, 100);
    bool is_member = p->urls[which].kind == URL_MEMBER;
    if (is_member && percent < 50)
        put_sales(o, rng, p, which);
    else if (!is_member && percent < 10)
        put_bare(o, rng, p, which);
    else if (!is_member && percent < 16)
        put_pub(o, rng, p, which);
    else
        put_web(o, rng, p, which);
}

static void put_wrapped(struct out *o, struct rng *rng, const struct person *p, unsigned which)
{
    static const struct affixes wraps[] = {{W(" "), W(" ")}, {W("<"), W(">")}, {W("\""), W("\"")}};
    const struct affixes *wrap = &wraps[rng_below(rng, COUNT_OF(wraps))];
    bool is_wrapped = rng_chance(rng, 12);
    if (is_wrapped) out_str(o, wrap->before);
    put_unwrapped(o, rng, p, which);
    if (is_wrapped) out_str(o, wrap->after);
}

void profile_url_put_spelled(struct out *o, struct rng *rng, struct subject subject)
{
    struct person p = person_derive(subject.seed, subject.index, subject.is_unknown);
    unsigned which = choose_url(rng, &p);
    OUT_ON_STACK(plain, PERSON_HANDLE_BYTES_MAX);
    OUT_ON_STACK(spelled, IDENTIFIER_BYTES_MAX);
    person_put_url(&plain, &p, which);
    put_wrapped(&spelled, rng, &p, which);
    if (spelled.n == plain.n && memcmp(spelled.p, plain.p, plain.n) == 0) out_char(&spelled, '/');
    out_str(o, out_view(&spelled));
}

void profile_url_put_invalid(struct out *o, struct rng *rng, uint64_t n)
{
    affixes_put_number(o, &invalid[rng_below(rng, COUNT_OF(invalid))], n);
}
