/* System calls with retries, error texts and the hooks that tests use. */
#include "base/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct os_hooks os_hooks;

static bool is_refused(enum os_operation operation, const char *path)
{
    int number = os_hooks.fault ? os_hooks.fault(operation, path) : 0;
    if (number) errno = number;
    return number != 0;
}

static int64_t clock_us(clockid_t clock)
{
    struct timespec t;
    must(clock_gettime(clock, &t) == 0);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t os_now_us(void)
{
    return os_hooks.now_us ? os_hooks.now_us() : clock_us(CLOCK_REALTIME);
}

int64_t os_monotonic_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

void os_random(void *out, size_t n)
{
    char *p = out;
    while (n) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0 && errno == EINTR) continue;
        must(got > 0);
        p += got;
        n -= (size_t)got;
    }
}

void os_name_thread(const char *name_cstr)
{
    (void)pthread_setname_np(pthread_self(), name_cstr);
}

/* Linux keeps the nice value a thread, and five steps are a third of the weight. */
void os_step_back(void)
{
    id_t self = (id_t)gettid();
    (void)setpriority(PRIO_PROCESS, self, getpriority(PRIO_PROCESS, self) + 5);
}

static enum err open_file(const char *path, int flags, struct os_file *ret)
{
    int fd = -1;
    if (!is_refused(OS_OPEN, path)) fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd < 0) return err_raise_errno("cannot open %s", path);
    ret->fd = fd;
    return OK;
}

enum err os_open_read(const char *path_cstr, struct os_file *ret)
{
    return open_file(path_cstr, O_RDONLY, ret);
}

enum err os_create(const char *path_cstr, struct os_file *ret)
{
    return open_file(path_cstr, O_RDWR | O_CREAT | O_TRUNC, ret);
}

enum err os_open_write(const char *path_cstr, struct os_file *ret)
{
    return open_file(path_cstr, O_RDWR | O_CREAT, ret);
}

void os_close(struct os_file *file)
{
    if (file->fd >= 0) close(file->fd);
    file->fd = -1;
}

/* Writes at offset, or at the file's own place when offset is negative. */
static enum err write_all(struct os_file file, str bytes, int64_t offset)
{
    size_t done = 0;
    while (done < bytes.n) {
        ssize_t n = -1;
        if (!is_refused(OS_WRITE, "")) {
            n = offset < 0 ? write(file.fd, bytes.p + done, bytes.n - done)
                           : pwrite(file.fd, bytes.p + done, bytes.n - done, offset + (int64_t)done);
        }
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return err_raise_errno("cannot write %zu bytes", bytes.n - done);
        done += (size_t)n;
    }
    return OK;
}

enum err os_write(struct os_file file, str bytes)
{
    return write_all(file, bytes, -1);
}

enum err os_pwrite(struct os_file file, str bytes, uint64_t offset)
{
    must(offset <= INT64_MAX);
    return write_all(file, bytes, (int64_t)offset);
}

