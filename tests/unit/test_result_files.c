/* piece and file: what the pieces of a batch come to as files. zlib is the judge: a file is one gzip member
 * with nothing behind it, and any range is that slice of it.
 */
#include "unit.h"

#include <zlib.h>

#include "results/file.h"
#include "results/piece.h"

#define CLAIMS_MAX 40

/* A batch with its lines and pieces, made from a seed. */
static struct {
    struct arena arena;
    struct piece_deflater *deflater;
    struct batch batch;
    struct buf bytes;      /* as in the piece file */
    struct buf lines;      /* of all claims */
    struct buf unresolved; /* likewise */
    size_t line_ends[CLAIMS_MAX + 1];
    struct piece_pair pairs[CLAIMS_MAX];
    uint32_t count;
} made;

static uint64_t random_state;

static uint32_t next_random(uint32_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % below);
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&made.arena, 64 << 20);
    buf_init(&made.bytes, 64 << 20);
    buf_init(&made.lines, 64 << 20);
    buf_init(&made.unresolved, 64 << 20);
    return piece_deflater_new(&made.deflater) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    piece_deflater_free(made.deflater);
    buf_fini(&made.bytes);
    buf_fini(&made.lines);
    buf_fini(&made.unresolved);
    arena_fini(&made.arena);
    return 0;
}

static void add_lines(struct buf *out, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        buf_add_format(out, "{\"original_identifier\":\"%x\",\"data\":\"%08x", next_random(1000),
                       next_random(1 << 30));
        for (uint32_t k = next_random(60); k > 0; k--) buf_add_char(out, (char)('a' + next_random(26)));
        buf_add(out, STR("\"}\n"));
    }
}

/* Deflates the end of lines from `start` to the end of the bytes. */
static struct piece add_piece(const struct buf *lines, size_t start, uint32_t count)
{
    struct piece piece;
    uint64_t offset = made.bytes.n;
    assert_ok(piece_deflate(made.deflater, str_from(buf_str(lines), start), count, &made.bytes, &piece));
    assert_int_equal(offset + piece.bytes, made.bytes.n);
    piece.offset = offset;
    return piece;
}

static void make_claim(uint32_t i, uint32_t result_lines, uint32_t unresolved_lines)
{
    size_t start = made.lines.n;
    add_lines(&made.lines, result_lines);
    made.line_ends[i + 1] = made.lines.n;
    made.pairs[i].results = add_piece(&made.lines, start, result_lines);
    if (next_random(3) == 0) buf_add(&made.bytes, STR("a gap")); /* left by a stale claim */
    start = made.unresolved.n;
    add_lines(&made.unresolved, unresolved_lines);
    made.pairs[i].unresolved = add_piece(&made.unresolved, start, unresolved_lines);
}

static void make(uint64_t seed, uint32_t claims, uint32_t part_claims, uint32_t lines_max)
{
    arena_reset(&made.arena);
    buf_clear(&made.bytes);
    buf_clear(&made.lines);
    buf_clear(&made.unresolved);
    random_state = seed;
    made.count = claims;
    made.batch = (struct batch){.id = {{(uint8_t)seed}},
                                .identifier_count = claims * 10,
                                .claim_identifiers = 10,
                                .part_claims = part_claims};
    for (uint32_t i = 0; i < claims; i++) {
        uint32_t result_lines = lines_max ? next_random(lines_max + 1) : 0;
        make_claim(i, result_lines, next_random(3));
    }
}

static struct result_file open_file(enum result_file_kind kind, uint32_t part)
{
    struct result_file file;
    struct result_file_name name = {kind, part};
    assert_ok(result_file_open(&made.batch, made.pairs, made.count, name, &made.arena, &file));
    return file;
}

/* The bytes from..to, put together from extents; checks that neighbours were joined. */
static str read_range(const struct result_file *file, uint64_t from, uint64_t to)
{
    struct result_extent *extents;
    size_t count;
    assert_ok(result_file_extents(file, from, to, &made.arena, &extents, &count));
    char *bytes = arena_alloc(&made.arena, (size_t)(to - from) + 1);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(extents[i].n > 0 && n + extents[i].n <= to - from);
        bool is_stored = !extents[i].is_literal;
        if (is_stored) assert_true(extents[i].offset + extents[i].n <= made.bytes.n);
        if (is_stored && i && !extents[i - 1].is_literal) {
            assert_true(extents[i - 1].offset + extents[i - 1].n != extents[i].offset);
        }
        memcpy(bytes + n, is_stored ? made.bytes.p + extents[i].offset : extents[i].p, extents[i].n);
        n += extents[i].n;
    }
    assert_int_equal(to - from, n);
    return str_of(bytes, n);
}

