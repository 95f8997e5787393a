/*
 * calendar.c - months to text. Contract in calendar.h.
 */
#include "calendar.h"

void calendar_put_date(struct out *o, unsigned month, unsigned day)
{
    out_padded(o, month / 12, 4);
    out_char(o, '-');
    out_padded(o, month % 12 + 1, 2);
    out_char(o, '-');
    out_padded(o, day, 2);
}

void calendar_json_date(struct out *o, unsigned month, unsigned day)
{
    out_char(o, '"');
    calendar_put_date(o, month, day);
    json_unquote(o);
}

void calendar_json_month_start(struct out *o, unsigned month)
{
    out_char(o, '"');
    calendar_put_date(o, month, 1);
    out_lit(o, "T00:00:00+00:00\",");
}

void calendar_json_moment(struct out *o, struct rng *rng, unsigned back)
{
    out_char(o, '"');
    calendar_put_date(o, CALENDAR_NOW - (unsigned)rng_below(rng, back), (unsigned)rng_between(rng, 1, 28));
    out_char(o, 'T');
    out_padded(o, rng_below(rng, 24), 2);
    out_char(o, ':');
    out_padded(o, rng_below(rng, 60), 2);
    out_char(o, ':');
    out_padded(o, rng_below(rng, 60), 2);
    if (rng_chance(rng, 5)) {
        out_char(o, '.');
        out_padded(o, rng_below(rng, 1000000), 6);
    }
    out_lit(o, "+00:00\",");
}
