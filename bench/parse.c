/* yyjson alone: what parsing costs that a submission or an import cannot do without.
 *
 * usage: bench_parse lines FILE THREADS: parses each line; prints the microseconds
 *        bench_parse whole FILE COUNT: parses the file as one text, COUNT times; prints microseconds a time
 */
#include "programs.h"

#include <pthread.h>
#include <yyjson.h>

static void parse_one(str text)
{
    yyjson_doc *doc = yyjson_read(text.p, text.n, YYJSON_READ_NOFLAG);
    if (!doc) give_up("not JSON");
    yyjson_doc_free(doc);
}

struct share {
    str lines;
    pthread_t thread;
};

static void *parse_lines(void *context)
{
    str rest = ((struct share *)context)->lines, line;
    while (str_split(&rest, '\n', &line)) {
        if (line.n) parse_one(line);
    }
    return NULL;
}

/* The end of the i-th of count equal shares, moved on to the end of its line. */
static size_t end_of_share(str text, size_t i, size_t count)
{
    size_t end = str_find_char(text, '\n', text.n / count * i);
    return i == count || end == SIZE_MAX ? text.n : end + 1;
}

static int64_t time_lines(str text, size_t thread_count)
{
    int64_t start = clock_us();
    struct share shares[THREADS_MAX];
    size_t from = 0;
    for (size_t i = 0; i < thread_count; i++) {
        size_t to = end_of_share(text, i + 1, thread_count);
        shares[i].lines = str_slice(text, from, to);
        if (pthread_create(&shares[i].thread, NULL, parse_lines, &shares[i])) give_up("pthread_create");
        from = to;
    }
    for (size_t i = 0; i < thread_count; i++) pthread_join(shares[i].thread, NULL);
    return clock_us() - start;
}

static int64_t time_whole(str text, size_t count)
{
    int64_t start = clock_us();
    for (size_t i = 0; i < count; i++) parse_one(text);
    return (clock_us() - start) / (int64_t)count;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: bench_parse lines|whole FILE NUMBER\n", stderr);
        return 2;
    }
    str text = read_whole(argv[2]);
    bool is_lines = str_eq(str_of_cstr(argv[1]), STR("lines"));
    printf("%" PRId64 "\n",
           is_lines ? time_lines(text, threads_of(argv[3])) : time_whole(text, number_of(argv[3])));
    return 0;
}
