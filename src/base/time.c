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
