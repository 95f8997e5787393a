/* Opening a manifest's segments. */
#include "store/segment_view.h"

static bool is_same_store(const struct manifest *a, const struct manifest *b)
{
    return a->secret.k0 == b->secret.k0 && a->secret.k1 == b->secret.k1;
}

/* The open segment that the manifest line means; NULL if `before` has none. */
static struct segment *find_open(const struct segment_view *before, const struct manifest_segment *wanted)
{
    for (size_t i = 0; before && i < before->list.count; i++) {
        struct segment *segment = before->segments[i];
        bool is_same = segment->number == wanted->number &&
                       memcmp(&segment->counts, &wanted->counts, sizeof segment->counts) == 0;
        if (is_same) return segment;
    }
    return NULL;
}

static enum err open_segment(const char *folder, const struct segment_view *view,
                             const struct manifest_segment *wanted, struct segment **ret)
{
    TRY(segment_open(folder, view->manifest.entity, wanted->number, view->manifest.secret, ret));
    if (memcmp(&(*ret)->counts, &wanted->counts, sizeof wanted->counts) == 0) return OK;
    segment_close(*ret);
    return err_raise(ERR_CORRUPT, "%s: segment %" PRIu32 " differs from the manifest", folder,
                     wanted->number);
}

static enum err open_all(const char *folder, struct segment_view *view, const struct segment_view *before)
{
    if (before && !is_same_store(&view->manifest, &before->manifest)) before = NULL;
    for (size_t i = 0; i < view->manifest.segment_count; i++) {
        const struct manifest_segment *wanted = &view->manifest.segments[i];
        struct segment **place = &view->segments[i];
        *place = find_open(before, wanted);
        if (!*place) TRY(open_segment(folder, view, wanted, place));
        (*place)->references++;
        view->list.count++;
    }
    return OK;
}

enum err segment_view_open(const char *folder_cstr, struct manifest manifest,
                           const struct segment_view *before, struct segment_view **ret)
{
    struct segment_view *view = calloc(1, sizeof *view + manifest.segment_count * sizeof *view->segments);
    if (!view) {
        manifest_fini(&manifest);
        return err_raise(ERR_NOMEM, "no memory to open %zu segments", manifest.segment_count);
    }
    view->manifest = manifest;
    view->list = (struct segment_list){.segments = view->segments, .secret = manifest.secret};
    view->references = 1;
    enum err e = open_all(folder_cstr, view, before);
    if (e != OK) {
        segment_view_unref(view);
        return e;
    }
    *ret = view;
    return OK;
}

void segment_view_unref(struct segment_view *view)
{
    if (!view || --view->references) return;
    for (size_t i = 0; i < view->list.count; i++) {
        if (--view->segments[i]->references == 0) segment_close(view->segments[i]);
    }
    manifest_fini(&view->manifest);
    free(view);
}
