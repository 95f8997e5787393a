/*
 * company_record.h - one company as one line of JSON, in the contract's full shape.
 */
#ifndef PEOPLE_COMPANY_RECORD_H
#define PEOPLE_COMPANY_RECORD_H

#include "company.h"

/* Appends the record of company `index`, ended by a line feed. `o` has room for RECORD_BYTES_MAX. */
void company_record_put(struct out *o, uint64_t seed, uint64_t index);

/* Parts of it, each in the file of its name: members of the record, some of them left out at times. */
void company_growth_json(struct out *o, struct rng *rng, const struct company *c);   /* headcount, ... */
void company_money_json(struct out *o, struct rng *rng, const struct company *c);    /* revenue, funding */
void company_presence_json(struct out *o, struct rng *rng, const struct company *c); /* web_traffic, ... */
void company_staff_json(struct out *o, struct rng *rng, const struct company *c);    /* people, ... */

#endif
