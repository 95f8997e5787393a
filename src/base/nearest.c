/* Edit distance (Levenshtein) with one row of the table of prefixes. */
#include "base/nearest.h"

#define NAME_BYTES_MAX ((size_t)63)

static size_t min_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Characters to insert, drop or change to get from a to b. */
static size_t edit_distance(str a, str b)
{
    size_t row[NAME_BYTES_MAX + 1]; /* distances of a's current prefix to every prefix of b */
    for (size_t j = 0; j <= b.n; j++) row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t changed = diagonal + (a.p[i - 1] != b.p[j - 1]);
            diagonal = row[j];
            row[j] = min_of(changed, min_of(row[j], row[j - 1]) + 1);
        }
    }
    return row[b.n];
}

struct nearest nearest_to(str given)
{
    return (struct nearest){.given = given, .edits = given.n < 4 ? 2 : 3};
}

void nearest_offer(struct nearest *nearest, str name)
{
    if (nearest->given.n > NAME_BYTES_MAX || name.n > NAME_BYTES_MAX) return;
    size_t edits = edit_distance(nearest->given, name);
    if (edits >= nearest->edits) return;
    nearest->edits = edits;
    nearest->name = name;
}
