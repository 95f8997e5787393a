/* Record stores: a manifest and the segments that it names. Those are open while they are copied, so that
 * nothing is lost when another program publishes meanwhile. */
#include "folder/backup_state.h"
#include "store/segment_view.h"

#define MANIFEST_BYTES_MAX ((size_t)4 << 20)

/* How often a manifest is read again because segments of it went before they were open. */
#define ROUNDS_MAX 10

struct store_copy {
    struct backup *backup;
    enum entity entity;
    char name_cstr[32]; /* "records/person" */
    char folder_cstr[TREE_PATH_MAX];
    struct buf manifest; /* as it was read */
    struct segment_view *view;
};

static enum err copy_part(struct store_copy *store, uint32_t number, const char *kind, str bytes)
{
    char name[BACKUP_NAME_MAX];
    snprintf(name, sizeof name, "%s/segment-%08" PRIu32 ".%s", store->name_cstr, number, kind);
    return tree_add(&store->backup->tree, name, bytes);
}

static enum err copy_store(struct store_copy *store)
{
    char name[BACKUP_NAME_MAX];
    TRY(tree_add_folder(&store->backup->tree, "records"));
    TRY(tree_add_folder(&store->backup->tree, store->name_cstr));
    for (size_t i = 0; i < store->view->list.count; i++) {
        const struct segment *segment = store->view->segments[i];
        TRY(copy_part(store, segment->number, "data", str_of(segment->data, segment->counts.data_bytes)));
        TRY(copy_part(store, segment->number, "index", str_of(segment->index, segment->counts.index_bytes)));
        store->backup->counts.segment_count++;
    }
    snprintf(name, sizeof name, "%s/" MANIFEST_NAME, store->name_cstr);
    return tree_add(&store->backup->tree, name, buf_str(&store->manifest));
}

/* ERR_NOT_FOUND: there is no manifest, or a segment of it is gone; *ret_has_manifest tells which. */
static enum err open_store(struct store_copy *store, bool *ret_has_manifest)
{
    OS_FILE_AUTO file = OS_FILE_NONE;
    char path[TREE_PATH_MAX];
    struct manifest manifest;
    uint64_t bytes;
    int n = snprintf(path, sizeof path, "%s/" MANIFEST_NAME, store->folder_cstr);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_raise(ERR_LIMIT, "path too long: %s", store->folder_cstr);
    *ret_has_manifest = false;
    TRY(os_open_read(path, &file));
    *ret_has_manifest = true;
    TRY(os_file_bytes(file, &bytes));
    buf_clear(&store->manifest);
    char *place = buf_reserve(&store->manifest, bytes);
    if (!place) return err_raise(ERR_CORRUPT, "%s is too long", path);
    TRY(os_pread(file, place, bytes, 0));
    store->manifest.n = bytes;
    TRY(err_at(manifest_read(file, store->entity, &manifest), path));
    return segment_view_open(store->folder_cstr, manifest, NULL, &store->view);
}

static enum err backup_store(struct backup *backup, enum entity entity)
{
    struct store_copy store = {.backup = backup, .entity = entity};
    bool has_manifest;
    snprintf(store.name_cstr, sizeof store.name_cstr, "records/%s", entity_name(entity).p);
    TRY(backup_source(backup, store.name_cstr, store.folder_cstr));
    buf_init(&store.manifest, MANIFEST_BYTES_MAX);
    enum err e = open_store(&store, &has_manifest);
    for (int round = 1; e == ERR_NOT_FOUND && has_manifest && round < ROUNDS_MAX; round++) {
        e = open_store(&store, &has_manifest);
    }
    bool is_empty = e == ERR_NOT_FOUND && !has_manifest;
    if (e == OK) e = copy_store(&store);
    segment_view_unref(store.view);
    buf_fini(&store.manifest);
    return is_empty ? OK : e;
}

enum err backup_records(struct backup *backup)
{
    for (int i = 0; i < ENTITY_COUNT; i++) TRY(backup_store(backup, (enum entity)i));
    return OK;
}
