/* Two passes over the list: checksums, then copies. */
#include "folder/restore.h"

#define CONTROL "control.db"
#define PARTIAL "control.db.partial" /* its name until everything else is there */

struct restore {
    const char *src_cstr;
    struct backup_list list;
    struct tree tree;
    struct os_file lock;
};

/* ---- reading the backup ---- */

static enum err source_path(const struct restore *restore, const char *name, char ret[TREE_PATH_MAX])
{
    int n = snprintf(ret, TREE_PATH_MAX, "%s/%s", restore->src_cstr, name);
    if (n < 0 || (size_t)n >= TREE_PATH_MAX)
        return err_raise(ERR_LIMIT, "path too long: %s", restore->src_cstr);
    return OK;
}

static enum err read_list(struct restore *restore)
{
    char path[TREE_PATH_MAX];
    struct buf text;
    TRY(source_path(restore, BACKUP_LIST_NAME, path));
    buf_init(&text, BACKUP_LIST_BYTES_MAX);
    enum err e = os_read_file(path, &text);
    if (e == ERR_NOT_FOUND)
        e = err_raise(e, "%s is no backup: it has no " BACKUP_LIST_NAME, restore->src_cstr);
    if (e == OK) e = err_at(backup_list_read(buf_str(&text), &restore->list), path);
    buf_fini(&text);
    return e;
}

/* Maps a file of the backup, which must have its length. */
static enum err map_file(const struct restore *restore, const struct backup_file *file, str *ret)
{
    OS_FILE_AUTO opened = OS_FILE_NONE;
    char path[TREE_PATH_MAX];
    uint64_t bytes;
    const void *mapped;
    TRY(source_path(restore, file->name_cstr, path));
    TRY(os_open_read(path, &opened));
    TRY(os_file_bytes(opened, &bytes));
    if (bytes != file->bytes)
        return err_raise(ERR_CORRUPT, "%s has %" PRIu64 " bytes instead of %" PRIu64, path, bytes,
                         file->bytes);
    TRY(os_map(opened, (size_t)bytes, &mapped));
    *ret = str_of(mapped, (size_t)bytes);
    return OK;
}

static enum err differs(const struct restore *restore, const struct backup_file *file)
{
    return err_raise(ERR_CORRUPT, "%s/%s does not match its checksum", restore->src_cstr, file->name_cstr);
}

static enum err verify(const struct restore *restore, const struct tree_settings *settings)
{
    for (size_t i = 0; i < restore->list.count; i++) {
        const struct backup_file *file = &restore->list.files[i];
        uint8_t hash[SHA256_BYTES];
        str bytes;
        if (settings->is_stopped && settings->is_stopped()) return err_raise(ERR_CLOSED, "stopped");
        TRY(map_file(restore, file, &bytes));
        sha256(bytes, hash);
        os_unmap(bytes.p, bytes.n);
        if (memcmp(hash, file->sha256, sizeof hash) != 0) return differs(restore, file);
    }
    return OK;
}

/* ---- writing the folder ---- */

static enum err add_folders(struct tree *tree, const char *name)
{
    char folder[BACKUP_NAME_MAX];
    str path = str_of_cstr(name);
    for (size_t at = 0; (at = str_find_char(path, '/', at)) != SIZE_MAX; at++) {
        TRY(str_to_cstr(str_slice(path, 0, at), folder, sizeof folder));
        TRY(tree_add_folder(tree, folder));
    }
    return OK;
}

static enum err copy_file(struct restore *restore, const struct backup_file *file, const char *name)
{
    str bytes;
    TRY(add_folders(&restore->tree, name));
    TRY(map_file(restore, file, &bytes));
    enum err e = tree_add(&restore->tree, name, bytes);
    os_unmap(bytes.p, bytes.n);
    TRY(e);
    const struct backup_file *copy = &restore->tree.list.files[restore->tree.list.count - 1];
    return memcmp(copy->sha256, file->sha256, SHA256_BYTES) == 0 ? OK : differs(restore, file);
}

static enum err copy_files(struct restore *restore, bool *ret_has_control)
{
    *ret_has_control = false;
    for (size_t i = 0; i < restore->list.count; i++) {
        const struct backup_file *file = &restore->list.files[i];
        bool is_control = str_eq(str_of_cstr(file->name_cstr), STR(CONTROL));
        TRY(copy_file(restore, file, is_control ? PARTIAL : file->name_cstr));
        *ret_has_control = *ret_has_control || is_control;
    }
    return OK;
}

static enum err take_lock(struct restore *restore)
{
    char path[TREE_PATH_MAX];
    TRY(tree_path(&restore->tree, "lock", path));
    TRY(os_open_write(path, &restore->lock));
    return err_at(os_lock(restore->lock, false), path);
}

static enum err fill(struct restore *restore)
{
    char partial[TREE_PATH_MAX], control[TREE_PATH_MAX];
    bool has_control;
    TRY(take_lock(restore));
    TRY(copy_files(restore, &has_control));
    TRY(tree_sync(&restore->tree));
    if (!has_control) return OK;
    TRY(tree_path(&restore->tree, PARTIAL, partial));
    TRY(tree_path(&restore->tree, CONTROL, control));
    return os_rename_durable(partial, control);
}

static enum err begin(struct restore *restore, const char *data, const struct tree_settings *settings)
{
    TRY(read_list(restore));
    TRY(verify(restore, settings));
    return tree_begin(&restore->tree, data, settings);
}

enum err restore_folder(const char *src_cstr, const char *data_cstr, const struct tree_settings *settings,
                        struct restore_counts *ret)
{
    struct restore restore = {.src_cstr = src_cstr, .lock = OS_FILE_NONE};
    char sentence[512];
    enum err e = begin(&restore, data_cstr, settings);
    if (e == OK) {
        e = fill(&restore);
        snprintf(sentence, sizeof sentence, "%s", err_detail());
        if (e != OK) tree_abort(&restore.tree);
        if (e != OK) e = err_raise(e, "%s", sentence);
    }
    if (e == OK)
        *ret = (struct restore_counts){restore.list.created_us, restore.list.count, restore.tree.bytes};
    tree_fini(&restore.tree);
    os_close(&restore.lock);
    backup_list_fini(&restore.list);
    return e;
}
