/* The kernels that every record and every identifier passes, for counting instructions (bench/kernels does).
 *
 * usage: bench_kernels PEOPLE.jsonl IDENTIFIERS FOLDER. Runs each kernel over fixed inputs with a fixed
 * secret and prints the compiler, then a line for each: its name and how many items it had. Only what happens
 * inside measure_*() is counted.
 */
#include "programs.h"

#include "entity/project.h"
#include "store/key_hash.h"
#include "store/segment.h"
#include "store/segment_writer.h"

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

#define ARENA_BYTES ((size_t)64 << 20)

static const struct hash_key secret = {1, 2};

struct inputs {
    struct arena arena;
    str *identifiers;
    struct key *keys;
    size_t count;
    struct segment *segment;
    struct record *records; /* the first record_count keys lead to these */
    size_t record_count;
};

static void need(enum err e)
{
    if (e == OK) return;
    fprintf(stderr, "bench: %s\n", err_detail());
    exit(1);
}

/* Each kernel is a function that the counting tool can find by name. */

__attribute__((noinline)) void measure_import(str line, struct arena *arena, struct buf *stored);
__attribute__((noinline)) size_t measure_identifier(struct inputs *inputs);
__attribute__((noinline)) size_t measure_lookup(struct inputs *inputs);
__attribute__((noinline)) size_t measure_copy(struct inputs *inputs, const struct project_plan *plan,
                                              struct buf *out);
__attribute__((noinline)) size_t measure_walk(struct inputs *inputs, const struct project_plan *plan,
                                              struct buf *out);

/* From a line to its stored form. */
__attribute__((noinline)) void measure_import(str line, struct arena *arena, struct buf *stored)
{
    struct record_source source;
    arena_reset(arena);
    need(record_parse(ENTITY_PERSON, line, arena, &source));
    need(record_encode(ENTITY_PERSON, &source, stored));
}

/* How many records there are. */
static size_t write_segment(str people, const char *folder_cstr)
{
    size_t count = 0;
    struct segment_writer *writer;
    struct arena arena;
    struct buf stored;
    arena_init(&arena, ARENA_BYTES);
    buf_init(&stored, RECORD_BYTES_MAX);
    const struct packer_settings plain = {.compression = COMPRESSION_NONE};
    need(segment_writer_new(folder_cstr, ENTITY_PERSON, 1, secret, &plain, &writer));
    for (str line; str_split(&people, '\n', &line);) {
        struct record record;
        bool is_repeated;
        buf_clear(&stored);
        measure_import(line, &arena, &stored);
        need(record_open(buf_str(&stored), &record));
        need(segment_writer_put(writer, &record, &is_repeated));
        need(segment_writer_take(writer));
        count++;
    }
    need(segment_writer_finish(writer));
    segment_writer_free(writer);
    buf_fini(&stored);
    arena_fini(&arena);
    return count;
}

__attribute__((noinline)) size_t measure_identifier(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        need(
            identifier_key(IDENTIFIER_PROFILE_URL, inputs->identifiers[i], &inputs->arena, &inputs->keys[i]));
    return inputs->count;
}

static bool find(struct inputs *inputs, struct key key, struct record *ret)
{
    uint64_t at = 0, location;
    while (segment_find(inputs->segment, key_hash(secret, key), &at, &location)) {
        need(segment_record(inputs->segment, location, ret));
        if (record_has_key(ret, key)) return true;
    }
    return false;
}

__attribute__((noinline)) size_t measure_lookup(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        inputs->record_count += find(inputs, inputs->keys[i], &inputs->records[inputs->record_count]);
    return inputs->count;
}

static size_t project_all(struct inputs *inputs, const struct project_plan *plan, struct buf *out)
{
    for (size_t i = 0; i < inputs->record_count; i++) {
        buf_clear(out);
        project_record(plan, &inputs->records[i], out);
    }
    return inputs->record_count;
}

/* For the default set, which is one copy. */
__attribute__((noinline)) size_t measure_copy(struct inputs *inputs, const struct project_plan *plan,
                                              struct buf *out)
{
    return project_all(inputs, plan, out);
}

/* For a plan with a leaf path, for which a family is walked. */
__attribute__((noinline)) size_t measure_walk(struct inputs *inputs, const struct project_plan *plan,
                                              struct buf *out)
{
    return project_all(inputs, plan, out);
}

/* How many people there are. */
static size_t prepare(struct inputs *inputs, str people, str identifiers, const char *folder_cstr)
{
    size_t people_count = write_segment(people, folder_cstr);
    need(segment_open(folder_cstr, ENTITY_PERSON, 1, secret, &inputs->segment));
    arena_init(&inputs->arena, ARENA_BYTES);
    inputs->identifiers = arena_array(&inputs->arena, identifiers.n, sizeof *inputs->identifiers);
    for (str line; str_split(&identifiers, '\n', &line);) inputs->identifiers[inputs->count++] = line;
    inputs->keys = arena_array(&inputs->arena, inputs->count, sizeof *inputs->keys);
    inputs->records = arena_array(&inputs->arena, inputs->count, sizeof *inputs->records);
    if (inputs->arena.is_exhausted) give_up("too many identifiers");
    return people_count;
}

static size_t project(struct inputs *inputs, bool is_walk)
{
    const str paths[] = {STR("skills"), STR("experience.employment_details.current.title")};
    const struct project_plan *plan;
    size_t unknown[2], unknown_count;
    need(project_compile(ENTITY_PERSON, paths, is_walk ? 2 : 0, FAMILIES_ALL, &inputs->arena, &plan, unknown,
                         &unknown_count));
    struct buf out;
    buf_init(&out, RECORD_BYTES_MAX);
    size_t count = is_walk ? measure_walk(inputs, plan, &out) : measure_copy(inputs, plan, &out);
    buf_fini(&out);
    return count;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: bench_kernels PEOPLE.jsonl IDENTIFIERS FOLDER\n", stderr);
        return 2;
    }
    struct inputs inputs = {0};
    str people = read_whole(argv[1]), identifiers = read_whole(argv[2]);
    puts(COMPILER);
    printf("import %zu\n", prepare(&inputs, people, identifiers, argv[3]));
    printf("identifier %zu\n", measure_identifier(&inputs));
    printf("lookup %zu\n", measure_lookup(&inputs));
    printf("copy %zu\n", project(&inputs, false));
    printf("walk %zu\n", project(&inputs, true));
    segment_close(inputs.segment);
    arena_fini(&inputs.arena);
    free((char *)(uintptr_t)people.p);
    free((char *)(uintptr_t)identifiers.p);
    return 0;
}
