/* Timestamps as the contract writes them. */
#include "base/time.h"

static void add_number(struct buf *out, int number, size_t digits, char behind)
{
    buf_add_padded(out, (uint64_t)number, digits);
    buf_add_char(out, behind);
}

void time_add_text(struct buf *out, int64_t us)
{
    time_t seconds = (time_t)(us / 1000000);
    struct tm t;
    must(us >= 0 && gmtime_r(&seconds, &t));
    add_number(out, t.tm_year + 1900, 4, '-');
    add_number(out, t.tm_mon + 1, 2, '-');
    add_number(out, t.tm_mday, 2, 'T');
    add_number(out, t.tm_hour, 2, ':');
    add_number(out, t.tm_min, 2, ':');
    add_number(out, t.tm_sec, 2, '.');
    add_number(out, (int)(us % 1000000), 6, '+');
    buf_add(out, STR("00:00"));
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
