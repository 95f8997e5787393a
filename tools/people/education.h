/*
 * education.h - what a person learnt: the families `education`, `certifications` and `honors`.
 */
#ifndef PEOPLE_EDUCATION_H
#define PEOPLE_EDUCATION_H

#include "out.h"
#include "rng.h"

/* Writes those of the three members that the draw gives the person: some, all, or none. */
void education_json(struct out *o, struct rng *rng);

#endif