enum err os_pread(struct os_file file, void *out, size_t n, uint64_t offset)
{
    size_t done = 0;
    while (done < n) {
        ssize_t got = -1;
        if (!is_refused(OS_READ, ""))
            got = pread(file.fd, (char *)out + done, n - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return err_raise_errno("cannot read %zu bytes", n - done);
        if (got == 0) return err_raise(ERR_CORRUPT, "file ends %zu bytes too early", n - done);
        done += (size_t)got;
    }
    return OK;
}

enum err os_read_some(struct os_file file, void *out, size_t n, size_t *ret)
{
    for (;;) {
        ssize_t got = -1;
        if (!is_refused(OS_READ, "")) got = read(file.fd, out, n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return err_raise_errno("cannot read");
        *ret = (size_t)got;
        return OK;
    }
}

enum err os_file_bytes(struct os_file file, uint64_t *ret)
{
    struct stat st;
    if (fstat(file.fd, &st) != 0) return err_raise_errno("cannot stat");
    *ret = (uint64_t)st.st_size;
    return OK;
}

enum err os_truncate(struct os_file file, uint64_t bytes)
{
    if (is_refused(OS_WRITE, "") || ftruncate(file.fd, (off_t)bytes) != 0) {
        return err_raise_errno("cannot cut a file to %" PRIu64 " bytes", bytes);
    }
    return OK;
}

enum err os_sync(struct os_file file)
{
    if (is_refused(OS_SYNC, "") || fdatasync(file.fd) != 0) return err_raise_errno("cannot sync");
    return OK;
}

void os_sync_soon(struct os_file file, uint64_t offset, uint64_t n)
{
    (void)sync_file_range(file.fd, (off_t)offset, (off_t)n, SYNC_FILE_RANGE_WRITE);
}

enum err os_sync_dir(const char *path_cstr)
{
    OS_FILE_AUTO dir = OS_FILE_NONE;
    TRY(open_file(path_cstr, O_RDONLY | O_DIRECTORY, &dir));
    if (is_refused(OS_SYNC, path_cstr) || fsync(dir.fd) != 0)
        return err_raise_errno("cannot sync %s", path_cstr);
    return OK;
}

static enum err sync_parent(const char *path)
{
    char parent[4096];
    const char *slash = strrchr(path, '/');
    if (!slash) return os_sync_dir(".");
    TRY(str_to_cstr(str_of(path, slash == path ? 1 : (size_t)(slash - path)), parent, sizeof parent));
    return os_sync_dir(parent);
}

enum err os_rename_durable(const char *from_cstr, const char *to_cstr)
{
    if (is_refused(OS_RENAME, to_cstr) || rename(from_cstr, to_cstr) != 0) {
        return err_raise_errno("cannot rename %s to %s", from_cstr, to_cstr);
    }
    return sync_parent(to_cstr);
}

enum err os_unlink(const char *path_cstr)
{
    if (is_refused(OS_UNLINK, path_cstr) || (unlink(path_cstr) != 0 && errno != ENOENT)) {
        return err_raise_errno("cannot remove %s", path_cstr);
    }
    return OK;
}

enum err os_rmdir(const char *path_cstr)
{
    if (is_refused(OS_UNLINK, path_cstr) || (rmdir(path_cstr) != 0 && errno != ENOENT)) {
        return err_raise_errno("cannot remove %s", path_cstr);
    }
    return OK;
}

enum err os_stat(const char *path_cstr, struct os_stat *ret)
{
    struct stat st;
    if (is_refused(OS_READ, path_cstr) || stat(path_cstr, &st) != 0)
        return err_raise_errno("cannot stat %s", path_cstr);
    *ret = (struct os_stat){S_ISDIR(st.st_mode), st.st_mode & 0777, (uint64_t)st.st_size};
    return OK;
}

/* Creates one folder; its name is durable, unless it was there already. */
static enum err make_dir(const char *path)
{
    if (!is_refused(OS_MKDIR, path) && mkdir(path, 0700) == 0) return sync_parent(path);
    return errno == EEXIST ? OK : err_raise_errno("cannot create the folder %s", path);
}

enum err os_mkdir_all(const char *path_cstr)
{
    char path[4096];
    TRY(str_to_cstr(str_of_cstr(path_cstr), path, sizeof path));
    for (char *p = path + 1;; p++) {
        if (*p != '/' && *p != '\0') continue;
        char separator = *p;
        *p = '\0';
        TRY(make_dir(path));
        *p = separator;
        if (separator == '\0') return OK;
    }
}

enum err os_read_file(const char *path_cstr, struct buf *out)
{
    OS_FILE_AUTO file = OS_FILE_NONE;
    uint64_t bytes;
    TRY(os_open_read(path_cstr, &file));
    TRY(os_file_bytes(file, &bytes));
    char *place = buf_reserve(out, bytes);
    if (bytes && !place) return err_raise(ERR_LIMIT, "%s has %" PRIu64 " bytes, too many", path_cstr, bytes);
    TRY(err_at(os_pread(file, place, bytes, 0), path_cstr));
    out->n += bytes;
    return OK;
}

static enum err write_new_file(const char *path, str content)
{
    OS_FILE_AUTO file = OS_FILE_NONE;
    TRY(os_create(path, &file));
    TRY(os_write(file, content));
    return os_sync(file);
}

enum err os_replace_file(const char *path_cstr, str content)
{
    char beside[4096];
    int n = snprintf(beside, sizeof beside, "%s.tmp", path_cstr);
    if (n < 0 || (size_t)n >= sizeof beside) return err_raise(ERR_LIMIT, "path too long: %s", path_cstr);
    TRY(write_new_file(beside, content));
    return os_rename_durable(beside, path_cstr);
}

enum err os_map(struct os_file file, size_t n, const void **ret)
{
    void *p = NULL;
    if (n) {
        p = is_refused(OS_MAP, "") ? MAP_FAILED : mmap(NULL, n, PROT_READ, MAP_SHARED, file.fd, 0);
        if (p == MAP_FAILED) return err_raise_errno("cannot map %zu bytes", n);
    }
    *ret = p;
    return OK;
}

void os_unmap(const void *p, size_t n)
{
    if (p) must(munmap((void *)(uintptr_t)p, n) == 0);
}

static enum err lock(struct os_file file, int how)
{
    while (flock(file.fd, how) != 0) {
        if (errno == EINTR) continue;
        if (errno == EWOULDBLOCK) return err_raise(ERR_BUSY, "another process holds the lock");
        return err_raise_errno("cannot lock");
    }
    return OK;
}

enum err os_lock(struct os_file file, bool wait)
{
    return lock(file, LOCK_EX | (wait ? 0 : LOCK_NB));
}

enum err os_lock_shared(struct os_file file)
{
    return lock(file, LOCK_SH | LOCK_NB);
}

enum err os_is_same_file(struct os_file file, const char *path_cstr, bool *ret)
{
    struct stat open_one = {0}, named = {0};
    if (is_refused(OS_READ, path_cstr)) return err_raise_errno("cannot stat %s", path_cstr);
    if (file.fd >= 0 && fstat(file.fd, &open_one) != 0) return err_raise_errno("cannot stat an open file");
    bool is_there = stat(path_cstr, &named) == 0;
    if (!is_there && errno != ENOENT) return err_raise_errno("cannot stat %s", path_cstr);
    *ret = file.fd < 0 ? !is_there : open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
    return OK;
}

static enum err list_entries(DIR *dir, const char *path, enum err (*fn)(void *context, const char *name_cstr),
                             void *context)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry && errno) return err_raise_errno("cannot list %s", path);
        if (!entry) return OK;
        str name = str_of_cstr(entry->d_name);
        if (str_eq(name, STR(".")) || str_eq(name, STR(".."))) continue;
        TRY(fn(context, entry->d_name));
    }
}

