/* Files one by one, then one pass of syncs. */
#include "folder/tree.h"

#define STRETCH_BYTES ((size_t)4 << 20) /* hashed and written at once */

/* What others may have put there when the tree is given up. */
static const char *const others[] = {BACKUP_LIST_NAME,     BACKUP_LIST_NAME ".tmp", "lock",
                                     "control.db",         "control.db-wal",        "control.db-shm",
                                     "control.db-journal", "control.db.partial"};

enum err tree_path(const struct tree *tree, const char *name_cstr, char ret[TREE_PATH_MAX])
{
    int n = snprintf(ret, TREE_PATH_MAX, "%s/%s", tree->path_cstr, name_cstr);
    if (n < 0 || (size_t)n >= TREE_PATH_MAX)
        return err_raise(ERR_LIMIT, "path too long: %s", tree->path_cstr);
    return OK;
}

/* ---- beginning ---- */

static enum err refuse_entry(void *context, const char *name_cstr)
{
    const char *path = context;
    return err_raise(ERR_EXISTS, "%s is not empty: it has %s", path, name_cstr);
}

/* It may be there even though making it durable failed. */
static enum err make_own(const char *path)
{
    char sentence[512];
    enum err e = os_mkdir_all(path);
    if (e == OK) return OK;
    snprintf(sentence, sizeof sentence, "%s", err_detail());
    enum err ignored = os_rmdir(path);
    (void)ignored;
    return err_raise(e, "%s", sentence);
}

enum err tree_begin(struct tree *tree, const char *path_cstr, const struct tree_settings *settings)
{
    struct os_stat found;
    *tree = (struct tree){.settings = settings};
    TRY(str_to_cstr(str_of_cstr(path_cstr), tree->path_cstr, sizeof tree->path_cstr));
    enum err e = os_stat(path_cstr, &found);
    tree->is_own = e == ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND) return make_own(path_cstr);
    TRY(e);
    if (!found.is_dir) return err_raise(ERR_EXISTS, "%s is no folder", path_cstr);
    return os_list_dir(path_cstr, refuse_entry, tree->path_cstr);
}

enum err tree_add_folder(struct tree *tree, const char *name_cstr)
{
    char path[TREE_PATH_MAX];
    for (size_t i = 0; i < tree->folder_count; i++) {
        if (str_eq(str_of_cstr(tree->folders[i]), str_of_cstr(name_cstr))) return OK;
    }
    if (tree->folder_count == TREE_FOLDERS_MAX) return err_raise(ERR_LIMIT, "too many folders");
    TRY(str_to_cstr(str_of_cstr(name_cstr), tree->folders[tree->folder_count], BACKUP_NAME_MAX));
    TRY(tree_path(tree, name_cstr, path));
    tree->folder_count++;
    return os_mkdir_all(path);
}

/* ---- files ---- */

static enum err check_stop(const struct tree *tree)
{
    if (tree->settings->is_stopped && tree->settings->is_stopped()) return err_raise(ERR_CLOSED, "stopped");
    return OK;
}

/* Hashes the bytes and, if file is open, writes them there. */
static enum err pass_bytes(struct tree *tree, struct os_file file, str bytes, uint8_t ret[SHA256_BYTES])
{
    struct sha256_ctx stream;
    enum err e = OK;
    sha256_begin(&stream);
    for (size_t at = 0; at < bytes.n && e == OK; at += STRETCH_BYTES) {
        str stretch = str_slice(bytes, at, at + STRETCH_BYTES);
        sha256_add(&stream, stretch);
        e = check_stop(tree);
        if (e == OK && file.fd >= 0) e = os_write(file, stretch);
        if (file.fd >= 0) os_sync_soon(file, at, stretch.n);
        tree->bytes += stretch.n;
        if (tree->settings->on_progress) tree->settings->on_progress(tree->settings->context, tree->bytes);
    }
    sha256_end(&stream, ret);
    return e;
}

static enum err write_file(struct tree *tree, const char *path, const char *name, str bytes)
{
    OS_FILE_AUTO file = OS_FILE_NONE;
    uint8_t hash[SHA256_BYTES];
    TRY(os_create(path, &file));
    TRY(err_at(pass_bytes(tree, file, bytes, hash), path));
    return backup_list_add(&tree->list, name, bytes.n, hash);
}

static void remove_quietly(const char *path)
{
    enum err ignored = os_unlink(path); /* the reason to remove it is what will be told */
    (void)ignored;
}

enum err tree_add(struct tree *tree, const char *name_cstr, str bytes)
{
    char path[TREE_PATH_MAX];
    TRY(tree_path(tree, name_cstr, path));
    TRY(check_stop(tree));
    enum err e = write_file(tree, path, name_cstr, bytes);
    if (e != OK) remove_quietly(path);
    return e;
}

enum err tree_adopt(struct tree *tree, const char *name_cstr)
{
    OS_FILE_AUTO file = OS_FILE_NONE;
    char path[TREE_PATH_MAX];
    uint8_t hash[SHA256_BYTES];
    uint64_t bytes;
    const void *mapped;
    TRY(tree_path(tree, name_cstr, path));
    TRY(os_open_read(path, &file));
    TRY(os_file_bytes(file, &bytes));
    TRY(os_map(file, bytes, &mapped));
    enum err e = pass_bytes(tree, OS_FILE_NONE, str_of(mapped, bytes), hash);
    os_unmap(mapped, bytes);
    TRY(e);
    return backup_list_add(&tree->list, name_cstr, bytes, hash);
}

enum err tree_remove_last(struct tree *tree)
{
    char path[TREE_PATH_MAX];
    must(tree->list.count);
    struct backup_file *last = &tree->list.files[tree->list.count - 1];
    TRY(tree_path(tree, last->name_cstr, path));
    TRY(os_unlink(path));
    tree->bytes -= last->bytes;
    tree->list.count--;
    return OK;
}

/* ---- ending ---- */

static enum err sync_file(const struct tree *tree, const char *name)
{
    OS_FILE_AUTO file = OS_FILE_NONE;
    char path[TREE_PATH_MAX];
    TRY(tree_path(tree, name, path));
    TRY(os_open_read(path, &file));
    return err_at(os_sync(file), path);
}

enum err tree_sync(struct tree *tree)
{
    char path[TREE_PATH_MAX];
    for (size_t i = 0; i < tree->list.count; i++) {
        TRY(check_stop(tree));
        TRY(sync_file(tree, tree->list.files[i].name_cstr));
    }
    for (size_t i = tree->folder_count; i-- > 0;) {
        TRY(tree_path(tree, tree->folders[i], path));
        TRY(os_sync_dir(path));
    }
    return os_sync_dir(tree->path_cstr);
}

static void remove_named(const struct tree *tree, const char *name)
{
    char path[TREE_PATH_MAX];
    if (tree_path(tree, name, path) == OK) remove_quietly(path);
}

void tree_abort(struct tree *tree)
{
    char path[TREE_PATH_MAX];
    for (size_t i = 0; i < tree->list.count; i++) remove_named(tree, tree->list.files[i].name_cstr);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) remove_named(tree, others[i]);
    enum err ignored = OK;
    for (size_t i = tree->folder_count; i-- > 0;) {
        if (tree_path(tree, tree->folders[i], path) == OK) ignored = os_rmdir(path);
    }
    if (tree->is_own) ignored = os_rmdir(tree->path_cstr);
    (void)ignored;
    tree_fini(tree);
}

void tree_fini(struct tree *tree)
{
    backup_list_fini(&tree->list);
}