/* Inflates exactly one gzip member and nothing else. */
static str gunzip(str file, size_t expected_bytes)
{
    z_stream z = {0};
    char *out = arena_alloc(&made.arena, expected_bytes + 1);
    z.next_in = (Bytef *)(uintptr_t)file.p;
    z.avail_in = (uInt)file.n;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)expected_bytes + 1;
    assert_int_equal(Z_OK, inflateInit2(&z, 31));
    assert_int_equal(Z_STREAM_END, inflate(&z, Z_FINISH));
    assert_int_equal(0, z.avail_in);
    size_t n = z.total_out;
    inflateEnd(&z);
    return str_of(out, n);
}

static void check_file(enum result_file_kind kind, uint32_t part, str lines)
{
    struct result_file file = open_file(kind, part);
    size_t line_count = 0;
    for (size_t i = 0; i < lines.n; i++) line_count += lines.p[i] == '\n';
    assert_int_equal(line_count, file.lines);
    assert_str(lines, gunzip(read_range(&file, 0, file.bytes), lines.n));
}

static void check_all_files(void)
{
    str lines = buf_str(&made.lines);
    check_file(RESULT_FILE_MERGED, 0, lines);
    check_file(RESULT_FILE_UNRESOLVED, 0, buf_str(&made.unresolved));
    uint32_t parts = result_part_count(&made.batch);
    for (uint32_t part = 0; part < parts; part++) {
        uint32_t first = part * made.batch.part_claims;
        uint32_t end = first + made.batch.part_claims;
        if (end > made.count) end = made.count;
        check_file(RESULT_FILE_PART, part, str_slice(lines, made.line_ends[first], made.line_ends[end]));
    }
    struct result_file none;
    struct result_file_name behind = {RESULT_FILE_PART, parts};
    assert_err(ERR_NOT_FOUND,
               result_file_open(&made.batch, made.pairs, made.count, behind, &made.arena, &none));
}

static void files_are_single_members_and_parts_make_the_whole(void **state)
{
    (void)state;
    static const uint32_t line_limits[] = {0, 1, 5, 200};
    for (uint32_t i = 0; i < 80; i++) {
        make(i, 1 + i % CLAIMS_MAX, 1 + i % 7, line_limits[i % 4]);
        check_all_files();
    }
}

static void empty_files_are_valid(void **state)
{
    (void)state;
    make(1, 3, 2, 0);
    struct result_file file = open_file(RESULT_FILE_MERGED, 0);
    assert_int_equal(RESULT_FILE_HEAD_BYTES + RESULT_FILE_TAIL_BYTES, file.bytes);
    assert_str(STR(""), gunzip(read_range(&file, 0, file.bytes), 0));
    made.count = 0; /* a batch that failed before anything was done */
    file = open_file(RESULT_FILE_MERGED, 0);
    assert_str(STR(""), gunzip(read_range(&file, 0, file.bytes), 0));
    file = open_file(RESULT_FILE_PART, 1);
    assert_int_equal(0, file.lines);
}

static void every_range_of_small_files_is_a_slice(void **state)
{
    (void)state;
    static const uint32_t line_limits[] = {0, 1, 2};
    uint32_t ranges = 0;
    for (uint32_t i = 0; i < 6; i++) {
        make(i, 1 + i % 4, 2, line_limits[i % 3]);
        struct result_file file = open_file(i % 2 ? RESULT_FILE_UNRESOLVED : RESULT_FILE_MERGED, 0);
        str whole = read_range(&file, 0, file.bytes);
        for (size_t from = 0; from <= whole.n; from++) {
            for (size_t to = from; to <= whole.n; to++, ranges++) {
                assert_str(str_slice(whole, from, to), read_range(&file, from, to));
            }
            arena_reset(&made.arena);
            file = open_file(i % 2 ? RESULT_FILE_UNRESOLVED : RESULT_FILE_MERGED, 0);
            whole = read_range(&file, 0, file.bytes);
        }
    }
    assert_true(ranges > 1000);
}

static void random_ranges_of_larger_files_are_slices(void **state)
{
    (void)state;
    make(7, CLAIMS_MAX, 3, 500);
    struct result_file file = open_file(RESULT_FILE_MERGED, 0);
    str whole = read_range(&file, 0, file.bytes);
    assert_true(whole.n > 100000);
    for (int i = 0; i < 200; i++) {
        uint32_t from = next_random((uint32_t)whole.n + 1);
        uint32_t to = from + next_random((uint32_t)whole.n - from + 1);
        assert_str(str_slice(whole, from, to), read_range(&file, from, to));
    }
}

static void pieces_are_deterministic(void **state)
{
    (void)state;
    struct piece_deflater *other;
    struct buf first, again;
    struct piece a, b;
    buf_init(&first, 8 << 20);
    buf_init(&again, 8 << 20);
    make(11, 4, 1, 400);
    str lines = buf_str(&made.lines);
    assert_ok(piece_deflater_new(&other));
    assert_ok(piece_deflate(other, lines, 1, &first, &a));
    for (int i = 0; i < 3; i++) {
        buf_clear(&again);
        struct piece ignored;
        assert_ok(piece_deflate(made.deflater, str_from(lines, (size_t)i * 1000), 1, &made.bytes, &ignored));
        assert_ok(piece_deflate(made.deflater, lines, 1, &again, &b));
        assert_str(buf_str(&first), buf_str(&again));
        assert_memory_equal(&a, &b, sizeof a);
    }
    piece_deflater_free(other);
    buf_fini(&first);
    buf_fini(&again);
}

