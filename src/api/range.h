/* The Range header (RFC 9110 section 14): one run of bytes, or all of them. Pure code. */
#ifndef ENRICHD_API_RANGE_H
#define ENRICHD_API_RANGE_H

#include "base/str.h"

enum range_kind {
    RANGE_ALL,           /* no range, not a valid one, or several: the whole file with 200 */
    RANGE_PART,          /* 206 */
    RANGE_UNSATISFIABLE, /* 416: nothing of what was asked for exists */
};

struct range {
    enum range_kind kind;
    uint64_t from, to; /* RANGE_PART: to is exclusive, from < to <= bytes */
};

/* header: the value of Range, empty if there is none; bytes: of the file. */
struct range range_parse(str header, uint64_t bytes);

#endif
