/* Preloaded: counts the operations on a folder's files, and fails or dies at the ones that are asked for.
 *
 * $DISK_FAIL_CONTROL is a file of struct control that the test maps, too: it says what to do, also while the
 * program runs, and reads what was done.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tap.h"

/* What `how` may be besides an errno. */
#define DIE      (-1)
#define DIE_TORN (-2) /* a write has been done by half */

struct control {
    uint64_t seen;        /* operations so far */
    uint64_t first, last; /* the operations to hit, counted from 1 */
    int32_t how;
    uint32_t hits;
    uint64_t seen_of[TAP_MKDIR + 1];
};

static struct control *control(void)
{
    static struct control *mapped;
    if (mapped) return mapped;
    const char *path = getenv("DISK_FAIL_CONTROL");
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -1;
    void *p = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED) abort();
    syscall(SYS_close, fd);
    mapped = p;
    return mapped;
}

static void die(const struct tap_call *call, int how)
{
    if (how == DIE_TORN && call->operation == TAP_WRITE) {
        const struct iovec *part = &call->parts[0];
        if (call->offset < 0) {
            syscall(SYS_write, call->fd, part->iov_base, part->iov_len / 2);
        } else {
            syscall(SYS_pwrite64, call->fd, part->iov_base, part->iov_len / 2, call->offset);
        }
    }
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

int tap_before(const struct tap_call *call)
{
    struct control *c = control();
    uint64_t number = __atomic_add_fetch(&c->seen, 1, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&c->seen_of[call->operation], 1, __ATOMIC_SEQ_CST);
    if (number < c->first || number > c->last) return 0;
    __atomic_add_fetch(&c->hits, 1, __ATOMIC_SEQ_CST);
    if (c->how < 0) die(call, c->how);
    return c->how;
}

void tap_after(const struct tap_call *call, size_t bytes)
{
    (void)call;
    (void)bytes;
}
