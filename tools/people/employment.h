/*
 * employment.h - the family `experience` of a person's record, and the career behind it.
 */
#ifndef PEOPLE_EMPLOYMENT_H
#define PEOPLE_EMPLOYMENT_H

#include "person.h"
#include "work.h"

struct job {
    const struct role *role;
    const struct rank *rank;
    unsigned start, end; /* months since year 0; end is 0 for a job that goes on */
};

/* A person's jobs, newest first, one for each of person.employers. */
struct career {
    struct job jobs[PERSON_JOBS_MAX];
    unsigned current_count;  /* the first so many go on */
    unsigned months_of_work; /* from the first start until now or the last end */
};

struct career career_draw(struct rng *rng, const struct person *p);

/* Appends "Senior Data Engineer". */
void job_put_title(struct out *o, const struct job *job);

/* "3 to 5 years" for 50 months. */
str years_in_words(unsigned months);

/* Writes the member "experience". */
void employment_json(struct out *o, struct rng *rng, const struct person *p, const struct career *career);

#endif
