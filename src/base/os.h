/* Time, randomness and files: the one way to the operating system for code that must survive its failures.
 *
 * Tests replace the clock and make single operations fail through `os_hooks`; the program never sets them.
 * All functions may be called from any thread.
 */
#ifndef ENRICHD_BASE_OS_H
#define ENRICHD_BASE_OS_H

#include "base/buf.h"

/* The operations that a test can fail. */
enum os_operation {
    OS_OPEN,
    OS_READ,
    OS_WRITE,
    OS_SYNC,
    OS_RENAME,
    OS_UNLINK,
    OS_MKDIR,
    OS_MAP,
};

struct os_hooks {
    int64_t (*now_us)(void);                                          /* replaces the wall clock */
    int (*fault)(enum os_operation operation, const char *path_cstr); /* an errno to fail with, or 0 */
    int (*landlock_version)(void);                                    /* replaces what the kernel says */
};
extern struct os_hooks os_hooks;

/* Microseconds since 1970 (wall clock, may step) and since some fixed point (never steps back). */
int64_t os_now_us(void);
int64_t os_monotonic_us(void);

/* n bytes from the kernel's random generator. Aborts if there is none: nothing works without. */
void os_random(void *out, size_t n);

/* What the calling thread is called in a profile or a debugger: at most 15 bytes. */
void os_name_thread(const char *name_cstr);

/* Lets other threads go first where cores are short: the calling thread gets a third of the time that it
 * would have had. Advice only. */
void os_step_back(void);

/* A file descriptor, or -1. */
struct os_file {
    int fd;
};
#define OS_FILE_NONE ((struct os_file){-1})

/* Opens for reading; ERR_NOT_FOUND if there is no such file. */
enum err os_open_read(const char *path_cstr, struct os_file *ret) MUST_USE;

/* Creates (or empties) for writing and reading, mode 0600. */
enum err os_create(const char *path_cstr, struct os_file *ret) MUST_USE;

/* Opens for reading and writing, creating it if it is missing, keeping what is there. Mode 0600. */
enum err os_open_write(const char *path_cstr, struct os_file *ret) MUST_USE;

/* Closes if open; sets -1. */
void os_close(struct os_file *file);

#define OS_FILE_AUTO __attribute__((cleanup(os_close))) struct os_file

/* Whole transfers: short ones are continued, EINTR retried. os_pread: ERR_CORRUPT if the file ends before n
 * bytes. */
enum err os_write(struct os_file file, str bytes) MUST_USE;
enum err os_pwrite(struct os_file file, str bytes, uint64_t offset) MUST_USE;
enum err os_pread(struct os_file file, void *out, size_t n, uint64_t offset) MUST_USE;

/* At most n bytes from the current place; *ret 0 at the end of the file. */
enum err os_read_some(struct os_file file, void *out, size_t n, size_t *ret) MUST_USE;

enum err os_file_bytes(struct os_file file, uint64_t *ret) MUST_USE;
enum err os_truncate(struct os_file file, uint64_t bytes) MUST_USE;

/* Data (and the size that is needed to read it) on stable storage. */
enum err os_sync(struct os_file file) MUST_USE;

/* Starts writing n bytes from offset to the disk without waiting, so that a later os_sync has less to do.
 * Advice only. */
void os_sync_soon(struct os_file file, uint64_t offset, uint64_t n);

/* The directory's entries on stable storage. */
enum err os_sync_dir(const char *path_cstr) MUST_USE;

/* Renames and syncs the directory that holds `to`: afterwards the new name is durable. The content of `from`
 * must have been synced before. */
enum err os_rename_durable(const char *from_cstr, const char *to_cstr) MUST_USE;

/* Removes a file; OK if it is already gone. */
enum err os_unlink(const char *path_cstr) MUST_USE;

/* Removes an empty folder; OK if it is already gone. */
enum err os_rmdir(const char *path_cstr) MUST_USE;

/* What a path names. ERR_NOT_FOUND: nothing. */
struct os_stat {
    bool is_dir;
    uint32_t permissions; /* the lower nine bits of the mode: 0600 */
    uint64_t bytes;
};
enum err os_stat(const char *path_cstr, struct os_stat *ret) MUST_USE;

/* Creates the directory (mode 0700) and its parents where missing. What it creates is durable. */
enum err os_mkdir_all(const char *path_cstr) MUST_USE;

/* The whole file into *out (appended), at most out's cap. */
enum err os_read_file(const char *path_cstr, struct buf *out) MUST_USE;

/* Replaces the file's content atomically and durably: written beside it, synced, renamed, directory synced.
 * After a crash the old content or the new is there, never a mixture. */
enum err os_replace_file(const char *path_cstr, str content) MUST_USE;

/* The first n bytes of the file, mapped for reading, shared. n 0 gives p == NULL. */
enum err os_map(struct os_file file, size_t n, const void **ret) MUST_USE;
void os_unmap(const void *p, size_t n);

/* Takes an exclusive lock on the file for as long as it is open. ERR_BUSY if another process has it and wait
 * is false. */
enum err os_lock(struct os_file file, bool wait) MUST_USE;

/* The same, shared with others that take it like this. Never waits. */
enum err os_lock_shared(struct os_file file) MUST_USE;

/* Whether the path still names the open file. OS_FILE_NONE: whether nothing has that name. An open file keeps
 * its identity to itself, so a replacement is always noticed. */
enum err os_is_same_file(struct os_file file, const char *path_cstr, bool *ret) MUST_USE;

/* What the system changes whenever an open file is written, linked, renamed or replaced by a rename: as long
 * as it stays the same, so does what its name means. A zeroed one is no file's. */
struct os_stamp {
    int64_t seconds, nanoseconds; /* of the latest change */
    uint64_t names;
};
enum err os_stamp(struct os_file file, struct os_stamp *ret) MUST_USE;

/* Calls fn with the name of every entry of the directory except "." and "..", in no particular order, until
 * fn returns an error, which is passed on. */
enum err os_list_dir(const char *path_cstr, enum err (*fn)(void *context, const char *name_cstr),
                     void *context) MUST_USE;

/* What is going to happen to mapped memory. Advice only: the result is the same without. */
enum os_access {
    OS_ACCESS_RANDOM, /* single places: reading ahead is a waste */
    OS_ACCESS_SOON,   /* all of it: start reading, do not wait */
    OS_ACCESS_NOW,    /* all of it: read and map it before returning */
};
void os_advise(const void *p, size_t n, enum os_access access);

/* Lets the calling thread give way to others, of this process and others: in time on the processor and, where
 * the system knows about that, on the disk. Best effort; for good. */
void os_lower_priority(void);

/* Whether the page of a mapped file that p points into is in memory. True also when the system does not tell.
 */
bool os_is_resident(const void *p);

#endif
