/* Preloaded: writes down every change of a folder's files, for power_loss.py.
 *
 * $DISK_RECORD_LOG gets one record an operation: struct head, the path (two with a zero between them for a
 * rename), the bytes. A record is one write to a file opened for appending, so that several processes may
 * share a log. A sync has two: what was recorded before the first is on stable storage when the second is
 * reached.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tap.h"

#define PARTS_MAX 64

struct head {
    char kind; /* see kinds; S: a sync begins */
    char unused;
    uint16_t path_bytes;
    uint32_t bytes;
    uint64_t inode;
    int64_t offset; /* O: the flags; S, D: the thread */
};

static const char kinds[] = {
    [TAP_OPEN] = 'O',   [TAP_WRITE] = 'W',  [TAP_TRUNCATE] = 'T', [TAP_SYNC] = 'D',
    [TAP_RENAME] = 'R', [TAP_UNLINK] = 'U', [TAP_MKDIR] = 'M',
};

static int log_fd(void)
{
    static int fd = -1;
    const char *path = getenv("DISK_RECORD_LOG");
    if (fd < 0 && path)
        fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CLOEXEC | O_CREAT, 0600);
    if (fd < 0) abort();
    return fd;
}

static uint16_t path_of(int fd, char *path, size_t room)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, room);
    if (n < 0 || (size_t)n >= room) abort();
    return (uint16_t)n;
}

static void record(const struct tap_call *call, char kind, size_t bytes)
{
    char paths[8192];
    struct stat file = {0};
    struct iovec parts[PARTS_MAX + 2];
    int count = 2;
    struct head head = {.kind = kind, .bytes = (uint32_t)bytes, .offset = call->offset};
    if (call->fd >= 0 && fstat(call->fd, &file) != 0) abort();
    head.inode = file.st_ino;
    if (call->operation == TAP_OPEN) head.offset = call->flags;
    if (call->operation == TAP_SYNC) head.offset = syscall(SYS_gettid);
    if (S_ISDIR(file.st_mode)) {
        head.path_bytes = path_of(call->fd, paths, sizeof paths);
    } else if (call->path) {
        const char *second = call->path2 ? call->path2 : "";
        int n = snprintf(paths, sizeof paths, "%s%c%s", call->path, '\0', second);
        if (n < 0 || (size_t)n >= sizeof paths) abort();
        head.path_bytes = (uint16_t)n;
    }
    parts[0] = (struct iovec){&head, sizeof head};
    parts[1] = (struct iovec){paths, head.path_bytes};
    for (int i = 0; i < call->part_count && bytes > 0; i++) {
        if (count == PARTS_MAX + 2) abort();
        parts[count] = call->parts[i];
        if (parts[count].iov_len > bytes) parts[count].iov_len = bytes;
        bytes -= parts[count++].iov_len;
    }
    if (syscall(SYS_writev, log_fd(), parts, count) < 0) abort();
}

int tap_before(const struct tap_call *call)
{
    if (call->operation == TAP_SYNC) record(call, 'S', 0);
    return 0;
}

void tap_after(const struct tap_call *call, size_t bytes)
{
    record(call, kinds[call->operation], bytes);
}