static void pieces_hold_what_does_not_compress(void **state)
{
    (void)state;
    static char noise[300000];
    struct piece piece;
    for (size_t i = 0; i < sizeof noise; i++) noise[i] = (char)next_random(256);
    for (size_t n = 1; n < sizeof noise; n = n * 3 + 1) {
        make(1, 0, 1, 0);
        made.pairs[0] = (struct piece_pair){0};
        assert_ok(piece_deflate(made.deflater, str_of(noise, n), 0, &made.bytes, &piece));
        made.pairs[0].results = piece;
        made.count = 1;
        made.batch.identifier_count = 10;
        struct result_file file = open_file(RESULT_FILE_MERGED, 0);
        str back = gunzip(read_range(&file, 0, file.bytes), n);
        assert_int_equal(n, back.n);
        assert_memory_equal(noise, back.p, n);
    }
}

static void pieces_refuse_a_buffer_without_room(void **state)
{
    (void)state;
    struct buf small;
    struct piece piece;
    buf_init(&small, 1000);
    buf_add(&small, STR("kept"));
    assert_err(ERR_NOMEM, piece_deflate(made.deflater, STR("line\n"), 1, &small, &piece));
    assert_str(STR("kept"), buf_str(&small));
    buf_clear(&small);
    assert_ok(piece_deflate(made.deflater, STR(""), 0, &small, &piece));
    assert_int_equal(0, small.n);
    assert_int_equal(0, piece.bytes);
    buf_fini(&small);
}

static void etags_differ_with_the_content(void **state)
{
    (void)state;
    make(3, 4, 2, 5);
    struct result_file merged = open_file(RESULT_FILE_MERGED, 0);
    struct result_file again = open_file(RESULT_FILE_MERGED, 0);
    struct result_file part = open_file(RESULT_FILE_PART, 0);
    struct result_file next = open_file(RESULT_FILE_PART, 1);
    assert_memory_equal(merged.etag, again.etag, sizeof merged.etag);
    assert_memory_not_equal(merged.etag, part.etag, sizeof merged.etag);
    assert_memory_not_equal(part.etag, next.etag, sizeof merged.etag);
    made.pairs[3].results.crc ^= 1;
    again = open_file(RESULT_FILE_MERGED, 0);
    assert_memory_not_equal(merged.etag, again.etag, sizeof merged.etag);
}

static void names_have_one_spelling(void **state)
{
    (void)state;
    static const char *const good[] = {"results.jsonl.gz",        "unresolved.jsonl.gz", "part-000.jsonl.gz",
                                       "part-007.jsonl.gz",       "part-999.jsonl.gz",   "part-1000.jsonl.gz",
                                       "part-4294967295.jsonl.gz"};
    static const char *const bad[] = {"",
                                      "results.jsonl",
                                      "Results.jsonl.gz",
                                      "part-.jsonl.gz",
                                      "part-7.jsonl.gz",
                                      "part-0007.jsonl.gz",
                                      "part-4294967296.jsonl.gz",
                                      "part--01.jsonl.gz",
                                      "part-00a.jsonl.gz",
                                      "part-000.jsonl.gz ",
                                      "part-000.jsonl.gzx",
                                      "../x",
                                      "part.jsonl.gz",
                                      "part-000",
                                      "unresolved.jsonl.gz/"};
    struct result_file_name name;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct buf text;
        buf_init(&text, 64);
        assert_ok(result_file_name_parse(str_of_cstr(good[i]), &name));
        result_file_name_add(&text, name);
        assert_str(str_of_cstr(good[i]), buf_str(&text));
        assert_true(text.n <= RESULT_FILE_NAME_BYTES_MAX);
        buf_fini(&text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_err(ERR_INVALID, result_file_name_parse(str_of_cstr(bad[i]), &name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_single_members_and_parts_make_the_whole),
        cmocka_unit_test(empty_files_are_valid),
        cmocka_unit_test(every_range_of_small_files_is_a_slice),
        cmocka_unit_test(random_ranges_of_larger_files_are_slices),
        cmocka_unit_test(pieces_are_deterministic),
        cmocka_unit_test(pieces_hold_what_does_not_compress),
        cmocka_unit_test(pieces_refuse_a_buffer_without_room),
        cmocka_unit_test(etags_differ_with_the_content),
        cmocka_unit_test(names_have_one_spelling),
    };
    return cmocka_run_group_tests_name("result files", tests, set_up, tear_down);
}
