/* Reads /proc where no call says it. */
#include "base/process.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/os.h"

static uint64_t microseconds(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

/* The second number of the file: pages. */
static uint64_t resident_bytes(void)
{
    char text[128];
    size_t n = 0;
    str size, resident;
    uint64_t pages = 0;
    OS_FILE_AUTO file = OS_FILE_NONE;
    if (os_open_read("/proc/self/statm", &file) != OK) return 0;
    if (os_read_some(file, text, sizeof text, &n) != OK) return 0;
    str rest = str_of(text, n);
    bool is_there = str_split(&rest, ' ', &size) && str_split(&rest, ' ', &resident);
    if (!is_there || str_to_u64(resident, UINT64_MAX, &pages) != OK) return 0;
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t open_files(void)
{
    uint64_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (!folder) return 0;
    while (readdir(folder)) count++;
    closedir(folder);
    return count > 3 ? count - 3 : 0; /* ".", ".." and the folder itself */
}

void process_use(struct process_use *ret)
{
    struct rusage usage = {0};
    struct rlimit limit = {0};
    getrusage(RUSAGE_SELF, &usage);
    getrlimit(RLIMIT_NOFILE, &limit);
    *ret = (struct process_use){
        .cpu_us = microseconds(usage.ru_utime) + microseconds(usage.ru_stime),
        .resident_bytes = resident_bytes(),
        .open_files = open_files(),
        .open_files_max = limit.rlim_cur,
    };
}

uint64_t disk_free_bytes(const char *path_cstr)
{
    struct statvfs disk;
    if (statvfs(path_cstr, &disk) != 0) return UINT64_MAX;
    return (uint64_t)disk.f_bavail * disk.f_frsize;
}
