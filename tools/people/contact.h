/*
 * contact.h - the family `contact` of a person's record: emails, phone numbers, websites.
 */
#ifndef PEOPLE_CONTACT_H
#define PEOPLE_CONTACT_H

#include "person.h"

/* Writes the member "contact", with every email that the person has. */
void contact_json(struct out *o, struct rng *rng, const struct person *p);

#endif
