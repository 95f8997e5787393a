/* The reading part of the backend: snapshots are references to a view, which is replaced when the manifest
 * is. */
#include "store/records_segments.h"

#include "store/segment_store.h"

static struct segment_store *store_of(struct records *records)
{
    return (struct segment_store *)records;
}

static struct segment_view *view_of(struct records_snapshot *snapshot)
{
    return ((struct segment_snapshot *)snapshot)->view;
}

/* -- loading -- */

/* Opens the manifest file and reads it; an empty manifest, and no file, if there has never been one. */
static enum err read_manifest(const struct segment_store *store, struct os_file *ret_file,
                              struct manifest *ret)
{
    OS_FILE_AUTO file = OS_FILE_NONE;
    enum err e = os_open_read(store->manifest_path, &file);
    if (e == ERR_NOT_FOUND && store->manifest_file.fd < 0) {
        manifest_init(ret, store->base.entity);
        return OK;
    }
    TRY(e);
    TRY(err_at(manifest_read(file, store->base.entity, ret), store->manifest_path));
    *ret_file = file;
    file = OS_FILE_NONE;
    return OK;
}

/* A merge may remove a segment between the reading of the manifest and the opening of its files. */
static bool is_outdated(const struct segment_store *store, struct os_file manifest_file)
{
    bool is_current;
    return os_is_same_file(manifest_file, store->manifest_path, &is_current) == OK && !is_current;
}

static enum err open_current(const struct segment_store *store, struct os_file *ret_file,
                             struct segment_view **ret)
{
    for (;;) {
        OS_FILE_AUTO file = OS_FILE_NONE;
        struct manifest manifest;
        TRY(read_manifest(store, &file, &manifest));
        enum err e = segment_view_open(store->folder, manifest, store->view, ret);
        if (e == ERR_NOT_FOUND && is_outdated(store, file)) continue;
        TRY(e);
        *ret_file = file;
        file = OS_FILE_NONE;
        return OK;
    }
}

/* Replaces the view by what the manifest says now. Unchanged on failure. The lock is held. */
static enum err load(struct segment_store *store)
{
    struct os_file file;
    struct segment_view *view;
    TRY(open_current(store, &file, &view));
    segment_view_unref(store->view);
    os_close(&store->manifest_file);
    store->view = view;
    store->manifest_file = file;
    store->manifest_stamp = (struct os_stamp){0};
    return OK;
}

/* Whether the view is that of the file which has the manifest's name now. Looking the name up takes ten times
 * as long as asking the open file whether anything happened to it. During a rename the replaced file may have
 * lost its name a moment before the name leads elsewhere: such a stamp proves nothing. The lock is held. */
static enum err check_manifest(struct segment_store *store, bool *ret_is_current)
{
    struct os_stamp stamp = {0};
    if (store->manifest_file.fd >= 0) {
        TRY(os_stamp(store->manifest_file, &stamp));
        *ret_is_current = stamp.names > 0 && memcmp(&stamp, &store->manifest_stamp, sizeof stamp) == 0;
        if (*ret_is_current) return OK;
    }
    TRY(os_is_same_file(store->manifest_file, store->manifest_path, ret_is_current));
    if (*ret_is_current) store->manifest_stamp = stamp;
    return OK;
}

/* Loads if the manifest was replaced. The lock is held. */
static enum err refresh(struct segment_store *store, bool *ret_is_loaded)
{
    bool is_current;
    *ret_is_loaded = false;
    TRY(check_manifest(store, &is_current));
    if (is_current) return OK;
    TRY(load(store));
    *ret_is_loaded = true;
    return OK;
}

/* Outside of the lock: others need not wait until the indexes are in memory. */
static void warm(const struct segment_view *view)
{
    for (size_t i = 0; i < view->list.count; i++) segment_warm(view->segments[i]);
}

/* -- operations -- */

static enum err snapshot(struct records *records, struct records_snapshot **ret)
{
    struct segment_store *store = store_of(records);
    struct segment_snapshot *taken = calloc(1, sizeof *taken);
    bool is_loaded;
    if (!taken) return err_raise(ERR_NOMEM, "no memory for a snapshot");
    taken->base.records = records;
    must(pthread_mutex_lock(&store->lock) == 0);
    taken->base.stale = refresh(store, &is_loaded);
    taken->view = store->view;
    taken->view->references++;
    must(pthread_mutex_unlock(&store->lock) == 0);
    if (is_loaded) warm(taken->view);
    *ret = &taken->base;
    return OK;
}

