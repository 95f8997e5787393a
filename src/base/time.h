/* Timestamps as the contract writes them. */
#ifndef ENRICHD_BASE_TIME_H
#define ENRICHD_BASE_TIME_H

#include "base/buf.h"

/* "2026-06-12T12:23:03.945900+00:00": UTC, six fraction digits. */
#define TIME_TEXT_BYTES ((size_t)32)

/* us: microseconds since 1970, years 1970 to 9999. Appends TIME_TEXT_BYTES bytes. */
void time_add_text(struct buf *out, int64_t us);

/* The day of a date such as "2026-06-08", counted from 1970; years 1970 to 9999. ERR_INVALID. */
enum err time_parse_date(str text, int64_t *ret_day) MUST_USE;

#endif
