/* Segments with packed records: what was put comes back, damage is noticed, and the settings decide. */
#include "unit.h"

#include "base/os.h"
#include "conformance/records_help.h"
#include "folder.h"
#include "store/records_segments.h"
#include "store/segment_check.h"
#include "store/segment_writer.h"

#define COUNT 40

static const struct hash_key secret = {1, 2};
static char folder[FOLDER_PATH_MAX];
static struct buf originals[COUNT];

static int set_up(void **state)
{
    (void)state;
    records_help_begin();
    folder_make(folder);
    for (size_t i = 0; i < COUNT; i++) buf_init(&originals[i], RECORD_BYTES_MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) buf_fini(&originals[i]);
    folder_remove(folder);
    records_help_end();
    return 0;
}

/* Writes and opens a segment of which only the first record is a sample. */
static struct segment *write_segment(enum compression compression)
{
    const struct packer_settings settings = {compression, .sample_bytes = 1};
    struct segment_writer *writer;
    struct segment *segment;
    assert_ok(segment_writer_new(folder, ENTITY_PERSON, 1, secret, &settings, &writer));
    for (size_t i = 0; i < COUNT; i++) {
        char spec[64];
        struct record record;
        bool is_repeated;
        snprintf(spec, sizeof spec, "%zu e:%zu@a.example", i + 1, i);
        buf_add(&originals[i], stored_of(spec));
        assert_ok(record_open(buf_str(&originals[i]), &record));
        assert_ok(segment_writer_put(writer, &record, &is_repeated));
    }
    assert_ok(segment_writer_finish(writer));
    segment_writer_free(writer);
    assert_ok(segment_open(folder, ENTITY_PERSON, 1, secret, &segment));
    return segment;
}

static void assert_text(str expected, str text)
{
    assert_int_equal(expected.n, text.n);
    assert_memory_equal(expected.p, text.p, text.n);
}

static void ignore_record(void *context)
{
    ++*(size_t *)context;
}

/* Walks through the segment and compares each record, packed or not, with what was put. */
static void assert_originals(const struct segment *segment, bool is_default_packed)
{
    struct segment_walk walk = {0};
    struct unpacker unpacker;
    struct buf restored;
    unpacker_init(&unpacker);
    buf_init(&restored, RECORD_BYTES_MAX);
    for (size_t i = 0; i < COUNT; i++) {
        struct record record, whole, original;
        assert_ok(segment_next(segment, &walk, &record));
        whole = record;
        assert_ok(record_open(buf_str(&originals[i]), &original));
        assert_int_equal(i > 0, record_is_packed(&record));
        assert_int_equal(i > 0 && is_default_packed, record.default_frame.n > 0);
        assert_ok(segment_unpack(segment, &unpacker, RECORD_PART_DEFAULT, &record));
        assert_text(original.default_run, record.default_run);
        assert_ok(segment_unpack(segment, &unpacker, RECORD_PART_ALL, &whole));
        assert_text(original.all_run, whole.all_run);
        buf_clear(&restored);
        assert_ok(record_restore(&whole, &restored));
        assert_text(original.bytes, buf_str(&restored));
    }
    unpacker_fini(&unpacker);
    buf_fini(&restored);
}

static void records_come_back(void **state)
{
    (void)state;
    for (enum compression compression = COMPRESSION_REST; compression <= COMPRESSION_ALL; compression++) {
        size_t count = 0;
        for (size_t i = 0; i < COUNT; i++) buf_clear(&originals[i]);
        struct segment *segment = write_segment(compression);
        assert_originals(segment, compression == COMPRESSION_ALL);
        assert_ok(segment_check_index(segment));
        assert_ok(segment_check_data(segment, ignore_record, &count));
        assert_ok(segment_check_keys(segment, secret));
        assert_int_equal(COUNT, count);
        segment_close(segment);
        assert_ok(segment_remove(folder, 1));
    }
}

/* -- damage -- */

static void patch(uint64_t offset, char byte)
{
    char path[SEGMENT_PATH_MAX];
    OS_FILE_AUTO file = OS_FILE_NONE;
    assert_ok(segment_path(folder, 1, "data", path));
    assert_ok(os_open_write(path, &file));
    assert_ok(os_pwrite(file, str_of(&byte, 1), offset));
}

