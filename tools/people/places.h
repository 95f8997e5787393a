/*
 * places.h - the towns where people live, schools stand and companies sit.
 * Next: company.h, person.h.
 */
#ifndef PEOPLE_PLACES_H
#define PEOPLE_PLACES_H

#include "json.h"
#include "names.h"

struct place {
    str city;
    str state; /* p is NULL where the country has none worth naming */
    str country;
    str continent;
    str iso3;              /* country code of a company's headquarters: NLD */
    str iso2;              /* lower case, as in a country's subdomain: nl */
    enum origin_id origin; /* names common here */
};

extern const struct place places[];
extern const uint32_t places_count;

/* Appends "Rotterdam, South Holland, Netherlands". */
void place_put_full(struct out *o, const struct place *place);

/* Writes the five members of a location object: city, state, country, continent, raw. */
void place_json_members(struct out *o, const struct place *place);

#endif
