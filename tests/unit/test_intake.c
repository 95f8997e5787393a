/* intake: files of every format to records, refused lines to the rejects file, broken files to errors. */
#include "unit.h"

#include <zlib.h>
#include <zstd.h>

#include "conformance/records_help.h"
#include "folder.h"
#include "intake/intake.h"
#include "intake/lines.h"
#include "store/records_segments.h"

static char folder[FOLDER_PATH_MAX];
static char rejects_path[FOLDER_PATH_MAX + 32];
static struct records *records;
static struct records_writer *writer;
static struct intake intake;

static int set_up(void **state)
{
    const struct records_segments_settings settings = {.writer_memory_bytes = 1 << 20};
    (void)state;
    records_help_begin();
    folder_make(folder);
    snprintf(rejects_path, sizeof rejects_path, "%s/rejects.jsonl", folder);
    assert_ok(records_segments_open(folder, ENTITY_PERSON, &settings, &records));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    records->ops->close(records);
    folder_remove(folder);
    records_help_end();
    return 0;
}

/* Writes a file into the folder; the path is valid until the next call. */
static const char *make_file(const char *name, str content)
{
    static char path[FOLDER_PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(os_replace_file(path, content));
    return path;
}

static void begin_with(const struct intake_settings *settings)
{
    assert_ok(records->ops->write(records, false, &writer));
    assert_ok(intake_init(&intake, settings, writer));
}

static void begin(void)
{
    const struct intake_settings settings = {
        .entity = ENTITY_PERSON, .line_bytes_max = 4096, .threads = 3, .rejects_path_cstr = rejects_path};
    begin_with(&settings);
}

static void commit(void)
{
    assert_ok(intake_finish(&intake));
    intake_fini(&intake);
    assert_ok(records->ops->commit(writer, NULL, NULL));
}

static void give_up(void)
{
    intake_fini(&intake);
    records->ops->abort(writer);
}

static struct buf content_of(const char *path)
{
    struct buf content;
    buf_init(&content, 1 << 20);
    assert_ok(os_read_file(path, &content));
    return content;
}

/* -- formats -- */

static void gzip_member(struct buf *out, str content)
{
    z_stream stream = {0};
    char *place = buf_reserve(out, content.n + 1024);
    assert_int_equal(Z_OK, deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY));
    stream.next_in = (Bytef *)(uintptr_t)content.p;
    stream.avail_in = (uInt)content.n;
    stream.next_out = (Bytef *)place;
    stream.avail_out = (uInt)content.n + 1024;
    assert_int_equal(Z_STREAM_END, deflate(&stream, Z_FINISH));
    out->n += stream.total_out;
    deflateEnd(&stream);
}

static void zstd_frame(struct buf *out, str content)
{
    size_t room = ZSTD_compressBound(content.n);
    char *place = buf_reserve(out, room);
    size_t n = ZSTD_compress(place, room, content.p, content.n, 3);
    assert_false(ZSTD_isError(n));
    out->n += n;
}

static void as_it_is(struct buf *out, str content)
{
    buf_add(out, content);
}

static const struct format {
    const char *name;
    void (*pack)(struct buf *out, str content);
} formats[] = {{"people.jsonl", as_it_is}, {"people.gz", gzip_member}, {"people.txt", zstd_frame}};
#define FORMATS (sizeof formats / sizeof *formats)

#define PEOPLE 20000 /* more than fit into the blocks under way */

static void add_person(struct buf *out, int id)
{
    buf_add_format(
        out,
        "{\"crustdata_person_id\":%d,\"contact\":{\"business_emails\":[{\"email\":\"p%d@example.com\"}]}}\n",
        id, id);
}

