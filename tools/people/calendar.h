/*
 * calendar.h - dates of careers and of records, as text.
 *
 * Careers are counted in months since year 0. "Now" is a constant, so that a seed gives the same bytes
 * for ever. Days stop at 28 so that every month has them.
 */
#ifndef PEOPLE_CALENDAR_H
#define PEOPLE_CALENDAR_H

#include "json.h"
#include "rng.h"

enum { CALENDAR_NOW = 2026 * 12 + 7 };

/* Appends 2021-03-01. */
void calendar_put_date(struct out *o, unsigned month, unsigned day);

/* The JSON values; each leaves its comma. A moment is on a random second of the last `back` months, a
 * few with fractions of a second. */
void calendar_json_date(struct out *o, unsigned month, unsigned day);
void calendar_json_month_start(struct out *o, unsigned month);
void calendar_json_moment(struct out *o, struct rng *rng, unsigned back);

#endif
