/* What a snapshot of a segment store sees: a manifest and its segments, open.
 *
 * A view never changes and may outlive the manifest file that it was read from. Views share the segments that
 * they have in common.
 */
#ifndef ENRICHD_STORE_SEGMENT_VIEW_H
#define ENRICHD_STORE_SEGMENT_VIEW_H

#include "store/manifest.h"
#include "store/segment_list.h"

struct segment_view {
    struct manifest manifest;
    struct segment_list list; /* same order as the manifest's segments */
    size_t references;        /* guarded by the lock of the store */
    struct segment *segments[];
};

/* Opens the segments that the manifest names, sharing those that `before` (may be NULL) has open.
 *
 * manifest: taken over, also on failure. ret: one reference, for the caller. The lock of the store is held.
 * Errors of segment_open, ERR_NOMEM, ERR_CORRUPT: a segment holds something else than the manifest says. */
enum err segment_view_open(const char *folder_cstr, struct manifest manifest,
                           const struct segment_view *before, struct segment_view **ret) MUST_USE;

/* Gives a reference back; with the last one the view is freed and segments that no other view uses are
 * closed. NULL is accepted. The lock of the store is held. */
void segment_view_unref(struct segment_view *view);

#endif
