/*
 * work.h - what people do: roles, ranks, industries, skills, schools, certificates.
 *
 * Data lists; text in them is the inside of a JSON string. Next: person_record.c, company_record.c.
 */
#ifndef PEOPLE_WORK_H
#define PEOPLE_WORK_H

#include "str.h"

struct role {
    str title;
    str function; /* experience...function_category */
    str department;
    str sub_department;
};
extern const struct role work_roles[];
extern const uint32_t work_roles_count;

struct rank {
    str prefix; /* stands before the title; may be empty */
    str level;  /* experience...seniority_level */
};
extern const struct rank work_ranks[];
extern const uint32_t work_ranks_count;

extern const struct list work_industries;
extern const struct list work_functions;
extern const struct list work_skills;
extern const struct list work_languages;
extern const struct list work_school_kinds;
extern const struct list work_degrees;
extern const struct list work_subjects;
extern const struct list work_societies;
extern const struct list work_certificates;
extern const struct list work_honors;
extern const struct list work_code_languages;
extern const struct list work_code_topics;

#endif
