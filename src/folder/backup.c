/* The steps of a backup. */
#include "folder/backup.h"

#include "folder/backup_state.h"

#define SMALL_FILE_BYTES_MAX ((size_t)1 << 20)
#define AUDIT_BYTES_MAX      ((size_t)4 << 30)

enum err backup_source(const struct backup *backup, const char *name_cstr, char ret[TREE_PATH_MAX])
{
    int n = snprintf(ret, TREE_PATH_MAX, "%s/%s", backup->data_cstr, name_cstr);
    if (n < 0 || (size_t)n >= TREE_PATH_MAX)
        return err_raise(ERR_LIMIT, "path too long: %s", backup->data_cstr);
    return OK;
}

static enum err copy_file(struct backup *backup, const char *name, size_t bytes_max)
{
    char path[TREE_PATH_MAX];
    struct buf content;
    TRY(backup_source(backup, name, path));
    buf_init(&content, bytes_max);
    enum err e = os_read_file(path, &content);
    if (e == OK) e = tree_add(&backup->tree, name, buf_str(&content));
    buf_fini(&content);
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err write_list(struct backup *backup)
{
    char path[TREE_PATH_MAX];
    struct buf text;
    TRY(tree_path(&backup->tree, BACKUP_LIST_NAME, path));
    buf_init(&text, BACKUP_LIST_BYTES_MAX);
    backup_list_write(&backup->tree.list, &text);
    enum err e = buf_check(&text);
    if (e == OK) e = os_replace_file(path, buf_str(&text));
    buf_fini(&text);
    return e;
}

static enum err fill(struct backup *backup)
{
    backup->tree.list.created_us = os_now_us();
    TRY(backup_control(backup));
    TRY(backup_records(backup));
    TRY(copy_file(backup, "secret.key", SMALL_FILE_BYTES_MAX));
    TRY(copy_file(backup, "enrichd.conf", SMALL_FILE_BYTES_MAX));
    TRY(copy_file(backup, "audit.log", AUDIT_BYTES_MAX)); /* no older than what control.db remembers of it */
    backup->counts.file_count = backup->tree.list.count;
    backup->counts.bytes = backup->tree.bytes;
    TRY(tree_sync(&backup->tree));
    return write_list(backup);
}

/* Whether nothing has the name yet. */
static enum err check_free(const char *path, const char *why)
{
    bool is_free;
    TRY(os_is_same_file(OS_FILE_NONE, path, &is_free));
    return is_free ? OK : err_raise(ERR_EXISTS, "%s is there already%s", path, why);
}

/* "<dest>.partial", beside dest also when that is written with a slash at its end. */
static enum err name_partial(const char *dest, char ret[TREE_PATH_MAX])
{
    str path = str_of_cstr(dest);
    while (path.n > 1 && path.p[path.n - 1] == '/') path.n--;
    int n = snprintf(ret, TREE_PATH_MAX, "%.*s.partial", STR_ARG(path));
    return n > 0 && (size_t)n < TREE_PATH_MAX ? OK : err_raise(ERR_LIMIT, "path too long: %s", dest);
}

static enum err begin(struct backup *backup, const char *dest, char partial[TREE_PATH_MAX])
{
    struct os_stat data;
    TRY(os_stat(backup->data_cstr, &data));
    if (!data.is_dir) return err_raise(ERR_NOT_FOUND, "%s is no folder", backup->data_cstr);
    TRY(name_partial(dest, partial));
    TRY(check_free(dest, ""));
    TRY(check_free(partial, ": another backup is under way, or was broken off and is to be removed"));
    return tree_begin(&backup->tree, partial, backup->tree.settings);
}

/* A rename that was made and could not be synced is undone as well: the tree is then at dest. */
static enum err publish(struct backup *backup, const char *partial, const char *dest)
{
    bool is_renamed;
    enum err e = os_rename_durable(partial, dest);
    if (e == OK) return OK;
    char sentence[512];
    snprintf(sentence, sizeof sentence, "%s", err_detail());
    if (os_is_same_file(OS_FILE_NONE, partial, &is_renamed) == OK && is_renamed)
        TRY(str_to_cstr(str_of_cstr(dest), backup->tree.path_cstr, sizeof backup->tree.path_cstr));
    return err_raise(e, "%s", sentence);
}

enum err backup_create(const char *data_cstr, const char *dest_cstr, const struct tree_settings *settings,
                       struct backup_counts *ret)
{
    struct backup backup = {.data_cstr = data_cstr, .tree.settings = settings};
    char partial[TREE_PATH_MAX];
    TRY(begin(&backup, dest_cstr, partial));
    enum err e = fill(&backup);
    if (e == OK) e = publish(&backup, partial, dest_cstr);
    if (e != OK) {
        char sentence[512];
        snprintf(sentence, sizeof sentence, "%s", err_detail());
        tree_abort(&backup.tree);
        return err_raise(e, "%s", sentence);
    }
    tree_fini(&backup.tree);
    *ret = backup.counts;
    return OK;
}
