/* The bare parts of a job: result lines that are already there, compressed and written. Nothing is looked up,
 * nothing is chosen.
 *
 * usage: bench_parts THREADS. Each line of standard input is LINES-FILE <tab> OUT-FILE; the answer is three
 * numbers of microseconds: gzip (ISA-L level 1 in pieces of 256 KiB, as many threads as said), write,
 * fdatasync.
 */
#include "programs.h"

#include <isa-l/igzip_lib.h>
#include <pthread.h>
#include <unistd.h>

#define PIECE_BYTES ((size_t)256 << 10)
#define ROOM_BYTES  (PIECE_BYTES + PIECE_BYTES / 8 + 1024)

/* The pieces are dealt out in turn, so that no thread waits for a counter. */
struct share {
    str lines;
    size_t first, step;
    char **packed; /* one buffer a piece */
    size_t *packed_bytes;
    pthread_t thread;
};

static void *pack(void *context)
{
    struct share *share = context;
    static __thread uint8_t level_buf[ISAL_DEF_LVL1_DEFAULT];
    for (size_t i = share->first; i * PIECE_BYTES < share->lines.n; i += share->step) {
        str piece = str_slice(share->lines, i * PIECE_BYTES, (i + 1) * PIECE_BYTES);
        struct isal_zstream stream;
        isal_deflate_init(&stream);
        stream.level = 1;
        stream.level_buf = level_buf;
        stream.level_buf_size = sizeof level_buf;
        stream.flush = FULL_FLUSH;
        stream.next_in = (uint8_t *)(uintptr_t)piece.p;
        stream.avail_in = (uint32_t)piece.n;
        stream.next_out = (uint8_t *)share->packed[i];
        stream.avail_out = ROOM_BYTES;
        if (isal_deflate(&stream) != COMP_OK || stream.avail_in) give_up("isal_deflate");
        share->packed_bytes[i] = stream.total_out;
    }
    return NULL;
}

static int64_t pack_all(str lines, size_t thread_count, char **packed, size_t *packed_bytes)
{
    int64_t start = clock_us();
    struct share shares[THREADS_MAX];
    for (size_t i = 0; i < thread_count; i++) {
        shares[i] = (struct share){lines, i, thread_count, packed, packed_bytes, 0};
        if (pthread_create(&shares[i].thread, NULL, pack, &shares[i])) give_up("pthread_create");
    }
    for (size_t i = 0; i < thread_count; i++) pthread_join(shares[i].thread, NULL);
    return clock_us() - start;
}

static void measure(const char *lines_cstr, const char *out_cstr, size_t thread_count)
{
    str lines = read_whole(lines_cstr);
    size_t count = lines.n / PIECE_BYTES + 1;
    char **packed = calloc(count, sizeof *packed);
    size_t *packed_bytes = calloc(count, sizeof *packed_bytes);
    if (!packed || !packed_bytes) give_up("calloc");
    for (size_t i = 0; i < count; i++) {
        packed[i] = malloc(ROOM_BYTES);
        if (!packed[i]) give_up("malloc");
        memset(packed[i], 1, ROOM_BYTES); /* the pages are there: a server has its buffers, too */
    }
    int64_t gzip_us = pack_all(lines, thread_count, packed, packed_bytes);
    int64_t start = clock_us();
    int fd = create_file(out_cstr);
    for (size_t i = 0; i < count; i++) write_whole(fd, packed[i], packed_bytes[i]);
    int64_t written = clock_us();
    if (fdatasync(fd)) give_up("fdatasync");
    printf("%" PRId64 " %" PRId64 " %" PRId64 "\n", gzip_us, written - start, clock_us() - written);
    fflush(stdout);
    close(fd);
    for (size_t i = 0; i < count; i++) free(packed[i]);
    free(packed);
    free(packed_bytes);
    free((char *)(uintptr_t)lines.p);
}

int main(int argc, char **argv)
{
    size_t thread_count = argc == 2 ? threads_of(argv[1]) : 1;
    const char *lines_cstr, *out_cstr;
    while (next_task(&lines_cstr, &out_cstr)) measure(lines_cstr, out_cstr, thread_count);
    return 0;
}
