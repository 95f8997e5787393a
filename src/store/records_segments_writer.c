/* The writing half of the backend: segments are filled one after the other, then one new manifest names them
 * all.
 *
 * Order of a commit: files synced, folder synced, manifest replaced. Until then nothing that readers know has
 * changed, and the next writer removes what no manifest names.
 */
#include "store/key_hash.h"
#include "store/lost_keys.h"
#include "store/segment_store.h"
#include "store/segment_writer.h"

struct segments_writer {
    struct records_writer base;
    struct segment_store *store;
    struct os_file lock;             /* writer.lock, held while it is open */
    struct records_snapshot *before; /* the content that is being added to */
    struct os_file manifest_file;    /* that it was read from; none for an empty store */
    struct manifest manifest;        /* as it will be published */
    struct segment_writer *current;  /* the segment that is being filled; NULL when none is */
    struct segment **segments;       /* those of `before`, then the finished new ones */
    size_t segment_count, before_count;
    struct lost_keys lost;
};

static struct segments_writer *writer_of(struct records_writer *writer)
{
    return (struct segments_writer *)writer;
}

static struct segment_list list_of(const struct segments_writer *writer)
{
    return (struct segment_list){writer->segments, writer->segment_count, writer->manifest.secret};
}

/* -- beginning and ending -- */

/* Under the lock nobody else replaces the manifest. */
static enum err begin(struct segments_writer *writer, bool wait)
{
    struct records *records = writer->base.records;
    TRY(segment_store_lock(writer->store, "writer.lock", wait, &writer->lock));
    enum err e = os_open_read(writer->store->manifest_path, &writer->manifest_file);
    if (e != OK && e != ERR_NOT_FOUND) return e;
    TRY(records->ops->snapshot(records, &writer->before));
    TRY(writer->before->stale);
    const struct segment_view *view = ((struct segment_snapshot *)writer->before)->view;
    TRY(manifest_copy(&view->manifest, &writer->manifest));
    TRY(segment_store_clean(writer->store, &writer->manifest, SEGMENT_IMPORT));
    writer->segments = calloc(view->list.count + 1, sizeof *writer->segments);
    if (!writer->segments) return err_raise(ERR_NOMEM, "no memory to write records");
    for (size_t i = 0; i < view->list.count; i++) writer->segments[i] = view->segments[i];
    writer->segment_count = writer->before_count = view->list.count;
    return OK;
}

static void end(struct segments_writer *writer)
{
    segment_writer_free(writer->current);
    for (size_t i = writer->before_count; i < writer->segment_count; i++) segment_close(writer->segments[i]);
    free(writer->segments);
    lost_keys_fini(&writer->lost);
    manifest_fini(&writer->manifest);
    os_close(&writer->manifest_file);
    if (writer->before) writer->base.records->ops->release(writer->before);
    os_close(&writer->lock);
    free(writer);
}

enum err segment_store_write(struct records *records, bool wait, struct records_writer **ret)
{
    struct segments_writer *writer = calloc(1, sizeof *writer);
    if (!writer) return err_raise(ERR_NOMEM, "no memory to write records");
    writer->base.records = records;
    writer->store = (struct segment_store *)records;
    writer->lock = writer->manifest_file = OS_FILE_NONE;
    enum err e = begin(writer, wait);
    if (e != OK) {
        end(writer);
        return e;
    }
    *ret = &writer->base;
    return OK;
}

/* -- adding -- */

static enum err begin_segment(struct segments_writer *writer)
{
    uint32_t number = writer->manifest.next_segment;
    if (number == SEGMENT_MERGED_FIRST) return err_raise(ERR_LIMIT, "no numbers are left for segments");
    TRY(segment_writer_new(writer->store->folder, writer->store->base.entity, number, writer->manifest.secret,
                           &writer->store->settings.packing, &writer->current));
    writer->manifest.next_segment++;
    return OK;
}

