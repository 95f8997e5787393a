/* The lines of an input: numbered, without their line breaks, up to a length. */
#ifndef ENRICHD_INTAKE_LINES_H
#define ENRICHD_INTAKE_LINES_H

#include "intake/input.h"

struct line {
    str text;         /* valid until the next call; empty if too long */
    uint64_t number;  /* 1 is the first; blank lines count */
    bool is_too_long; /* over the limit: left out */
};

struct lines {
    struct input *input;
    char *buffer; /* room for the longest line and one reading */
    size_t room;
    size_t start, end; /* what is read and not yet delivered */
    size_t scanned;    /* before this there is no line break in it */
    size_t line_bytes_max;
    uint64_t number; /* of the latest line */
    bool is_at_end;
};

/* input outlives lines. ERR_NOMEM. */
enum err lines_init(struct lines *lines, struct input *input, size_t line_bytes_max) MUST_USE;
void lines_fini(struct lines *lines);

/* The next line; text.p is NULL at the end. \n and \r\n end a line, the end of the input ends the last one. A
 * byte order mark before the first line is left out. Errors of input_read. */
enum err lines_next(struct lines *lines, struct line *ret) MUST_USE;

#endif