static void release(struct records_snapshot *snapshot)
{
    struct segment_store *store = store_of(snapshot->records);
    must(pthread_mutex_lock(&store->lock) == 0);
    segment_view_unref(view_of(snapshot));
    must(pthread_mutex_unlock(&store->lock) == 0);
    free(snapshot);
}

static enum err get(struct records_snapshot *snapshot, const struct key *keys, size_t count,
                    struct arena *arena, str *ret)
{
    return segment_list_get(&view_of(snapshot)->list, keys, count, arena, ret);
}

static enum err unpack(struct records_snapshot *snapshot, enum record_part part, struct unpacker *unpacker,
                       struct record *record)
{
    return segment_list_unpack(&view_of(snapshot)->list, part, unpacker, record);
}

static enum err scan(struct records_snapshot *snapshot,
                     enum err (*fn)(void *context, const struct record *record), void *context)
{
    return segment_list_scan(&view_of(snapshot)->list, fn, context);
}

static enum err scan_versions(struct records_snapshot *snapshot,
                              enum err (*fn)(void *context, const struct record *record), void *context)
{
    return segment_list_scan_versions(&view_of(snapshot)->list, fn, context);
}

static void stats(struct records_snapshot *snapshot, struct records_stats *ret)
{
    const struct manifest *manifest = &view_of(snapshot)->manifest;
    uint64_t default_bytes = 0, all_bytes = 0;
    struct records_stats sums = {.generation = manifest->generation};
    for (size_t i = 0; i < manifest->segment_count; i++) {
        const struct segment_counts *counts = &manifest->segments[i].counts;
        sums.record_count += counts->record_count;
        sums.stored_bytes += counts->data_bytes + counts->index_bytes;
        default_bytes += counts->default_bytes;
        all_bytes += counts->all_bytes;
    }
    if (sums.record_count) {
        sums.default_bytes_average = (uint32_t)(default_bytes / sums.record_count);
        sums.all_bytes_average = (uint32_t)(all_bytes / sums.record_count);
    }
    *ret = sums;
}

static void close_store(struct records *records)
{
    struct segment_store *store = store_of(records);
    must(!store->view || store->view->references == 1); /* a snapshot or writer is left */
    segment_view_unref(store->view);
    os_close(&store->manifest_file);
    must(pthread_mutex_destroy(&store->lock) == 0);
    free(store);
}

static const struct records_ops ops = {
    .close = close_store,
    .snapshot = snapshot,
    .release = release,
    .get = get,
    .unpack = unpack,
    .scan = scan,
    .scan_versions = scan_versions,
    .stats = stats,
    .write = segment_store_write,
    .put = segment_store_put,
    .commit = segment_store_commit,
    .abort = segment_store_abort,
    .compact = segment_store_compact,
};

static enum err open_store(struct segment_store *store, const char *data)
{
    str name = entity_name(store->base.entity);
    int n = snprintf(store->folder, sizeof store->folder, "%s/records/%.*s", data, STR_ARG(name));
    if (n < 0 || (size_t)n >= sizeof store->folder - 64)
        return err_raise(ERR_LIMIT, "path too long: %s", data);
    n = snprintf(store->manifest_path, sizeof store->manifest_path, "%s/" MANIFEST_NAME, store->folder);
    must(n > 0 && (size_t)n < sizeof store->manifest_path);
    TRY(os_mkdir_all(store->folder));
    TRY(load(store));
    warm(store->view);
    return OK;
}

enum err records_segments_open(const char *data_cstr, enum entity entity,
                               const struct records_segments_settings *settings, struct records **ret)
{
    struct segment_store *store = calloc(1, sizeof *store);
    if (!store) return err_raise(ERR_NOMEM, "no memory for a record store");
    must(pthread_mutex_init(&store->lock, NULL) == 0);
    store->base = (struct records){.ops = &ops, .entity = entity};
    store->settings = *settings;
    store->manifest_file = OS_FILE_NONE;
    enum err e = open_store(store, data_cstr);
    if (e != OK) {
        close_store(&store->base);
        return e;
    }
    *ret = &store->base;
    return OK;
}
