/* The merging part of the backend: which segments are due, the merge beside readers and imports, and its
 * publication under the lock that imports hold.
 *
 * One merge at a time holds compact.lock. What a crash leaves is a segment that no manifest names, or
 * segments that none names any more: the next merge removes both.
 */
#include "store/segment_merge.h"
#include "store/segment_store.h"

#include <unistd.h>

#define DUE_COUNT_MIN 4 /* fewer segments do not pay */
#define RETRY_US      100000
#define ROUNDS_MAX    100 /* attempts to be faster than imports that interfere */

struct compaction {
    struct segment_store *store;
    enum records_compact what;
    struct segment_stop stop;
    struct os_file lock;               /* compact.lock */
    struct records_snapshot *snapshot; /* what is being merged */
    struct records_compaction *summary;
};

static const struct segment_view *view_of(const struct records_snapshot *snapshot)
{
    return ((const struct segment_snapshot *)snapshot)->view;
}

/* -- what is due -- */

static uint64_t bytes_of(const struct segment *segment)
{
    return segment->counts.data_bytes + segment->counts.index_bytes;
}

/* Size-tiered: the longest run of newest segments of which the oldest is not larger than all newer ones
 * together. A record's segment at least doubles with each merge, so it is rewritten a few times only. */
static size_t first_due(const struct segment_list *list, uint64_t memory_bytes)
{
    size_t first = list->count;
    uint64_t newer_bytes = 0;
    for (size_t i = list->count; i-- > 0;) {
        const struct segment *segment = list->segments[i];
        if (segment_merge_memory(list, i) > memory_bytes) break;
        if (list->count - i >= DUE_COUNT_MIN && bytes_of(segment) <= newer_bytes) first = i;
        newer_bytes += bytes_of(segment);
    }
    return first;
}

/* Whether merging the segment would pack it in another way. A small one is as it is: it ends before its
 * dictionaries are trained. */
static bool is_packed_otherwise(const struct segment *segment, const struct packer_settings *packing)
{
    const struct dictionaries *has = &segment->dictionaries;
    enum compression compression = has->of_default ? COMPRESSION_ALL
                                   : has->of_rest  ? COMPRESSION_REST
                                                   : COMPRESSION_NONE;
    if (compression == packing->compression) return false;
    return compression != COMPRESSION_NONE || segment->counts.all_bytes > packing->sample_bytes;
}

/* Whether a full merge would change nothing. */
static bool is_compact(const struct segment_list *list, const struct packer_settings *packing)
{
    if (list->count == 0) return true;
    const struct segment_counts *counts = &list->segments[0]->counts;
    return list->count == 1 && counts->tombstone_count == 0 && counts->stored_count == counts->record_count &&
           !is_packed_otherwise(list->segments[0], packing);
}

/* The oldest segment to merge; list->count if none is due. */
static enum err choose(const struct compaction *compaction, const struct segment_list *list, size_t *ret)
{
    uint64_t memory_bytes = compaction->store->settings.merge_memory_bytes;
    uint64_t need = segment_merge_memory(list, 0);
    if (compaction->what == COMPACT_DUE) {
        *ret = first_due(list, memory_bytes);
        return OK;
    }
    *ret = is_compact(list, &compaction->store->settings.packing) ? list->count : 0;
    if (*ret == list->count || need <= memory_bytes) return OK;
    return err_raise(ERR_LIMIT,
                     "merging everything takes %" PRIu64 " MiB of memory and may take %" PRIu64
                     ": raise compact.memory",
                     (need >> 20) + 1, memory_bytes >> 20);
}

/* -- locks -- */

static bool is_stopped(const struct compaction *compaction)
{
    return compaction->stop.is_stopped && compaction->stop.is_stopped(compaction->stop.context);
}

/* Waits for the lock, but not for longer than the caller does. */
static enum err wait_for_lock(const struct compaction *compaction, const char *name, struct os_file *ret)
{
    for (;;) {
        enum err e = segment_store_lock(compaction->store, name, false, ret);
        if (e != ERR_BUSY) return e;
        if (is_stopped(compaction)) return err_raise(ERR_CLOSED, "stopped");
        usleep(RETRY_US);
    }
}

/* -- publishing -- */

/* Puts the merged segment in the place of those of the snapshot from `first` on; what was published since
 * stays behind it. */
static enum err substitute(const struct segment_view *merged, size_t first, const struct manifest *now,
                           const struct manifest_segment *line, struct manifest *ret)
{
    size_t replaced_end = merged->manifest.segment_count;
    TRY(manifest_copy(now, ret));
    ret->segment_count = first;
    ret->next_merged = line->number + 1;
    TRY(manifest_add(ret, line));
    for (size_t i = replaced_end; i < now->segment_count; i++) TRY(manifest_add(ret, &now->segments[i]));
    return OK;
}

/* Only imports publish beside a merge, and they add to the end. */
static bool has_grown_only(const struct manifest *before, const struct manifest *now)
{
    if (now->segment_count < before->segment_count || now->next_merged != before->next_merged) return false;
    for (size_t i = 0; i < before->segment_count; i++) {
        if (now->segments[i].number != before->segments[i].number) return false;
    }
    return true;
}

