/* Locks memory away until so much of the machine's is left, so that what is measured beside it has no more:
 * for its own memory and for its files in the page cache alike.
 *
 * usage: bench_ballast BYTES-LEFT; says "ready" when they are locked, and holds them until its input ends. It
 * needs the right to lock memory (root). Should the machine run out of memory, the kernel ends this program
 * first.
 */
#include "programs.h"

#include <sys/mman.h>
#include <unistd.h>

#define PIECE_BYTES ((size_t)32 << 20)

/* Free memory and what the page cache would give back. */
static uint64_t available_bytes(void)
{
    char line[256];
    uint64_t kilobytes = 0;
    FILE *file = fopen("/proc/meminfo", "r");
    if (!file) give_up("/proc/meminfo");
    while (kilobytes == 0 && fgets(line, sizeof line, file)) {
        str rest = str_of_cstr(line), name, number;
        if (!str_split(&rest, ':', &name) || !str_eq(name, STR("MemAvailable"))) continue;
        rest = str_trim(rest);
        if (!str_split(&rest, ' ', &number) || str_to_u64(number, UINT64_MAX >> 10, &kilobytes) != OK)
            give_up("/proc/meminfo");
    }
    fclose(file);
    return kilobytes << 10;
}

static void be_the_first_to_go(void)
{
    int fd = create_file("/proc/self/oom_score_adj");
    write_whole(fd, "1000", 4);
    close(fd);
}

static void lock_piece(void)
{
    void *piece = mmap(NULL, PIECE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (piece == MAP_FAILED) give_up("mmap");
    if (mlock(piece, PIECE_BYTES)) give_up("mlock");
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: bench_ballast BYTES-LEFT\n", stderr);
        return 2;
    }
    uint64_t wanted = number_of(argv[1]);
    be_the_first_to_go();
    for (uint64_t left = available_bytes(); left > wanted + PIECE_BYTES; left -= PIECE_BYTES) lock_piece();
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF) continue;
    return 0;
}
