/* Growing, copying, tearing. */
#include "sim/sim_file.h"

#include <stdlib.h>

#include "sim/threads.h"

#define TORN_BYTES ((size_t)64) /* so much survives or is lost together */

static void reserve(struct sim_bytes *bytes, size_t n)
{
    if (n <= bytes->n) return;
    bytes->p = realloc(bytes->p, n);
    must(bytes->p);
    memset(bytes->p + bytes->n, 0xee, n - bytes->n);
    bytes->n = n;
}

static void copy(struct sim_bytes *to, const struct sim_bytes *from)
{
    reserve(to, from->n);
    if (from->n) memcpy(to->p, from->p, from->n);
}

void sim_file_write(struct sim_file *file, str bytes, uint64_t offset)
{
    reserve(&file->now, (size_t)offset + bytes.n);
    if (bytes.n) memcpy(file->now.p + offset, bytes.p, bytes.n);
}

void sim_file_sync(struct sim_file *file)
{
    copy(&file->disk, &file->now);
}

void sim_file_crash(struct sim_file *file)
{
    size_t n = file->now.n;
    if (n > file->disk.n && threads_chance(2))
        n = file->disk.n + threads_random((uint32_t)(n - file->disk.n));
    reserve(&file->disk, n);
    for (size_t at = 0; at < n; at += TORN_BYTES) {
        size_t length = n - at < TORN_BYTES ? n - at : TORN_BYTES;
        if (threads_chance(2)) memcpy(file->disk.p + at, file->now.p + at, length);
    }
    free(file->now.p);
    file->now = (struct sim_bytes){0};
    copy(&file->now, &file->disk);
}
