/*
 * email.c - business emails as people paste them. Contract in identifier_kinds.h.
 *
 * Letters (case, full width, decomposed), the form of the domain, and what stands around the address vary
 * independently, within what the contract accepts.
 */
#include "affixes.h"
#include "identifier_kinds.h"
#include "person.h"
#include "unicode.h"

static const struct affixes invalid[] = {
    {W("no-at-sign-"), W(".example")},
    {W("two@signs@example-"), W(".example")},
    {W("@no-local-"), W(".example")},
    {W("no-domain-"), W("@")},
    {W("no-dot-"), W("@localhost")},
    {W("a-local-part-that-is-longer-than-the-sixty-four-bytes-allowed-"), W("-00@example.net")},
};

static unsigned choose_email(struct rng *rng, const struct person *p)
{
    return (unsigned)rng_below(rng, p->email_count);
}

void email_put(struct out *o, struct rng *rng, struct subject subject)
{
    struct person p = person_derive(subject.seed, subject.index, subject.is_unknown);
    person_put_email(o, &p, choose_email(rng, &p));
}

/* The address, its domain in xn-- form for half of those that are not ASCII. */
static void put_address(struct out *o, struct rng *rng, const struct person *p, unsigned which)
{
    OUT_ON_STACK(domain, PERSON_HANDLE_BYTES_MAX);
    person_put_email_domain(&domain, p, which);
    person_put_email_local(o, p, which);
    out_char(o, '@');
    if (rng_chance(rng, 50))
        unicode_put_idna(o, out_view(&domain));
    else
        out_str(o, out_view(&domain));
    if (rng_chance(rng, 10)) out_char(o, '.');
}

static void put_letters(struct out *o, struct rng *rng, const struct person *p, unsigned which)
{
    OUT_ON_STACK(address, PERSON_HANDLE_BYTES_MAX);
    put_address(&address, rng, p, which);
    switch (rng_below(rng, 10)) {
    case 0:
    case 1:
    case 2:
        unicode_put_upper(o, out_view(&address));
        break;
    case 3:
        unicode_put_decomposed(o, out_view(&address));
        break;
    case 4:
        unicode_put_fullwidth(o, out_view(&address));
        break;
    default:
        out_str(o, out_view(&address));
    }
}

static void put_display_name(struct out *o, struct rng *rng, const struct person *p)
{
    bool is_quoted = rng_chance(rng, 50);
    if (is_quoted) out_char(o, '"');
    person_put_name(o, p);
    if (is_quoted) out_char(o, '"');
}

static void put_spelled(struct out *o, struct rng *rng, const struct person *p, unsigned which)
{
    static const struct affixes named = {W(" <"), W(">")};
    static const struct affixes forms[] = {
        {W(""), W("")},        {W(" "), W(" ")},      {W("  "), W("")},
        {W("mailto:"), W("")}, {W("MAILTO:"), W("")}, {W("<"), W(">")},
    };
    bool has_name = rng_chance(rng, 20);
    const struct affixes *form = has_name ? &named : &forms[rng_below(rng, COUNT_OF(forms))];
    if (has_name) put_display_name(o, rng, p);
    out_str(o, form->before);
    put_letters(o, rng, p, which);
    out_str(o, form->after);
}

void email_put_spelled(struct out *o, struct rng *rng, struct subject subject)
{
    struct person p = person_derive(subject.seed, subject.index, subject.is_unknown);
    unsigned which = choose_email(rng, &p);
    OUT_ON_STACK(plain, PERSON_HANDLE_BYTES_MAX);
    OUT_ON_STACK(spelled, IDENTIFIER_BYTES_MAX);
    person_put_email(&plain, &p, which);
    put_spelled(&spelled, rng, &p, which);
    if (spelled.n == plain.n && memcmp(spelled.p, plain.p, plain.n) == 0) out_char(&spelled, ' ');
    out_str(o, out_view(&spelled));
}

void email_put_invalid(struct out *o, struct rng *rng, uint64_t n)
{
    affixes_put_number(o, &invalid[rng_below(rng, COUNT_OF(invalid))], n);
}
