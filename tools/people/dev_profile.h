/*
 * dev_profile.h - the family `dev_platform_profiles` of a person's record.
 */
#ifndef PEOPLE_DEV_PROFILE_H
#define PEOPLE_DEV_PROFILE_H

#include "person.h"

/* Appends the person's address on the code host: https://code.example/maren-brandvik-... */
void dev_profile_put_url(struct out *o, const struct person *p);

/* Writes the member "dev_platform_profiles": one profile, with up to three repositories. */
void dev_profile_json(struct out *o, struct rng *rng, const struct person *p);

#endif
