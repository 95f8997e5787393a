/*
 * company.h - company j: what people's records, company records and identifier lists all agree on.
 *
 * A company is a pure function of (seed, index). Person i works for companies below
 * company_population(i + 1), so a population of people has employers that `people records --entity
 * company` can make too. Next: company_record.c.
 */
#ifndef PEOPLE_COMPANY_H
#define PEOPLE_COMPANY_H

#include "out.h"
#include "places.h"
#include "rng.h"

/* Ids are the index plus a base. The second is a professional network's number, beyond any in use. */
enum {
    COMPANY_ID_BASE = 7700000,
    COMPANY_NAME_BYTES_MAX = 128, /* no name, domain or slug of a company is longer */
};
#define COMPANY_NETWORK_ID_BASE 9000000000u

struct company {
    uint64_t seed, index;
    bool is_unknown; /* a name that no company of any population has */
    uint64_t id;
    uint64_t network_id;
    const struct name_part *first, *second, *last; /* words of the name */
    uint64_t series;                               /* number after the name; 0: none */
    const struct place *hq;
    str industry;
    str type;
    uint32_t headcount;
    uint32_t founded; /* year */
};

/* How many companies the first `people` people work for, at most: an eighth and a few. */
uint64_t company_population(uint64_t people);

/* Company `index`; with is_unknown, one that looks alike but exists in no population. */
struct company company_derive(uint64_t seed, uint64_t index, bool is_unknown);

/* Appends "Larkspur Quill Systems", unique among companies; valid inside a JSON string. */
void company_put_name(struct out *o, const struct company *c);

/* Appends larkspur-quill-systems.example, unique; not ASCII for a few companies. The slug is the domain's
 * label, in ASCII, behind "example-". */
void company_put_domain(struct out *o, const struct company *c);
void company_put_slug(struct out *o, const struct company *c);

/* "201-500" for 412. */
str company_size_range(uint32_t headcount);

#endif