enum err os_list_dir(const char *path_cstr, enum err (*fn)(void *context, const char *name_cstr),
                     void *context)
{
    DIR *dir = is_refused(OS_OPEN, path_cstr) ? NULL : opendir(path_cstr);
    if (!dir) return err_raise_errno("cannot open %s", path_cstr);
    enum err e = list_entries(dir, path_cstr, fn, context);
    closedir(dir);
    return e;
}

enum err os_stamp(struct os_file file, struct os_stamp *ret)
{
    struct stat status;
    if (fstat(file.fd, &status) != 0) return err_raise_errno("cannot stat an open file");
    *ret = (struct os_stamp){status.st_ctim.tv_sec, status.st_ctim.tv_nsec, status.st_nlink};
    return OK;
}

void os_lower_priority(void)
{
    enum { WHO_PROCESS = 1, CLASS_IDLE = 3, CLASS_SHIFT = 13, NICE = 15 };
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
    (void)syscall(SYS_ioprio_set, WHO_PROCESS, gettid(), CLASS_IDLE << CLASS_SHIFT);
}

static void *page_of(const void *p)
{
    return (void *)((uintptr_t)p & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1));
}

bool os_is_resident(const void *p)
{
    unsigned char state;
    return mincore(page_of(p), 1, &state) != 0 || (state & 1);
}

void os_advise(const void *p, size_t n, enum os_access access)
{
    static const int advice[] = {
        [OS_ACCESS_RANDOM] = MADV_RANDOM,
        [OS_ACCESS_SOON] = MADV_WILLNEED,
        [OS_ACCESS_NOW] = MADV_POPULATE_READ,
    };
    char *from = page_of(p);
    if (n) (void)madvise(from, n + (size_t)((const char *)p - from), advice[access]);
}
