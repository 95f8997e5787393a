/* The head of a line in a result file, which enrich.h has written: whose line it is. Pure: no I/O. */
#ifndef ENRICHD_JOBS_RESULT_LINE_H
#define ENRICHD_JOBS_RESULT_LINE_H

#include "base/arena.h"

struct result_line {
    str original; /* the identifier as it was submitted */
    str rest;     /* behind it */
};

/* text: one line without its end. ret: views into text, or arena where the identifier has escapes.
 * ERR_CORRUPT: not a line of ours. ERR_NOMEM. */
enum err result_line_read(str text, struct arena *arena, struct result_line *ret) MUST_USE;

/* The id of the record, which lines of matched identifiers have. ERR_CORRUPT. */
enum err result_line_id(const struct result_line *line, int64_t *ret) MUST_USE;

#endif
