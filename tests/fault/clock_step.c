/* Preloaded: a wall clock that stands wrong by the seconds in the first eight bytes of $CLOCK_STEP_CONTROL,
 * at any time. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static const volatile int64_t *wrong_by_s(void)
{
    static const volatile int64_t *mapped;
    if (mapped) return mapped;
    const char *path = getenv("CLOCK_STEP_CONTROL");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *p = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *mapped, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED) abort();
    close(fd);
    mapped = p;
    return mapped;
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *ret)
{
    long result = syscall(SYS_clock_gettime, clock, ret);
    if (clock == CLOCK_REALTIME) ret->tv_sec += *wrong_by_s();
    return (int)result;
}
