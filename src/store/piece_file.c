/* Paths and whole-file steps over base/os.h. */
#include "store/piece_file.h"

#include <stdlib.h>

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

enum err piece_file_discard(const char *folder_cstr, struct uuid id, struct os_file *file)
{
    char path[PATH_BYTES_MAX];
    uint64_t bytes;
    enum err e = os_file_bytes(*file, &bytes);
    os_close(file);
    TRY(e);
    TRY(path_of(folder_cstr, id, path));
    return bytes == 0 ? os_unlink(path) : OK;
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

static enum err overwrite_range(struct os_file file, uint64_t from, uint64_t to)
{
    static const char zeros[1 << 16];
    for (uint64_t at = from; at < to; at += sizeof zeros) {
        size_t n = to - at < sizeof zeros ? (size_t)(to - at) : sizeof zeros;
        TRY(os_pwrite(file, str_of(zeros, n), at));
    }
    return OK;
}

static enum err overwrite(const char *path)
{
    OS_FILE_AUTO file = OS_FILE_NONE;
    uint64_t bytes;
    TRY(os_open_write(path, &file));
    enum err e = os_lock(file, false);
    if (e != OK) return e == ERR_BUSY ? OK : e;
    TRY(os_file_bytes(file, &bytes));
    TRY(overwrite_range(file, 0, bytes));
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

enum err piece_file_hold(const char *folder_cstr, struct uuid id, struct os_file *ret)
{
    OS_FILE_AUTO file = OS_FILE_NONE;
    char path[PATH_BYTES_MAX];
    TRY(path_of(folder_cstr, id, path));
    TRY(os_open_read(path, &file));
    enum err e = os_lock_shared(file);
    if (e != OK) return e == ERR_BUSY ? ERR_NOT_FOUND : e;
    *ret = file;
    file = OS_FILE_NONE;
    return OK;
}

enum err piece_file_map(struct os_file file, uint64_t n, const void **ret)
{
    uint64_t bytes;
    TRY(os_file_bytes(file, &bytes));
    if (bytes < n) return err_raise(ERR_CORRUPT, "a result file has lost its end");
    return os_map(file, (size_t)n, ret);
}

enum err piece_file_open_existing(const char *folder_cstr, struct uuid id, struct os_file *ret)
{
    char path[PATH_BYTES_MAX];
    bool is_missing;
    TRY(path_of(folder_cstr, id, path));
    TRY(os_is_same_file(OS_FILE_NONE, path, &is_missing));
    return is_missing ? ERR_NOT_FOUND : os_open_write(path, ret);
}

enum err piece_file_check_not_held(const char *folder_cstr, struct uuid id)
{
    OS_FILE_AUTO file = OS_FILE_NONE;
    TRY(piece_file_open_read(folder_cstr, id, &file));
    return os_lock(file, false);
}

static int compare_offsets(const void *a, const void *b)
{
    const struct piece *const *x = a;
    const struct piece *const *y = b;
    return ((*x)->offset > (*y)->offset) - ((*x)->offset < (*y)->offset);
}

static enum err overwrite_gaps(struct os_file file, const struct piece **pieces, size_t count)
{
    uint64_t end, at = 0;
    TRY(os_file_bytes(file, &end));
    for (size_t i = 0; i < count; i++) {
        if (pieces[i]->offset > at) TRY(overwrite_range(file, at, pieces[i]->offset));
        if (pieces[i]->offset + pieces[i]->bytes > at) at = pieces[i]->offset + pieces[i]->bytes;
    }
    return overwrite_range(file, at, end);
}

enum err piece_file_clean(const char *folder_cstr, struct uuid id, const struct piece_list *list,
                          struct arena *arena)
{
    OS_FILE_AUTO file = OS_FILE_NONE;
    size_t count = 0;
    const struct piece **pieces = arena_array(arena, (size_t)list->count * 2, sizeof *pieces);
    if (!pieces) return err_raise(ERR_NOMEM, "no memory for the places of pieces");
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->pairs[i].results.bytes) pieces[count++] = &list->pairs[i].results;
        if (list->pairs[i].unresolved.bytes) pieces[count++] = &list->pairs[i].unresolved;
    }
    if (count) qsort(pieces, count, sizeof *pieces, compare_offsets);
    TRY(piece_file_check_not_held(folder_cstr, id));
    TRY(piece_file_open_existing(folder_cstr, id, &file));
    TRY(overwrite_gaps(file, pieces, count));
    return os_sync(file);
}
