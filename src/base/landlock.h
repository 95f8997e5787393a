/* Giving up files and sockets for good, by the kernel's Landlock.
 *
 * What is open stays open. Whatever the process opens, makes, renames or removes afterwards must lie on one
 * of the paths. The calling thread and all threads that it starts later are bound by this, so: before the
 * first thread.
 */
#ifndef ENRICHD_BASE_LANDLOCK_H
#define ENRICHD_BASE_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* A file, or a folder with all that is in it, now or later. Links are followed once, at the call. */
struct landlock_path {
    const char *path_cstr;
    bool is_writable; /* files and folders in it may be made, changed, renamed and removed; else only read */
};

/* Which version the kernel has; 0: none. */
int landlock_version(void);

/* Confines the thread to the paths; those that are not there are passed over. Nothing may be executed. From
 * version 4 on no TCP port may be bound any more, from 6 on no process outside be sent a signal, and no
 * abstract socket of one be reached.
 *
 * PR_SET_NO_NEW_PRIVS must be set. ERR_IO: the kernel refused; nothing has changed. */
enum err landlock_confine(const struct landlock_path *paths, size_t count) MUST_USE;

#endif
