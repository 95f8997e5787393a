/* What imports and merges share. */
#include "store/segment_store.h"

static enum err path_in(const struct segment_store *store, const char *name_cstr, char ret[SEGMENT_PATH_MAX])
{
    int n = snprintf(ret, SEGMENT_PATH_MAX, "%s/%s", store->folder, name_cstr);
    return n > 0 && (size_t)n < SEGMENT_PATH_MAX ? OK : err_raise(ERR_LIMIT, "path too long: %s", name_cstr);
}

enum err segment_store_lock(const struct segment_store *store, const char *name_cstr, bool wait,
                            struct os_file *ret)
{
    char path[SEGMENT_PATH_MAX];
    OS_FILE_AUTO file = OS_FILE_NONE;
    TRY(path_in(store, name_cstr, path));
    TRY(os_open_write(path, &file));
    TRY(err_at(os_lock(file, wait), path));
    *ret = file;
    file = OS_FILE_NONE;
    return OK;
}

struct cleaning {
    const struct segment_store *store;
    const struct manifest *manifest;
    enum segment_task task;
};

/* Whether a file of the folder belongs to a segment that the manifest does not name and that nobody is
 * writing, or was left by a manifest's replacement. Unknown names are not ours to judge. */
static bool is_orphan(const struct cleaning *cleaning, str name)
{
    const struct manifest *manifest = cleaning->manifest;
    bool is_import = cleaning->task == SEGMENT_IMPORT;
    uint64_t number;
    if (str_eq(name, STR(MANIFEST_NAME ".tmp"))) return is_import;
    if (!str_starts(name, STR("segment-"))) return false;
    str digits = str_slice(name, sizeof "segment-" - 1, str_find_char(name, '.', 0));
    if (str_to_u64(digits, UINT32_MAX, &number) != OK) return false;
    for (size_t i = 0; i < manifest->segment_count; i++) {
        if (manifest->segments[i].number == number) return false;
    }
    bool is_of_import = number < SEGMENT_MERGED_FIRST;
    if (is_of_import == is_import) return true;
    return number < (is_of_import ? manifest->next_segment : manifest->next_merged);
}

static enum err remove_if_orphan(void *context, const char *name_cstr)
{
    const struct cleaning *cleaning = context;
    char path[SEGMENT_PATH_MAX];
    if (!is_orphan(cleaning, str_of_cstr(name_cstr))) return OK;
    TRY(path_in(cleaning->store, name_cstr, path));
    return os_unlink(path);
}

enum err segment_store_clean(const struct segment_store *store, const struct manifest *manifest,
                             enum segment_task task)
{
    struct cleaning cleaning = {store, manifest, task};
    return os_list_dir(store->folder, remove_if_orphan, &cleaning);
}

enum err segment_store_replace_manifest(const struct segment_store *store, struct os_file before,
                                        struct manifest *manifest)
{
    const char *path = store->manifest_path;
    bool is_unchanged;
    char sentence[256];
    TRY(os_sync_dir(store->folder));
    manifest->generation++;
    enum err e = manifest_write(manifest, path);
    if (e == OK) return OK;
    snprintf(sentence, sizeof sentence, "%s", err_detail());
    if (os_is_same_file(before, path, &is_unchanged) == OK && is_unchanged)
        return err_raise(e, "%s: %s", path, sentence);
    return err_raise(ERR_UNKNOWN_OUTCOME, "%s may or may not have been replaced: %s", path, sentence);
}
