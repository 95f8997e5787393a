/* Merging: the newest segments of a list, from some one on, into one segment that answers the same.
 *
 * Records that a later version supersedes are left out, and so are deletions, with what they delete, when no
 * older segment is left that could hold it. Which record a key leads to is what the indexes say, not what the
 * records claim: claims carry no time. Reads the data files front to back, then the indexes; writes both
 * files front to back. One thread.
 */
#ifndef ENRICHD_STORE_SEGMENT_MERGE_H
#define ENRICHD_STORE_SEGMENT_MERGE_H

#include "store/segment_list.h"
#include "store/segment_output.h"

struct segment_merge;

/* Whether the work should end: asked now and then. */
struct segment_stop {
    bool (*is_stopped)(void *context); /* may be NULL */
    void *context;
};

/* The memory that merging list->segments[first] and all newer ones takes, about. */
uint64_t segment_merge_memory(const struct segment_list *list, size_t first);

/* Writes the files of segment `number`. Records are packed anew, as the settings want them.
 *
 * list: open until segment_merge_free. ret: ended by segment_merge_free. ERR_CLOSED: stopped. ERR_CORRUPT,
 * ERR_NOMEM, errors of the file system; what was written is then left, see segment_remove. */
enum err segment_merge_run(const struct segment_list *list, size_t first, const char *folder_cstr,
                           uint32_t number, const struct packer_settings *packing, struct segment_stop stop,
                           struct segment_merge **ret) MUST_USE;
void segment_merge_free(struct segment_merge *merge);

/* What the new segment holds. */
const struct segment_counts *segment_merge_counts(const struct segment_merge *merge);

/* Whether the merge may stand in the place of its segments before the given newer ones, which were published
 * meanwhile. Not if they hold the id of a deletion that was left out: keys of before the deletion lead to the
 * new version through it. ERR_CORRUPT. */
enum err segment_merge_fits(const struct segment_merge *merge, const struct segment_list *newer,
                            bool *ret) MUST_USE;

#endif
