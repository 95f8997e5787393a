/*
 * company_key.c - domains, names, URLs and ids of companies as people paste them. Contract in
 * identifier_kinds.h.
 */
#include "affixes.h"
#include "company.h"
#include "identifier_kinds.h"
#include "unicode.h"

static struct company derive(struct subject subject)
{
    return company_derive(subject.seed, subject.index, subject.is_unknown);
}

void company_key_put_domain(struct out *o, struct rng *rng, struct subject subject)
{
    struct company c = derive(subject);
    (void)rng;
    company_put_domain(o, &c);
}

void company_key_put_domain_spelled(struct out *o, struct rng *rng, struct subject subject)
{
    static const struct affixes forms[] = {
        {W("www."), W("")},
        {W("https://"), W("/")},
        {W("https://www."), W("/about?lang=en")},
        {W("http://"), W("")},
        {W(" "), W(" ")},
        {W(""), W(".")},
        {W("HTTPS://WWW."), W("")},
        {W("https://"), W(":443/")},
    };
    struct company c = derive(subject);
    OUT_ON_STACK(domain, COMPANY_NAME_BYTES_MAX);
    OUT_ON_STACK(spelled, COMPANY_NAME_BYTES_MAX);
    company_put_domain(&domain, &c);
    switch (rng_below(rng, 3)) {
    case 0:
        unicode_put_upper(&spelled, out_view(&domain));
        break;
    case 1:
        unicode_put_idna(&spelled, out_view(&domain));
        break;
    default:
        out_str(&spelled, out_view(&domain));
    }
    affixes_put(o, &forms[rng_below(rng, COUNT_OF(forms))], out_view(&spelled));
}

void company_key_put_domain_invalid(struct out *o, struct rng *rng, uint64_t n)
{
    static const struct affixes invalid[] = {
        {W("no-dot-"), W("")},           {W("two..dots-"), W(".example")},   {W("a blank "), W(".example")},
        {W("-hyphen-"), W("-.example")}, {W("someone-"), W("@example.net")},
    };
    affixes_put_number(o, &invalid[rng_below(rng, COUNT_OF(invalid))], n);
}

void company_key_put_name(struct out *o, struct rng *rng, struct subject subject)
{
    struct company c = derive(subject);
    (void)rng;
    company_put_name(o, &c);
}

/* Blanks around it, and upper or lower case. */
void company_key_put_name_spelled(struct out *o, struct rng *rng, struct subject subject)
{
    static const struct affixes forms[] = {{W(" "), W("")}, {W(""), W(" ")}, {W("  "), W("  ")}};
    struct company c = derive(subject);
    OUT_ON_STACK(name, COMPANY_NAME_BYTES_MAX);
    OUT_ON_STACK(spelled, COMPANY_NAME_BYTES_MAX);
    company_put_name(&name, &c);
    if (rng_chance(rng, 50))
        unicode_put_upper(&spelled, out_view(&name));
    else
        unicode_put_lower(&spelled, out_view(&name));
    affixes_put(o, &forms[rng_below(rng, COUNT_OF(forms))], out_view(&spelled));
}

void company_key_put_url(struct out *o, struct rng *rng, struct subject subject)
{
    struct company c = derive(subject);
    (void)rng;
    out_lit(o, "https://www.linkedin.com/company/");
    company_put_slug(o, &c);
}

/* Another host or tail, and the number instead of the slug for some. */
void company_key_put_url_spelled(struct out *o, struct rng *rng, struct subject subject)
{
    static const struct affixes forms[] = {
        {W("linkedin.com/company/"), W("")},
        {W("http://www.linkedin.com/company/"), W("/")},
        {W("HTTPS://WWW.LINKEDIN.COM/company/"), W("/about/")},
        {W("https://uk.linkedin.com/company/"), W("?trk=nav")},
        {W(" https://www.linkedin.com/company/"), W(" ")},
    };
    struct company c = derive(subject);
    OUT_ON_STACK(slug, COMPANY_NAME_BYTES_MAX);
    if (rng_chance(rng, 20))
        out_u64(&slug, c.network_id);
    else
        company_put_slug(&slug, &c);
    affixes_put(o, &forms[rng_below(rng, COUNT_OF(forms))], out_view(&slug));
}

void company_key_put_url_invalid(struct out *o, struct rng *rng, uint64_t n)
{
    static const struct affixes invalid[] = {
        {W("https://www.linkedin.com/in/example-"), W("")},
        {W("https://www.linkedin.com.evil.example/company/example-"), W("")},
        {W("https://www.example.net/company/example-"), W("")},
        {W("https://www.linkedin.com/company/?n="), W("")},
    };
    affixes_put_number(o, &invalid[rng_below(rng, COUNT_OF(invalid))], n);
}

void company_key_put_id(struct out *o, struct rng *rng, struct subject subject)
{
    (void)rng;
    out_u64(o, derive(subject).id);
}

void company_key_put_id_invalid(struct out *o, struct rng *rng, uint64_t n)
{
    static const struct affixes invalid[] = {
        {W("-"), W("")}, {W("id-"), W("")}, {W(""), W(".5")}, {W(""), W("e")}};
    affixes_put_number(o, &invalid[rng_below(rng, COUNT_OF(invalid))], n);
}
