/* Every operation on the files of one folder, on its way from a program to the kernel.
 *
 * A library that is preloaded (LD_PRELOAD) links tap.c, which stands in for the C library's functions, and
 * gives it the two functions below. The folder is $TAP_FOLDER, an absolute path. SQLite's "-shm" files pass
 * untouched: they are memory that all connections share, and are made anew after a crash.
 */
#ifndef ENRICHD_TESTS_FAULT_TAP_H
#define ENRICHD_TESTS_FAULT_TAP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

enum tap_operation {
    TAP_OPEN, /* for writing, or creating */
    TAP_WRITE,
    TAP_TRUNCATE,
    TAP_SYNC,
    TAP_RENAME,
    TAP_UNLINK,
    TAP_MKDIR,
};

struct tap_call {
    enum tap_operation operation;
    int fd;                    /* WRITE, TRUNCATE, SYNC; OPEN when it is done */
    int flags;                 /* OPEN */
    const char *path;          /* OPEN, RENAME (from), UNLINK, MKDIR */
    const char *path2;         /* RENAME (to) */
    int64_t offset;            /* WRITE; TRUNCATE: the new length */
    const struct iovec *parts; /* WRITE */
    int part_count;
};

/* Before the operation: an errno to fail with instead of doing it, or 0. May not return at all. */
int tap_before(const struct tap_call *call);

/* After one that succeeded. bytes: how many were written. */
void tap_after(const struct tap_call *call, size_t bytes);

#endif