/* Whether reading the record fails, as it should; that it goes on as if nothing had happened is as good. */
static bool is_refused(const struct segment *segment, uint64_t location, str text)
{
    struct record record;
    struct unpacker unpacker;
    unpacker_init(&unpacker);
    enum err e = segment_record(segment, location, &record);
    if (e == OK) e = segment_unpack(segment, &unpacker, RECORD_PART_ALL, &record);
    if (e == OK) assert_text(text, record.text);
    if (e != OK) assert_int_equal(ERR_CORRUPT, e);
    if (e != OK) assert_non_null(strstr(err_detail(), "person segment 1 "));
    unpacker_fini(&unpacker);
    return e != OK;
}

static void damaged_frames_are_refused(void **state)
{
    (void)state;
    struct segment *segment = write_segment(COMPRESSION_ALL);
    struct segment_walk walk = {0};
    struct record record, original;
    size_t refused = 0, checked = 0;
    for (size_t i = 0; i < COUNT; i++) assert_ok(segment_next(segment, &walk, &record));
    assert_ok(record_open(buf_str(&originals[COUNT - 1]), &original));
    const char *end = record.rest_frame.p + record.rest_frame.n;
    size_t frames_bytes = (size_t)(end - record.default_frame.p);
    for (size_t i = 0; i < frames_bytes; i++) {
        uint64_t offset = (uint64_t)(record.default_frame.p - segment->data) + i;
        char byte = segment->data[offset];
        patch(offset, (char)(byte ^ 0x40));
        refused += is_refused(segment, walk.location, original.text);
        assert_err(ERR_CORRUPT, segment_check_data(segment, ignore_record, &checked));
        patch(offset, byte);
    }
    assert_true(refused >= frames_bytes - 2);
    assert_false(is_refused(segment, walk.location, original.text));
    segment_close(segment);
}

static void damaged_dictionaries_are_refused(void **state)
{
    (void)state;
    struct segment *segment = write_segment(COMPRESSION_ALL);
    uint64_t offset = segment->records_end;
    assert_true(offset < segment->counts.data_bytes);
    patch(offset, (char)(segment->data[offset] ^ 1));
    segment_close(segment);
    assert_err(ERR_CORRUPT, segment_open(folder, ENTITY_PERSON, 1, secret, &segment));
    assert_non_null(strstr(err_detail(), "dictionaries"));
}

/* -- the setting -- */

static uint64_t compacted_segments(enum compression compression)
{
    const struct records_segments_settings settings = {
        .writer_memory_bytes = 1 << 20, .merge_memory_bytes = 1 << 20, .packing = {compression, 1}};
    struct records_compaction done;
    struct records *records;
    assert_ok(records_segments_open(folder, ENTITY_PERSON, &settings, &records));
    assert_ok(records->ops->compact(records, COMPACT_ALL, NULL, NULL, &done));
    assert_int_equal(1, owner_now(records, "e:a@a.example"));
    assert_int_equal(2, owner_now(records, "e:b@a.example"));
    records->ops->close(records);
    return done.merged_segments;
}

/* Compacting everything brings a store into the form that the setting wants, once. */
static void compaction_follows_the_setting(void **state)
{
    (void)state;
    static const enum compression order[] = {COMPRESSION_NONE, COMPRESSION_ALL, COMPRESSION_REST,
                                             COMPRESSION_NONE};
    const struct records_segments_settings settings = {.writer_memory_bytes = 1 << 20};
    struct records *records;
    assert_ok(records_segments_open(folder, ENTITY_PERSON, &settings, &records));
    commit_records(records, "1 e:a@a.example", "2 e:b@a.example", NULL);
    records->ops->close(records);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        assert_int_equal(i > 0, compacted_segments(order[i]));
        assert_int_equal(0, compacted_segments(order[i]));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(records_come_back),
        TEST(damaged_frames_are_refused),
        TEST(damaged_dictionaries_are_refused),
        TEST(compaction_follows_the_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