static enum err publish_on(const struct compaction *compaction, const struct segment_view *now, size_t first,
                           const struct segment_merge *merge, const struct manifest_segment *line)
{
    const struct segment_view *merged = view_of(compaction->snapshot);
    struct segment_list newer = now->list;
    OS_FILE_AUTO before = OS_FILE_NONE;
    struct manifest manifest = {0};
    bool does_fit;
    if (!has_grown_only(&merged->manifest, &now->manifest))
        return err_raise(ERR_STALE, "the store was replaced");
    newer.segments += merged->list.count;
    newer.count -= merged->list.count;
    TRY(segment_merge_fits(merge, &newer, &does_fit));
    if (!does_fit) return err_raise(ERR_STALE, "a deleted record was imported again meanwhile");
    TRY(os_open_read(compaction->store->manifest_path, &before));
    enum err e = substitute(merged, first, &now->manifest, line, &manifest);
    if (e == OK) e = segment_store_replace_manifest(compaction->store, before, &manifest);
    manifest_fini(&manifest);
    return e;
}

/* Holds the lock of imports for as long as a manifest takes. */
static enum err publish(const struct compaction *compaction, size_t first, const struct segment_merge *merge,
                        const struct manifest_segment *line)
{
    struct records *records = &compaction->store->base;
    struct records_snapshot *now;
    OS_FILE_AUTO lock = OS_FILE_NONE;
    TRY(wait_for_lock(compaction, "writer.lock", &lock));
    TRY(records->ops->snapshot(records, &now));
    enum err e = now->stale;
    if (e == OK) e = publish_on(compaction, view_of(now), first, merge, line);
    records->ops->release(now);
    return e;
}

/* -- one merge -- */

static void note_merge(struct records_compaction *summary, const struct segment_list *list, size_t first,
                       const struct segment_counts *counts)
{
    summary->merged_segments += list->count - first;
    summary->written_bytes += counts->data_bytes + counts->index_bytes;
    summary->kept_records += counts->record_count;
    for (size_t i = first; i < list->count; i++) {
        summary->read_bytes += bytes_of(list->segments[i]);
        summary->read_records += list->segments[i]->counts.stored_count;
    }
}

/* The error stays the one that is told; the next merge tries again to remove. */
static enum err give_up(const struct segment_store *store, uint32_t number, enum err e)
{
    char sentence[256];
    snprintf(sentence, sizeof sentence, "%s", err_detail());
    enum err ignored = segment_remove(store->folder, number);
    (void)ignored;
    return err_raise(e, "%s", sentence);
}

static enum err merge_and_publish(const struct compaction *compaction, size_t first)
{
    const struct segment_view *view = view_of(compaction->snapshot);
    uint32_t number = view->manifest.next_merged;
    struct manifest_segment line = {.number = number};
    struct segment_merge *merge;
    if (number == UINT32_MAX) return err_raise(ERR_LIMIT, "no numbers are left for merged segments");
    enum err e = segment_merge_run(&view->list, first, compaction->store->folder, number,
                                   &compaction->store->settings.packing, compaction->stop, &merge);
    if (e == OK) {
        line.counts = *segment_merge_counts(merge);
        e = publish(compaction, first, merge, &line);
        segment_merge_free(merge);
    }
    if (e == OK) note_merge(compaction->summary, &view->list, first, &line.counts);
    return e == OK || e == ERR_UNKNOWN_OUTCOME ? e : give_up(compaction->store, number, e);
}

/* The files of segments that were merged away go at once: whoever reads them has them mapped. */
static enum err clean(const struct compaction *compaction)
{
    struct records *records = &compaction->store->base;
    struct records_snapshot *now;
    TRY(records->ops->snapshot(records, &now));
    enum err e = now->stale;
    if (e == OK) e = segment_store_clean(compaction->store, &view_of(now)->manifest, SEGMENT_MERGE);
    records->ops->release(now);
    return e;
}

/* Does what is due in the current content. *ret_is_done: nothing was. ERR_STALE: an import interfered. */
static enum err step(struct compaction *compaction, bool *ret_is_done)
{
    struct records *records = &compaction->store->base;
    size_t first;
    TRY(records->ops->snapshot(records, &compaction->snapshot));
    const struct segment_view *view = view_of(compaction->snapshot);
    enum err e = compaction->snapshot->stale;
    if (e == OK) e = choose(compaction, &view->list, &first);
    *ret_is_done = e == OK && first == view->list.count;
    if (e == OK && !*ret_is_done) e = merge_and_publish(compaction, first);
    records->ops->release(compaction->snapshot);
    TRY(e);
    return clean(compaction);
}

static enum err compact(struct compaction *compaction)
{
    bool is_done = false;
    TRY(clean(compaction));
    for (int round = 0; !is_done; round++) {
        enum err e = step(compaction, &is_done);
        if (e == ERR_STALE && round < ROUNDS_MAX) continue;
        TRY(e);
        if (compaction->what == COMPACT_ALL) return OK;
    }
    return OK;
}

enum err segment_store_compact(struct records *records, enum records_compact what,
                               bool (*is_stopped_fn)(void *context), void *context,
                               struct records_compaction *ret)
{
    struct records_compaction summary = {0};
    struct compaction compaction = {
        .store = (struct segment_store *)records,
        .what = what,
        .stop = {is_stopped_fn, context},
        .lock = OS_FILE_NONE,
        .summary = &summary,
    };
    *ret = summary;
    if (what == COMPACT_ALL) {
        TRY(wait_for_lock(&compaction, "compact.lock", &compaction.lock));
    } else {
        TRY(segment_store_lock(compaction.store, "compact.lock", false, &compaction.lock));
    }
    enum err e = compact(&compaction);
    os_close(&compaction.lock);
    *ret = summary;
    return e;
}