/* A file of many members or frames, in pieces that break lines anywhere. */
static void pack_people(const struct format *format, struct buf *out, size_t piece_bytes)
{
    struct buf text;
    buf_init(&text, 4 << 20);
    for (int id = 1; id <= PEOPLE; id++) add_person(&text, id);
    for (size_t at = 0; at < text.n; at += piece_bytes)
        format->pack(out, str_slice(buf_str(&text), at, at + piece_bytes));
    buf_fini(&text);
}

static void every_format_is_read(void **state)
{
    static const size_t piece_bytes[] = {4 << 20, 50000, 997};
    (void)state;
    for (size_t i = 0; i < FORMATS * 3; i++) {
        struct buf packed;
        buf_init(&packed, 4 << 20);
        pack_people(&formats[i % FORMATS], &packed, piece_bytes[i / FORMATS]);
        begin();
        assert_ok(intake_file(&intake, make_file(formats[i % FORMATS].name, buf_str(&packed))));
        assert_int_equal(PEOPLE, intake.accepted_count);
        assert_int_equal(PEOPLE, intake.line_count);
        assert_int_equal(packed.n, intake.used_bytes);
        assert_int_equal(0, intake.rejects.count);
        commit();
        assert_int_equal(1, owner_now(records, "e:p1@example.com"));
        assert_int_equal(PEOPLE, owner_now(records, "e:p20000@example.com"));
        buf_fini(&packed);
    }
    assert_int_equal(0, folder_count(folder, "rejects"));
}

/* A compressed file that ends anywhere before its end is an error: it never passes for a shorter one. */
static void truncated_files_are_errors(void **state)
{
    (void)state;
    for (size_t i = 1; i < FORMATS; i++) {
        struct buf packed;
        buf_init(&packed, 1 << 20);
        formats[i].pack(&packed, STR("{\"crustdata_person_id\":1}\n{\"crustdata_person_id\":2}\n"));
        size_t whole = packed.n;
        formats[i].pack(&packed, STR("{\"crustdata_person_id\":3}\n"));
        for (size_t n = 4; n < packed.n; n++) { /* fewer bytes do not show the format */
            if (n == whole) continue;           /* nothing can be seen to be missing */
            begin();
            const char *path = make_file("cut", str_slice(buf_str(&packed), 0, n));
            assert_err(ERR_CORRUPT, intake_file(&intake, path));
            assert_non_null(strstr(err_detail(), path));
            give_up();
        }
        buf_fini(&packed);
    }
    assert_int_equal(0, owner_now(records, "id:1"));
}

static void damaged_files_are_errors(void **state)
{
    (void)state;
    struct buf packed;
    buf_init(&packed, 1 << 20);
    gzip_member(&packed, STR("{\"crustdata_person_id\":1}\n{\"crustdata_person_id\":2}\n"));
    for (size_t i = 10; i < packed.n; i++) { /* behind the header, which has bytes that nobody checks */
        packed.p[i] = (char)(packed.p[i] ^ 4);
        begin();
        assert_err(ERR_CORRUPT, intake_file(&intake, make_file("damaged", buf_str(&packed))));
        give_up();
        packed.p[i] = (char)(packed.p[i] ^ 4);
    }
    buf_add(&packed, STR("something else"));
    begin();
    assert_err(ERR_CORRUPT, intake_file(&intake, make_file("damaged", buf_str(&packed))));
    give_up();
    buf_fini(&packed);
}

static void missing_file_is_an_error(void **state)
{
    (void)state;
    begin();
    assert_err(ERR_NOT_FOUND, intake_file(&intake, "/nonexistent/people.jsonl"));
    give_up();
}

/* -- lines -- */

static void blanks_breaks_and_marks(void **state)
{
    (void)state;
    begin();
    assert_ok(
        intake_file(&intake, make_file("first", STR("\xef\xbb\xbf{\"crustdata_person_id\":1}\r\n\r\n \t \n"
                                                    "{\"crustdata_person_id\":2}\n\n"))));
    assert_ok(intake_file(&intake, make_file("second", STR("\xef\xbb\xbf{\"crustdata_person_id\":3}"))));
    assert_ok(intake_file(&intake, make_file("empty", STR(""))));
    assert_int_equal(3, intake.line_count);
    assert_int_equal(3, intake.accepted_count);
    commit();
    assert_int_equal(3, owner_now(records, "id:3"));
}

