/* How many requests a key may make: a sliding window of one minute for each class of requests.
 *
 * A window is estimated from two counters, that of the current minute and that of the one before, weighted
 * by how much of it still lies inside: exact for an even stream, never more than one minute's worth behind
 * for a burst, and a few words a key and
 * class. Refused requests do not count. Any thread.
 */
#ifndef ENRICHD_API_RATE_H
#define ENRICHD_API_RATE_H

#include "crypto/token.h"

struct rate;

enum err rate_new(struct rate **ret) MUST_USE;
void rate_free(struct rate *rate); /* accepts NULL */

/* One limit: requests a minute, >= 1, within a class of requests that has its own window. */
struct rate_limit {
    uint8_t window;
    uint32_t per_minute;
};
#define RATE_LIMITS_MAX 2 /* that one request may count against */

/* Of several limits the one that refuses for longest, or else that which has the least left. */
struct rate_verdict {
    bool is_allowed;
    uint8_t window;         /* of the limit that it is about */
    uint32_t limit;         /* which is this */
    uint32_t remaining;     /* further requests that would be allowed now */
    uint32_t reset_s;       /* seconds until the window has room for `limit` requests again; 1..120 */
    uint32_t retry_after_s; /* refused: seconds until one request is allowed; >= 1 */
};

/* Counts one request of the key against all limits, if all allow it. count: 1..RATE_LIMITS_MAX. now_us: a
 * clock that does not step back. ERR_NOMEM: a key that was never seen before has no place; nothing was
 * counted. */
enum err rate_take(struct rate *rate, const char id[TOKEN_ID_BYTES], const struct rate_limit *limits,
                   size_t count, int64_t now_us, struct rate_verdict *ret) MUST_USE;

#endif
