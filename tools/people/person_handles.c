/*
 * person_handles.c - the text of a person's names, slugs, profile URLs and emails. Contract in person.h.
 */
#include "company.h"
#include "permute.h"
#include "person.h"
#include "unicode.h"

/* A code is 40 bits: unknown, 37 of index, 2 of which. Ten hexadecimal digits are longer than what the
 * real network appends to names, so no slug here is the address of anybody. */
enum { CODE_BITS = 40, CODE_DIGITS = CODE_BITS / 4, WHICH_BITS = 2 };

enum email_style {
    EMAIL_DOTTED,   /* maren.brandvik.<code> */
    EMAIL_INITIAL,  /* mbrandvik.<code> */
    EMAIL_SCORED,   /* maren_brandvik_<code> */
    EMAIL_TAGGED,   /* maren.brandvik+<code>: two people at one company may differ in the tag only */
    EMAIL_CAPITALS, /* MAREN.BRANDVIK.<code>, as some systems export it */
    EMAIL_NATIVE,   /* zoë.<code>, where the name has other letters than ASCII */
};

static uint64_t code_of(const struct person *p, unsigned which)
{
    uint64_t unknown = (uint64_t)p->is_unknown << (CODE_BITS - 1);
    uint64_t plain = unknown | p->index << WHICH_BITS | which;
    return permute(rng_key(p->seed, STREAM_HANDLE, 0), (uint64_t)1 << CODE_BITS, plain);
}

static void put_code(struct out *o, const struct person *p, unsigned which)
{
    out_hex(o, code_of(p, which), CODE_DIGITS);
}

void person_put_given(struct out *o, const struct person *p)
{
    out_str(o, p->given->shown);
}

void person_put_family(struct out *o, const struct person *p)
{
    out_str(o, p->family_head->shown);
    if (p->family_tail != NULL) out_str(o, p->family_tail->shown);
}

void person_put_name(struct out *o, const struct person *p)
{
    if (p->origin->family_first) {
        person_put_family(o, p);
        person_put_given(o, p);
        return;
    }
    person_put_given(o, p);
    out_char(o, ' ');
    person_put_family(o, p);
}

static void put_family_ascii(struct out *o, const struct person *p)
{
    out_str(o, p->family_head->ascii);
    if (p->family_tail != NULL) out_str(o, p->family_tail->ascii);
}

static void put_family_native(struct out *o, const struct person *p)
{
    unicode_put_lower(o, p->family_head->shown);
    if (p->family_tail != NULL) unicode_put_lower(o, p->family_tail->shown);
}

static void put_native_stem(struct out *o, const struct person *p)
{
    unicode_put_lower(o, p->given->shown);
    out_char(o, '-');
    put_family_native(o, p);
}

void person_put_slug_stem(struct out *o, const struct person *p, unsigned which)
{
    enum slug_style style = p->urls[which].style;
    if (style == SLUG_NATIVE && !p->origin->is_ascii) {
        put_native_stem(o, p);
        return;
    }
    if (style == SLUG_INITIAL)
        out_char(o, p->given->ascii.p[0]);
    else
        out_str(o, p->given->ascii);
    if (style != SLUG_JOINED) out_char(o, '-');
    if (style == SLUG_EMOJI)
        out_lit(o, "🚀");
    else
        put_family_ascii(o, p);
}

/* ACoAAExample and seven digits of base 64, alphabet of RFC 4648 section 5. */
static void put_member_id(struct out *o, const struct person *p, unsigned which)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint64_t code = code_of(p, which);
    out_lit(o, "ACoAAExample");
    for (int shift = 36; shift >= 0; shift -= 6) out_char(o, digits[code >> shift & 63]);
}

void person_put_slug(struct out *o, const struct person *p, unsigned which)
{
    if (p->urls[which].kind == URL_MEMBER) {
        put_member_id(o, p, which);
        return;
    }
    person_put_slug_stem(o, p, which);
    out_char(o, '-');
    put_code(o, p, which);
}

void person_put_url(struct out *o, const struct person *p, unsigned which)
{
    out_lit(o, "https://www.linkedin.com/in/");
    if (p->urls[which].kind != URL_PERCENT) {
        person_put_slug(o, p, which);
        return;
    }
    OUT_ON_STACK(slug, PERSON_HANDLE_BYTES_MAX);
    person_put_slug(&slug, p, which);
    unicode_put_percent(o, out_view(&slug), PERCENT_UPPER);
}

static enum email_style email_style_of(const struct person *p, unsigned which)
{
    unsigned percent = p->email_styles[which];
    if (percent < 2 && !p->origin->is_ascii) return EMAIL_NATIVE;
    if (percent < 60) return EMAIL_DOTTED;
    if (percent < 85) return EMAIL_INITIAL;
    if (percent < 93) return EMAIL_SCORED;
    return percent < 97 ? EMAIL_TAGGED : EMAIL_CAPITALS;
}

static void put_email_names(struct out *o, const struct person *p, enum email_style style)
{
    if (style == EMAIL_NATIVE) {
        unicode_put_lower(o, p->given->shown);
        return;
    }
    if (style == EMAIL_INITIAL)
        out_char(o, p->given->ascii.p[0]);
    else
        out_str(o, p->given->ascii);
    if (style != EMAIL_INITIAL) out_char(o, style == EMAIL_SCORED ? '_' : '.');
    put_family_ascii(o, p);
}

static void put_capitals(struct out *o, const struct person *p)
{
    OUT_ON_STACK(names, PERSON_HANDLE_BYTES_MAX);
    put_email_names(&names, p, EMAIL_DOTTED);
    unicode_put_upper(o, out_view(&names));
}

void person_put_email_local(struct out *o, const struct person *p, unsigned which)
{
    enum email_style style = email_style_of(p, which);
    if (style == EMAIL_CAPITALS)
        put_capitals(o, p);
    else
        put_email_names(o, p, style);
    out_char(o, style == EMAIL_TAGGED ? '+' : style == EMAIL_SCORED ? '_' : '.');
    put_code(o, p, which);
}

uint64_t person_email_employer(const struct person *p, unsigned which)
{
    return p->employers[which % p->job_count];
}

void person_put_email_domain(struct out *o, const struct person *p, unsigned which)
{
    struct company c = company_derive(p->seed, person_email_employer(p, which), false);
    company_put_domain(o, &c);
}

void person_put_email(struct out *o, const struct person *p, unsigned which)
{
    person_put_email_local(o, p, which);
    out_char(o, '@');
    person_put_email_domain(o, p, which);
}
