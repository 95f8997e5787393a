/* See programs.h. */
#include "programs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

_Noreturn void give_up(const char *what_cstr)
{
    fprintf(stderr, "bench: %s: %s\n", what_cstr, strerror(errno));
    exit(1);
}

int64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

str read_whole(const char *path_cstr)
{
    struct stat status;
    int fd = open(path_cstr, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status)) give_up(path_cstr);
    size_t n = (size_t)status.st_size, have = 0;
    char *p = malloc(n + 1);
    if (!p) give_up(path_cstr);
    while (have < n) {
        ssize_t got = read(fd, p + have, n - have);
        if (got <= 0) give_up(path_cstr);
        have += (size_t)got;
    }
    p[n] = 0;
    close(fd);
    return str_of(p, n);
}

int create_file(const char *path_cstr)
{
    int fd = open(path_cstr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) give_up(path_cstr);
    return fd;
}

void write_whole(int fd, const void *p, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t put = write(fd, (const char *)p + done, n - done);
        if (put < 0) give_up("write");
        done += (size_t)put;
    }
}

bool next_task(const char **first, const char **second)
{
    static char *line;
    static size_t room;
    ssize_t n = getline(&line, &room, stdin);
    if (n <= 0) return false;
    if (line[n - 1] == '\n') line[n - 1] = 0;
    char *tab = strchr(line, '\t');
    if (tab) *tab = 0;
    *first = line;
    *second = tab ? tab + 1 : "";
    return true;
}

size_t number_of(const char *cstr)
{
    uint64_t value;
    if (str_to_u64(str_of_cstr(cstr), SIZE_MAX, &value) != OK) {
        errno = EINVAL;
        give_up(cstr);
    }
    return (size_t)value;
}

size_t threads_of(const char *cstr)
{
    size_t count = number_of(cstr);
    return count < 1 ? 1 : count < THREADS_MAX ? count : THREADS_MAX;
}

size_t quoted(str text, char *out)
{
    size_t n = 0;
    out[n++] = '"';
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\') out[n++] = '\\';
        out[n++] = text.p[i];
    }
    out[n++] = '"';
    return n;
}
