/* Paths and whole-file steps over base/os.h. */
#include "store/piece_file.h"

#define PATH_BYTES_MAX ((size_t)4096)

static enum err path_of(const char *folder, struct uuid id, char ret[PATH_BYTES_MAX])
{
    int n = snprintf(ret, PATH_BYTES_MAX, "%s/%.*s", folder, STR_ARG(UUID_STR(id)));
    if (n < 0 || (size_t)n >= PATH_BYTES_MAX) return err_raise(ERR_LIMIT, "path too long: %s", folder);
    return OK;
}

enum err piece_file_open(const char *folder_cstr, struct uuid id, struct os_file *ret)
{
    char path[PATH_BYTES_MAX];
    TRY(path_of(folder_cstr, id, path));
    return os_open_write(path, ret);
}

enum err piece_file_open_read(const char *folder_cstr, struct uuid id, struct os_file *ret)
{
    char path[PATH_BYTES_MAX];
    TRY(path_of(folder_cstr, id, path));
    return os_open_read(path, ret);
}

enum err piece_file_sync(const char *folder_cstr, struct os_file file, bool with_name)
{
    TRY(os_sync(file));
    return with_name ? os_sync_dir(folder_cstr) : OK;
}

enum err piece_file_cut(const char *folder_cstr, struct uuid id, uint64_t n, uint64_t *ret_bytes)
{
    OS_FILE_AUTO file = OS_FILE_NONE;
    uint64_t bytes;
    TRY(piece_file_open(folder_cstr, id, &file));
    TRY(os_file_bytes(file, &bytes));
    if (bytes > n) TRY(os_truncate(file, n));
    *ret_bytes = bytes > n ? n : bytes;
    return OK;
}

static enum err overwrite(const char *path)
{
    static const char zeros[1 << 16];
    OS_FILE_AUTO file = OS_FILE_NONE;
    uint64_t bytes;
    TRY(os_open_write(path, &file));
    enum err e = os_lock(file, false);
    if (e != OK) return e == ERR_BUSY ? OK : e;
    TRY(os_file_bytes(file, &bytes));
    for (uint64_t at = 0; at < bytes; at += sizeof zeros) {
        size_t n = bytes - at < sizeof zeros ? (size_t)(bytes - at) : sizeof zeros;
        TRY(os_pwrite(file, str_of(zeros, n), at));
    }
    return os_sync(file);
}

enum err piece_file_erase(const char *folder_cstr, struct uuid id)
{
    char path[PATH_BYTES_MAX];
    bool is_missing;
    TRY(path_of(folder_cstr, id, path));
    TRY(os_is_same_file(OS_FILE_NONE, path, &is_missing));
    if (is_missing) return OK;
    enum err overwritten = overwrite(path);
    TRY(os_unlink(path));
    return overwritten;
}

enum err piece_file_map(const char *folder_cstr, struct uuid id, uint64_t n, struct os_file *ret_file,
                        const void **ret)
{
    OS_FILE_AUTO file = OS_FILE_NONE;
    char path[PATH_BYTES_MAX];
    uint64_t bytes;
    TRY(path_of(folder_cstr, id, path));
    TRY(os_open_read(path, &file));
    enum err e = os_lock_shared(file);
    if (e != OK) return e == ERR_BUSY ? ERR_NOT_FOUND : e;
    TRY(os_file_bytes(file, &bytes));
    if (bytes < n) return err_raise(ERR_CORRUPT, "%s has lost its end", path);
    TRY(os_map(file, (size_t)n, ret));
    *ret_file = file;
    file = OS_FILE_NONE;
    return OK;
}
