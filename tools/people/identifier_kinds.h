/*
 * identifier_kinds.h - the kinds of identifier a list can hold, and how each writes one.
 *
 * A subject is a person or a company by index, known (in the population) or unknown (in none). A kind
 * numbers the subjects that have such an identifier and writes it plainly, exactly as the record has it,
 * or in another spelling that means the same. Next: identifiers.c (which lines a list has).
 */
#ifndef PEOPLE_IDENTIFIER_KINDS_H
#define PEOPLE_IDENTIFIER_KINDS_H

#include "out.h"
#include "rng.h"

/* No identifier is longer, in bytes, however it is spelled. */
enum { IDENTIFIER_BYTES_MAX = 4096 };

struct subject {
    uint64_t seed, index;
    bool is_unknown;
};

struct identifier_kind {
    const char *entity_cstr; /* "person" or "company" */
    const char *name_cstr;   /* "url" */

    /* How many of the first `population` have such an identifier, and the index of the rank-th. */
    uint64_t (*count)(uint64_t seed, uint64_t population);
    uint64_t (*index_of)(uint64_t seed, uint64_t population, uint64_t rank);

    /* Appends the subject's identifier. */
    void (*put)(struct out *o, struct rng *rng, struct subject subject);

    /* Appends it in a spelling that differs from the plain one; NULL: there is one spelling only. */
    void (*put_spelled)(struct out *o, struct rng *rng, struct subject subject);

    /* Appends text that can be no identifier of the kind, different for each n; NULL: any text can. */
    void (*put_invalid)(struct out *o, struct rng *rng, uint64_t n);
};

extern const struct identifier_kind identifier_kinds[];
extern const uint32_t identifier_kinds_count;

/* The rows of the table, each in its own file. */
void profile_url_put(struct out *o, struct rng *rng, struct subject subject);
void profile_url_put_spelled(struct out *o, struct rng *rng, struct subject subject);
void profile_url_put_invalid(struct out *o, struct rng *rng, uint64_t n);

void email_put(struct out *o, struct rng *rng, struct subject subject);
void email_put_spelled(struct out *o, struct rng *rng, struct subject subject);
void email_put_invalid(struct out *o, struct rng *rng, uint64_t n);

void company_key_put_domain(struct out *o, struct rng *rng, struct subject subject);
void company_key_put_domain_spelled(struct out *o, struct rng *rng, struct subject subject);
void company_key_put_domain_invalid(struct out *o, struct rng *rng, uint64_t n);
void company_key_put_name(struct out *o, struct rng *rng, struct subject subject);
void company_key_put_name_spelled(struct out *o, struct rng *rng, struct subject subject);
void company_key_put_url(struct out *o, struct rng *rng, struct subject subject);
void company_key_put_url_spelled(struct out *o, struct rng *rng, struct subject subject);
void company_key_put_url_invalid(struct out *o, struct rng *rng, uint64_t n);
void company_key_put_id(struct out *o, struct rng *rng, struct subject subject);
void company_key_put_id_invalid(struct out *o, struct rng *rng, uint64_t n);

#endif