/* Lines around the limit and around the size of a reading. */
static void lengths_of_lines(void **state)
{
    static const size_t lengths[] = {0,      1,      4095,   4096,   4097, 4098, 4099,
                                     262143, 262144, 262145, 600000, 4096, 3};
    struct buf content;
    struct input *input;
    struct lines lines;
    struct line line;
    (void)state;
    buf_init(&content, 4 << 20);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        for (size_t n = 0; n < lengths[i]; n++) buf_add_char(&content, 'x');
        buf_add(&content, i % 2 ? STR("\r\n") : STR("\n"));
    }
    assert_ok(input_open(make_file("lengths", buf_str(&content)), &input));
    assert_ok(lines_init(&lines, input, 4096));
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        assert_ok(lines_next(&lines, &line));
        assert_non_null(line.text.p);
        assert_int_equal(i + 1, line.number);
        assert_int_equal(lengths[i] > 4096, line.is_too_long);
        assert_int_equal(line.is_too_long ? 0 : lengths[i], line.text.n);
    }
    assert_ok(lines_next(&lines, &line));
    assert_null(line.text.p);
    lines_fini(&lines);
    input_close(input);
    buf_fini(&content);
}

static void envelopes_are_opened(void **state)
{
    (void)state;
    begin();
    assert_ok(intake_file(
        &intake, make_file("results", STR("{\"original_identifier\":\"x\",\"internal_id\":5,\"data\":"
                                          "{\"crustdata_person_id\":5}}\n"
                                          "{\"original_identifier\":\"x\",\"internal_id\":6,\"data\":"
                                          "{\"crustdata_person_id\":7}}\n"))));
    assert_int_equal(1, intake.accepted_count);
    assert_int_equal(1, intake.rejects.count);
    commit();
    assert_int_equal(5, owner_now(records, "id:5"));
}

static void unknown_fields_are_counted(void **state)
{
    (void)state;
    begin();
    assert_ok(
        intake_file(&intake, make_file("people", STR("{\"crustdata_person_id\":1,\"basic_profil\":{}}\n"
                                                     "{\"crustdata_person_id\":2,\"shoe_size\":43}\n"
                                                     "{\"basic_profil\":{},\"crustdata_person_id\":3}\n"))));
    assert_int_equal(3, intake.accepted_count);
    assert_int_equal(3, intake.unknown.record_count);
    assert_int_equal(2, intake.unknown.field_count);
    assert_str(STR("basic_profil"),
               str_of(intake.unknown.fields[0].name, intake.unknown.fields[0].name_bytes));
    assert_int_equal(2, intake.unknown.fields[0].count);
    give_up();
}

/* -- rejects -- */

