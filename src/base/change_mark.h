/* A mark that processes share through a small file: who changes something that others keep copies of sets a
 * new mark, and a copy is good only as long as the mark is the one that was read before it was made.
 *
 * Looking at the mark costs a read of memory. A new one is seen by all processes as soon as change_mark_set
 * returns. Any thread.
 */
#ifndef ENRICHD_BASE_CHANGE_MARK_H
#define ENRICHD_BASE_CHANGE_MARK_H

#include "base/os.h"

struct change_mark {
    struct os_file file;
    const void *mapped; /* the file's bytes; NULL when closed */
};

/* Opens the file, creating it where missing. ERR_IO, ERR_NOSPACE. */
enum err change_mark_open(const char *path_cstr, struct change_mark *ret) MUST_USE;
void change_mark_close(struct change_mark *mark); /* accepts a zeroed one */

/* The mark as it is now: read it before what the copy is made of. */
uint64_t change_mark_now(const struct change_mark *mark);

/* Sets another mark, when the change is there to be read. ERR_IO: it is as it was. */
enum err change_mark_set(struct change_mark *mark) MUST_USE;

#endif
