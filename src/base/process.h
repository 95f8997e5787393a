/* What this process uses, as the kernel counts it. */
#ifndef ENRICHD_BASE_PROCESS_H
#define ENRICHD_BASE_PROCESS_H

#include <stdint.h>

struct process_use {
    uint64_t cpu_us; /* of all threads, in the kernel too */
    uint64_t resident_bytes;
    uint64_t open_files;
    uint64_t open_files_max;
};

/* What cannot be found out is 0. Any thread. */
void process_use(struct process_use *ret);

/* Bytes that are free for this user on the disk that holds the path; UINT64_MAX if that cannot be found out.
 */
uint64_t disk_free_bytes(const char *path_cstr);

#endif