/* Makes the finished segment one of those that later ones are compared with. */
static enum err open_finished(struct segments_writer *writer, uint32_t number)
{
    struct segment **segments =
        reallocarray(writer->segments, writer->segment_count + 1, sizeof(struct segment *));
    if (!segments) return err_raise(ERR_NOMEM, "no memory to write records");
    writer->segments = segments;
    TRY(segment_open(writer->store->folder, writer->store->base.entity, number, writer->manifest.secret,
                     &segments[writer->segment_count]));
    writer->segment_count++;
    return OK;
}

static enum err finish_segment(struct segments_writer *writer)
{
    TRY(segment_writer_finish(writer->current));
    struct manifest_segment line = {.number = writer->manifest.next_segment - 1,
                                    .counts = *segment_writer_counts(writer->current)};
    TRY(manifest_add(&writer->manifest, &line));
    TRY(open_finished(writer, line.number));
    struct segment_list list = list_of(writer);
    TRY(lost_keys_collect(&writer->lost, segment_writer_keys(writer->current), &list));
    segment_writer_free(writer->current);
    writer->current = NULL;
    return OK;
}

static bool has_id(const struct segments_writer *writer, uint64_t id_hash, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        uint64_t at = 0, location;
        if (segment_find(writer->segments[i], id_hash, &at, &location)) return true;
    }
    return false;
}

static void count_put(struct segments_writer *writer, const struct record *record, bool is_repeated)
{
    bool is_alone = writer->segment_count == 0;
    uint64_t id_hash = is_alone ? 0 : key_hash_id(writer->manifest.secret, record->id);
    if (!is_repeated) is_repeated = has_id(writer, id_hash, writer->before_count, writer->segment_count);
    writer->base.put_count++;
    writer->base.key_count += record->key_count;
    writer->base.repeated_count += is_repeated;
    writer->base.replaced_count += !is_repeated && has_id(writer, id_hash, 0, writer->before_count);
}

static enum err put_record(struct segments_writer *writer, const struct record *record)
{
    bool is_repeated;
    if (writer->current &&
        segment_writer_is_full(writer->current, writer->store->settings.writer_memory_bytes)) {
        TRY(finish_segment(writer));
    }
    if (!writer->current) TRY(begin_segment(writer));
    TRY(segment_writer_put(writer->current, record, &is_repeated));
    count_put(writer, record, is_repeated);
    return OK;
}

enum err segment_store_put(struct records_writer *base, str stored)
{
    struct segments_writer *writer = writer_of(base);
    while (stored.n) {
        struct record record;
        TRY(record_open(stored, &record));
        TRY(put_record(writer, &record));
        stored = str_from(stored, record.bytes.n);
    }
    return writer->current ? segment_writer_take(writer->current) : OK;
}

/* -- publishing -- */

static enum err publish(struct segments_writer *writer, records_lost_key_fn *on_lost_key, void *context)
{
    if (writer->current) TRY(finish_segment(writer));
    if (writer->segment_count == writer->before_count) return OK;
    struct segment_list list = list_of(writer);
    if (on_lost_key) TRY(lost_keys_report(&writer->lost, &list, on_lost_key, context));
    return segment_store_replace_manifest(writer->store, writer->manifest_file, &writer->manifest);
}

enum err segment_store_commit(struct records_writer *base, records_lost_key_fn *on_lost_key, void *context)
{
    struct segments_writer *writer = writer_of(base);
    enum err e = publish(writer, on_lost_key, context);
    if (e == OK || e == ERR_UNKNOWN_OUTCOME) {
        end(writer);
    } else {
        segment_store_abort(base);
    }
    return e;
}

void segment_store_abort(struct records_writer *base)
{
    struct segments_writer *writer = writer_of(base);
    const struct segment_view *view = ((struct segment_snapshot *)writer->before)->view;
    for (uint32_t number = view->manifest.next_segment; number < writer->manifest.next_segment; number++) {
        enum err ignored = segment_remove(writer->store->folder, number); /* the next writer tries again */
        (void)ignored;
    }
    end(writer);
}
