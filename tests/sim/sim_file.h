/* A file of result bytes: what the program has written, and what is on the disk for certain.
 */
#ifndef ENRICHD_TESTS_SIM_SIM_FILE_H
#define ENRICHD_TESTS_SIM_SIM_FILE_H

#include "base/str.h"

struct sim_bytes {
    char *p;
    size_t n;
};

/* Zeroed memory is an empty file. */
struct sim_file {
    struct sim_bytes disk; /* as of the latest sync */
    struct sim_bytes now;
};

void sim_file_write(struct sim_file *file, str bytes, uint64_t offset);
void sim_file_sync(struct sim_file *file);

/* Power fails: of what was not synced any part has arrived. */
void sim_file_crash(struct sim_file *file);

#endif
