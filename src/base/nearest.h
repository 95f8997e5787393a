/* "Did you mean ...?": the known name that a misspelt one probably meant.
 *
 *     struct nearest nearest = nearest_to(given);
 *     for (...) nearest_offer(&nearest, known[i]);
 *     if (nearest.name.n) ...
 */
#ifndef ENRICHD_BASE_NEAREST_H
#define ENRICHD_BASE_NEAREST_H

#include "base/str.h"

struct nearest {
    str given;
    str name;     /* the best offer so far; empty: none is near enough */
    size_t edits; /* an offer must need fewer than these */
};

/* Short names may be one edit away, longer ones two. given must outlive the search. */
struct nearest nearest_to(str given);

/* Considers one name; of equally near ones the first wins. Names over 63 bytes are never near. */
void nearest_offer(struct nearest *nearest, str name);

#endif
