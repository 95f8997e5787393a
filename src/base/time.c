/* Timestamps as the contract writes them. */
#include "base/time.h"

void time_add_text(struct buf *out, int64_t us)
{
    time_t seconds = (time_t)(us / 1000000);
    struct tm t;
    must(us >= 0 && gmtime_r(&seconds, &t));
    buf_add_format(out, "%04d-%02d-%02dT%02d:%02d:%02d.%06d+00:00", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
                   t.tm_hour, t.tm_min, t.tm_sec, (int)(us % 1000000));
}

/* Days since 1970 of a date of the proleptic Gregorian calendar, by counting from 1 March of year 0. */
static int64_t day_of_date(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t months = (month + 9) % 12;
    int64_t year_day = (153 * months + 2) / 5 + day - 1;
    return year * 365 + year / 4 - year / 100 + year / 400 + year_day - 719468;
}

static bool is_digits_at(str text, size_t from, size_t to, uint64_t min, uint64_t max, int64_t *ret)
{
    uint64_t number;
    if (str_to_u64(str_slice(text, from, to), max, &number) != OK || number < min) return false;
    *ret = (int64_t)number;
    return true;
}

enum err time_parse_date(str text, int64_t *ret_day)
{
    int64_t year, month, day;
    bool is_form = text.n == 10 && text.p[4] == '-' && text.p[7] == '-';
    if (!is_form || !is_digits_at(text, 0, 4, 1970, 9999, &year) ||
        !is_digits_at(text, 5, 7, 1, 12, &month) || !is_digits_at(text, 8, 10, 1, 31, &day)) {
        return ERR_INVALID;
    }
    int64_t number = day_of_date(year, month, day);
    int64_t next_month = month == 12 ? day_of_date(year + 1, 1, 1) : day_of_date(year, month + 1, 1);
    if (number >= next_month) return ERR_INVALID;
    *ret_day = number;
    return OK;
}
