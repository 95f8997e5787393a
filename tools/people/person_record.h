/*
 * person_record.h - one person as one line of JSON, in the contract's full shape.
 */
#ifndef PEOPLE_PERSON_RECORD_H
#define PEOPLE_PERSON_RECORD_H

#include "out.h"

/* No record of a person or a company is longer, in bytes, its line feed included. */
enum { RECORD_BYTES_MAX = 128 * 1024 };

/* Appends the record of person `index`, ended by a line feed. `o` has room for RECORD_BYTES_MAX.
 * index < PERSON_POPULATION_MAX. */
void person_record_put(struct out *o, uint64_t seed, uint64_t index);

#endif
