/*
 * person.h - person i: what records and identifier lists agree on. Names, employers, profile URLs, emails.
 *
 * A person is a pure function of (seed, index). Every slug, member id and email ends in a ten-digit code
 * that is a shuffle of (unknown, index, which), so all are unique by construction, and an unknown person's
 * can be in no population whatever its size. Next: person_record.c (the rest of a person), identifiers.c.
 */
#ifndef PEOPLE_PERSON_H
#define PEOPLE_PERSON_H

#include "out.h"
#include "places.h"
#include "rng.h"

enum {
    PERSON_ID_BASE = 5000000,
    PERSON_JOBS_MAX = 6,
    PERSON_URLS_MAX = 3,
    PERSON_EMAILS_MAX = 3,
    PERSON_HANDLE_BYTES_MAX = 512, /* no URL or email, encoded however, is longer */
};
#define PERSON_POPULATION_MAX 100000000000u /* indexes are below this */

enum slug_style {
    SLUG_FULL,    /* maren-brandvik-... */
    SLUG_JOINED,  /* marenbrandvik-... */
    SLUG_INITIAL, /* m-brandvik-... */
    SLUG_NATIVE,  /* ольга-белович-..., ASCII names: as SLUG_FULL */
    SLUG_EMOJI,   /* maren-🚀-... */
};

enum url_kind {
    URL_SLUG,    /* /in/ and a slug, as it is */
    URL_PERCENT, /* the same, percent-encoded in the record */
    URL_MEMBER,  /* /in/ and an opaque member id, where case matters */
};

struct person_url {
    enum url_kind kind;
    enum slug_style style;
};

struct person {
    uint64_t seed, index;
    bool is_unknown;
    uint64_t id;
    const struct place *home;
    const struct origin *origin;
    enum origin_id origin_id;
    const struct name_part *given, *family_head, *family_tail; /* the tail may be NULL */
    unsigned url_count; /* 1 to PERSON_URLS_MAX; the first is the main profile */
    struct person_url urls[PERSON_URLS_MAX];
    unsigned job_count;                  /* newest first; at least 1 for a person with an email */
    uint64_t employers[PERSON_JOBS_MAX]; /* company indexes, some of them equal */
    unsigned email_count;
    unsigned email_styles[PERSON_EMAILS_MAX];
};

/* Person `index` of a population. With is_unknown, one who looks alike, works for the same companies and
 * has an email, but is in no population. index < PERSON_POPULATION_MAX. */
struct person person_derive(uint64_t seed, uint64_t index, bool is_unknown);

/* Seven of every ten consecutive people have an email. How many of the first `people` have one, and the
 * index of the rank-th of them in a population of that size (rank below the count). */
uint64_t person_count_with_email(uint64_t seed, uint64_t people);
uint64_t person_index_with_email(uint64_t seed, uint64_t people, uint64_t rank);

/* Names, valid inside a JSON string. */
void person_put_given(struct out *o, const struct person *p);
void person_put_family(struct out *o, const struct person *p);
void person_put_name(struct out *o, const struct person *p);

/* What follows /in/ in the canonical URL `which` (< url_count): a slug in lower case and NFC, or a member
 * id. For a slug, person_put_slug_stem() gives what stands before its hyphen and code. */
void person_put_slug(struct out *o, const struct person *p, unsigned which);
void person_put_slug_stem(struct out *o, const struct person *p, unsigned which);

/* URL `which` exactly as the person's record has it. */
void person_put_url(struct out *o, const struct person *p, unsigned which);

/* Email `which` (< email_count), exactly as the record has it, and its two sides. */
void person_put_email(struct out *o, const struct person *p, unsigned which);
void person_put_email_local(struct out *o, const struct person *p, unsigned which);
void person_put_email_domain(struct out *o, const struct person *p, unsigned which);

/* The company index behind email `which`. */
uint64_t person_email_employer(const struct person *p, unsigned which);

#endif
