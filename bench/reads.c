/* How many random blocks of 4 KiB a second the disk gives, past the page cache: the yardstick for jobs whose
 * records are not in memory.
 *
 * usage: bench_reads FILE THREADS SECONDS; prints the reads a second
 */
#include "programs.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_BYTES ((size_t)4096)

struct reader {
    int fd;
    uint64_t block_count, random;
    int64_t end_us;
    size_t reads;
    pthread_t thread;
};

/* The next number of a xorshift sequence. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void *read_blocks(void *context)
{
    struct reader *reader = context;
    void *block = aligned_alloc(BLOCK_BYTES, BLOCK_BYTES); /* O_DIRECT wants whole, aligned blocks */
    if (!block) give_up("aligned_alloc");
    for (; clock_us() < reader->end_us; reader->reads++) {
        uint64_t at = next_random(&reader->random) % reader->block_count;
        if (pread(reader->fd, block, BLOCK_BYTES, (off_t)(at * BLOCK_BYTES)) != (ssize_t)BLOCK_BYTES)
            give_up("pread");
    }
    free(block);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: bench_reads FILE THREADS SECONDS\n", stderr);
        return 2;
    }
    struct stat status;
    int fd = open(argv[1], O_RDONLY | O_DIRECT | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status)) give_up(argv[1]);
    uint64_t block_count = (uint64_t)status.st_size / BLOCK_BYTES;
    if (block_count == 0) give_up("the file is too short");
    struct reader readers[THREADS_MAX];
    size_t count = threads_of(argv[2]), seconds = number_of(argv[3]), reads = 0;
    int64_t end_us = clock_us() + (int64_t)seconds * 1000000;
    for (size_t i = 0; i < count; i++) {
        readers[i] = (struct reader){fd, block_count, 0x9e3779b97f4a7c15 * (i + 1), end_us, 0, 0};
        if (pthread_create(&readers[i].thread, NULL, read_blocks, &readers[i])) give_up("pthread_create");
    }
    for (size_t i = 0; i < count; i++) {
        pthread_join(readers[i].thread, NULL);
        reads += readers[i].reads;
    }
    printf("%zu\n", reads / seconds);
    return 0;
}
