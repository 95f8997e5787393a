/*
 * options.h - the command line, checked: what to make, how many, out of which seed.
 */
#ifndef PEOPLE_OPTIONS_H
#define PEOPLE_OPTIONS_H

#include "identifiers.h"

enum command { COMMAND_HELP, COMMAND_RECORDS, COMMAND_IDENTIFIERS };

struct options {
    enum command command;
    const char *entity_cstr; /* "person" or "company" */
    uint64_t seed;
    uint64_t count; /* records: how many; identifiers: the size of the population, at least 1 */
    uint64_t first; /* records: index of the first; first + count is within PERSON_POPULATION_MAX */
    uint64_t take;  /* identifiers: how many lines, at least 1 */
    uint64_t list_seed;
    const char *kind_cstr; /* identifiers: NULL takes the entity's first kind */
    struct identifier_shares shares;
};

/* Reads the command line. True, and *ret_options is complete, each value within its range. False: a
 * message that names the option and what is allowed is on standard error; exit with 2. */
__attribute__((warn_unused_result)) bool options_read(int argc, char **argv, struct options *ret_options);

#endif
