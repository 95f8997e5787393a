/* Stand-ins for the C library's functions, straight on system calls. */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FDS_MAX 65536

#define EXPORT __attribute__((visibility("default")))

static bool is_tapped[FDS_MAX]; /* by descriptor: open on a file or folder inside the folder */

static const char *folder(void)
{
    static const char *path;
    if (!path) path = getenv("TAP_FOLDER");
    return path ? path : "/nonexistent";
}

static bool is_inside(const char *path)
{
    size_t n = strlen(folder()), path_n = strlen(path);
    if (strncmp(path, folder(), n) != 0 || (path[n] != '/' && path[n] != '\0')) return false;
    return path_n < 4 || strcmp(path + path_n - 4, "-shm") != 0;
}

static bool is_tapped_fd(int fd)
{
    return fd >= 0 && fd < FDS_MAX && is_tapped[fd];
}

static bool is_refused(const struct tap_call *call)
{
    int number = tap_before(call);
    if (number) errno = number;
    return number != 0;
}

static int done(const struct tap_call *call, long result)
{
    if (result == 0) tap_after(call, 0);
    return (int)result;
}

/* ---- names ---- */

static int open_at(int dir, const char *path, int flags, mode_t mode)
{
    struct tap_call call = {TAP_OPEN, .fd = -1, .flags = flags, .path = path};
    bool inside = is_inside(path);
    bool changes = inside && (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0;
    if (changes && is_refused(&call)) return -1;
    int fd = (int)syscall(SYS_openat, dir, path, flags, mode);
    if (fd >= 0 && fd < FDS_MAX) is_tapped[fd] = inside;
    call.fd = fd;
    if (changes && fd >= 0) tap_after(&call, 0);
    return fd;
}

#define MODE_OF(flags)                                                                                       \
    ({                                                                                                       \
        va_list arguments;                                                                                   \
        va_start(arguments, flags);                                                                          \
        mode_t value = (flags) & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;                    \
        va_end(arguments);                                                                                   \
        value;                                                                                               \
    })

EXPORT int open(const char *path, int flags, ...)
{
    return open_at(AT_FDCWD, path, flags, MODE_OF(flags));
}

EXPORT int open64(const char *path, int flags, ...)
{
    return open_at(AT_FDCWD, path, flags, MODE_OF(flags));
}

EXPORT int openat(int dir, const char *path, int flags, ...)
{
    return open_at(dir, path, flags, MODE_OF(flags));
}

EXPORT int openat64(int dir, const char *path, int flags, ...)
{
    return open_at(dir, path, flags, MODE_OF(flags));
}

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);

EXPORT int __open_2(const char *path, int flags)
{
    return open_at(AT_FDCWD, path, flags, 0);
}

EXPORT int __open64_2(const char *path, int flags)
{
    return open_at(AT_FDCWD, path, flags, 0);
}

EXPORT int close(int fd)
{
    if (fd >= 0 && fd < FDS_MAX) is_tapped[fd] = false;
    return (int)syscall(SYS_close, fd);
}

EXPORT int rename(const char *from, const char *to)
{
    struct tap_call call = {TAP_RENAME, .fd = -1, .path = from, .path2 = to};
    bool inside = is_inside(to);
    if (inside && is_refused(&call)) return -1;
    long result = syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    return inside ? done(&call, result) : (int)result;
}

EXPORT int unlink(const char *path)
{
    struct tap_call call = {TAP_UNLINK, .fd = -1, .path = path};
    bool inside = is_inside(path);
    if (inside && is_refused(&call)) return -1;
    long result = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    return inside ? done(&call, result) : (int)result;
}

EXPORT int mkdir(const char *path, mode_t mode)
{
    struct tap_call call = {TAP_MKDIR, .fd = -1, .path = path};
    struct stat there;
    bool inside = is_inside(path) && stat(path, &there) != 0; /* asking for one that exists changes nothing */
    if (inside && is_refused(&call)) return -1;
    long result = syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    return inside ? done(&call, result) : (int)result;
}

/* ---- content ---- */

static ssize_t write_parts(int fd, const struct iovec *parts, int count, int64_t offset)
{
    struct tap_call call = {TAP_WRITE, .fd = fd, .offset = offset, .parts = parts, .part_count = count};
    bool tapped = is_tapped_fd(fd);
    bool has_place = offset >= 0;
    if (tapped && is_refused(&call)) return -1;
    if (tapped && !has_place) call.offset = syscall(SYS_lseek, fd, 0, SEEK_CUR);
    ssize_t n =
        has_place ? syscall(SYS_pwritev, fd, parts, count, offset, 0) : syscall(SYS_writev, fd, parts, count);
    if (tapped && n >= 0) tap_after(&call, (size_t)n);
    return n;
}

EXPORT ssize_t write(int fd, const void *bytes, size_t n)
{
    return write_parts(fd, &(struct iovec){(void *)(uintptr_t)bytes, n}, 1, -1);
}

EXPORT ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
    return write_parts(fd, &(struct iovec){(void *)(uintptr_t)bytes, n}, 1, offset);
}

EXPORT ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t offset)
{
    return write_parts(fd, &(struct iovec){(void *)(uintptr_t)bytes, n}, 1, offset);
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    return write_parts(fd, parts, count, -1);
}

EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    return write_parts(fd, parts, count, offset);
}

EXPORT ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset)
{
    return write_parts(fd, parts, count, offset);
}

static int truncate_to(int fd, int64_t bytes)
{
    struct tap_call call = {TAP_TRUNCATE, .fd = fd, .offset = bytes};
    bool tapped = is_tapped_fd(fd);
    if (tapped && is_refused(&call)) return -1;
    long result = syscall(SYS_ftruncate, fd, bytes);
    return tapped ? done(&call, result) : (int)result;
}

EXPORT int ftruncate(int fd, off_t bytes)
{
    return truncate_to(fd, bytes);
}

EXPORT int ftruncate64(int fd, off64_t bytes)
{
    return truncate_to(fd, bytes);
}

static int sync_by(long number, int fd)
{
    struct tap_call call = {TAP_SYNC, .fd = fd};
    bool tapped = is_tapped_fd(fd);
    if (tapped && is_refused(&call)) return -1;
    long result = syscall(number, fd);
    return tapped ? done(&call, result) : (int)result;
}

EXPORT int fsync(int fd)
{
    return sync_by(SYS_fsync, fd);
}

EXPORT int fdatasync(int fd)
{
    return sync_by(SYS_fdatasync, fd);
}