static void refused_lines_are_kept(void **state)
{
    (void)state;
    struct buf content;
    buf_init(&content, 1 << 20);
    buf_add(&content, STR("{\"crustdata_person_id\":1}\n{\"broken\n\n{\"text\":\"\\u00e9\\\"\"}\n"));
    for (int i = 0; i < 5000; i++) buf_add_char(&content, 'x');
    buf_add(&content, STR("\n\xff\n{\"crustdata_person_id\":2}"));
    begin();
    const char *path = make_file("people", buf_str(&content));
    assert_ok(intake_file(&intake, path));
    assert_int_equal(6, intake.line_count);
    assert_int_equal(2, intake.accepted_count);
    assert_int_equal(4, intake.rejects.count);
    commit();
    struct buf rejects = content_of(rejects_path);
    str rest = buf_str(&rejects), lines[5];
    char expected[FOLDER_PATH_MAX + 64];
    for (int i = 0; i < 4; i++) assert_true(str_split(&rest, '\n', &lines[i]));
    assert_int_equal(0, rest.n);
    snprintf(expected, sizeof expected, "{\"file\":\"%s\",\"line\":2,\"reason\":\"", path);
    assert_true(str_starts(lines[0], str_of_cstr(expected)));
    assert_true(str_ends(lines[0], STR("\",\"record\":\"{\\\"broken\"}")));
    snprintf(expected, sizeof expected, "{\"file\":\"%s\",\"line\":4,", path);
    assert_true(str_starts(lines[1], str_of_cstr(expected)));
    assert_true(str_ends(lines[1], STR("\"record\":\"{\\\"text\\\":\\\"\\\\u00e9\\\\\\\"\\\"}\"}")));
    assert_true(str_ends(lines[2], STR("\"line\":5,\"reason\":\"longer than 4096 bytes\"}")));
    assert_true(str_ends(lines[3], STR("\"record\":\"\xef\xbf\xbd\"}")));
    buf_fini(&rejects);
    buf_fini(&content);
}

static void rejects_that_cannot_be_written_end_the_import(void **state)
{
    const struct intake_settings settings = {.entity = ENTITY_PERSON,
                                             .line_bytes_max = 4096,
                                             .threads = 3,
                                             .rejects_path_cstr = "/nonexistent/rejects"};
    (void)state;
    begin_with(&settings);
    assert_err(ERR_NOT_FOUND,
               intake_file(&intake, make_file("people", STR("{\"crustdata_person_id\":1}\nbroken\n"))));
    give_up();
    assert_int_equal(0, owner_now(records, "id:1"));
}

/* A line that needs more memory than a line may is refused like any other. */
static void intricate_line_is_refused(void **state)
{
    const struct intake_settings settings = {
        .entity = ENTITY_PERSON, .line_bytes_max = 1 << 20, .threads = 3, .rejects_path_cstr = rejects_path};
    struct buf content;
    (void)state;
    buf_init(&content, 2 << 20);
    for (int i = 0; i < 1 << 19; i++) buf_add_char(&content, '[');
    buf_add(&content, STR("\n{\"crustdata_person_id\":1}\n{\"crustdata_person_id\":2,\"metadata\":["));
    for (int i = 0; i < 500000; i++) buf_add(&content, STR("1,"));
    buf_add(&content, STR("1]}\n"));
    begin_with(&settings);
    assert_ok(intake_file(&intake, make_file("people", buf_str(&content))));
    assert_int_equal(3, intake.line_count);
    assert_true(intake.rejects.count >= 1);
    give_up();
    buf_fini(&content);
}

/* -- stopping -- */

static int questions;

static bool stop_at_third(void)
{
    return ++questions == 3;
}

static void import_can_be_stopped(void **state)
{
    const struct intake_settings settings = {.entity = ENTITY_PERSON,
                                             .line_bytes_max = 4096,
                                             .threads = 3,
                                             .rejects_path_cstr = rejects_path,
                                             .is_stopped = stop_at_third};
    struct buf packed;
    (void)state;
    buf_init(&packed, 4 << 20);
    pack_people(&formats[0], &packed, 1 << 20);
    questions = 0;
    begin_with(&settings);
    assert_err(ERR_CLOSED, intake_file(&intake, make_file("people", buf_str(&packed))));
    assert_true(intake.accepted_count < PEOPLE);
    give_up();
    buf_fini(&packed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_format_is_read),      TEST(truncated_files_are_errors),
        TEST(damaged_files_are_errors),  TEST(missing_file_is_an_error),
        TEST(blanks_breaks_and_marks),   TEST(lengths_of_lines),
        TEST(envelopes_are_opened),      TEST(unknown_fields_are_counted),
        TEST(refused_lines_are_kept),    TEST(rejects_that_cannot_be_written_end_the_import),
        TEST(intricate_line_is_refused), TEST(import_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
