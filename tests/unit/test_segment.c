/* One segment: writing, settling claims, opening, probing; the manifest; and what is refused as damaged. */
#include "unit.h"

#include <fcntl.h>

#include "conformance/records_help.h"
#include "folder.h"
#include "store/key_hash.h"
#include "store/records_segments.h"
#include "store/segment.h"
#include "store/segment_view.h"
#include "store/segment_writer.h"

static const struct hash_key secret = {1, 2};
static char folder[FOLDER_PATH_MAX];

static int set_up(void **state)
{
    (void)state;
    records_help_begin();
    folder_make(folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    folder_remove(folder);
    records_help_end();
    return 0;
}

static void put(struct segment_writer *writer, const char *spec)
{
    struct record record;
    bool is_repeated;
    assert_ok(record_open(stored_of(spec), &record));
    assert_ok(segment_writer_put(writer, &record, &is_repeated));
    assert_ok(segment_writer_take(writer));
}

static struct segment_writer *begin(void)
{
    struct segment_writer *writer;
    static const struct packer_settings plain = {.compression = COMPRESSION_NONE};
    assert_ok(segment_writer_new(folder, ENTITY_PERSON, 1, secret, &plain, &writer));
    return writer;
}

static struct segment *finish(struct segment_writer *writer)
{
    struct segment *segment;
    assert_ok(segment_writer_finish(writer));
    segment_writer_free(writer);
    assert_ok(segment_open(folder, ENTITY_PERSON, 1, secret, &segment));
    return segment;
}

/* The id that a key leads to within the segment; 0 if to none. */
static int64_t owner_of(struct segment *segment, const char *key_cstr)
{
    uint64_t at = 0, location;
    struct record record;
    if (!segment_find(segment, key_hash(secret, key_of(key_cstr)), &at, &location)) return 0;
    assert_ok(segment_record(segment, location, &record));
    assert_ok(record_check(record.bytes, &record));
    return record.id;
}

static void claims_beat_inherited_keys(void **state)
{
    (void)state;
    struct segment_writer *writer = begin();
    put(writer, "1 e:a@a.example");
    put(writer, "2 ~e:a@a.example ~e:b@a.example");
    put(writer, "3 ~e:b@a.example e:c@a.example");
    struct segment *segment = finish(writer);
    assert_int_equal(1, owner_of(segment, "e:a@a.example"));
    assert_int_equal(3, owner_of(segment, "e:b@a.example"));
    assert_int_equal(3, owner_of(segment, "e:c@a.example"));
    assert_int_equal(0, owner_of(segment, "e:d@a.example"));
    segment_close(segment);
}

static bool has_inherited(const struct record *record, const char *key_cstr)
{
    struct record_key key;
    for (size_t at = 0; record_next_key(record, &at, &key);) {
        if (key_eq(key.key, key_of(key_cstr))) return key.is_inherited;
    }
    return false;
}

static void later_version_inherits_keys(void **state)
{
    (void)state;
    struct segment_writer *writer = begin();
    put(writer, "1 e:a@a.example e:b@a.example");
    put(writer, "2");
    put(writer, "1 e:b@a.example");
    put(writer, "1 e:c@a.example");
    struct segment *segment = finish(writer);
    struct record record;
    uint64_t location;
    assert_ok(segment_find_id(segment, 1, key_hash_id(secret, 1), &record, &location));
    assert_int_equal(3, record.key_count);
    assert_true(has_inherited(&record, "e:a@a.example"));
    assert_true(has_inherited(&record, "e:b@a.example"));
    assert_false(has_inherited(&record, "e:c@a.example"));
    assert_int_equal(latest_mark(), mark_in(NULL, record.bytes));
    assert_int_equal(2, segment->counts.record_count);
    assert_int_equal(5, segment->counts.key_count);
    segment_close(segment);
}

/* Records over the buffer's size in between, so that the earlier version has to be read from the file. */
static void earlier_version_is_read_back(void **state)
{
    (void)state;
    struct segment_writer *writer = begin();
    char spec[64];
    put(writer, "1 e:a@a.example");
    for (int i = 2; i < 20000; i++) {
        snprintf(spec, sizeof spec, "%d p:person-%d", i, i);
        put(writer, spec);
    }
    put(writer, "1 e:b@a.example");
    struct segment *segment = finish(writer);
    assert_int_equal(1, owner_of(segment, "e:a@a.example"));
    assert_int_equal(1, owner_of(segment, "e:b@a.example"));
    assert_int_equal(4711, owner_of(segment, "p:person-4711"));
    segment_close(segment);
}

static void inherited_keys_have_a_limit(void **state)
{
    (void)state;
    struct segment_writer *writer = begin();
    struct buf spec;
    buf_init(&spec, 1 << 20);
    for (int version = 0; version < 3; version++) {
        buf_clear(&spec);
        buf_add(&spec, STR("1"));
        for (int i = 0; i < 600; i++) buf_add_format(&spec, " p:slug-%d-%d", version, i);
        buf_add_char(&spec, '\0');
        put(writer, spec.p);
    }
    buf_fini(&spec);
    struct segment *segment = finish(writer);
    struct record record;
    uint64_t location;
    assert_ok(segment_find_id(segment, 1, key_hash_id(secret, 1), &record, &location));
    assert_int_equal(RECORD_KEYS_MAX, record.key_count);
    assert_true(record_has_key(&record, key_of("p:slug-2-599")));
    segment_close(segment);
}

static void walk_sees_every_version(void **state)
{
    (void)state;
    struct segment_writer *writer = begin();
    put(writer, "1 e:a@a.example");
    put(writer, "2 -");
    put(writer, "1");
    struct segment *segment = finish(writer);
    struct segment_walk walk = {0};
    struct record record;
    const int64_t ids[] = {1, 2, 1};
    for (size_t i = 0; i < 3; i++) {
        assert_ok(segment_next(segment, &walk, &record));
        assert_int_equal(ids[i], record.id);
    }
    assert_ok(segment_next(segment, &walk, &record));
    assert_null(record.bytes.p);
    assert_int_equal(1, segment->counts.record_count);
    assert_int_equal(1, segment->counts.tombstone_count);
    segment_close(segment);
}

static void table_is_ordered(void **state)
{
    (void)state;
    struct segment_writer *writer = begin();
    char spec[64];
    for (int i = 1; i <= 5000; i++) {
        snprintf(spec, sizeof spec, "%d p:person-%d", i, i);
        put(writer, spec);
    }
    struct segment *segment = finish(writer);
    uint64_t hash = 0, used = 0;
    for (uint64_t i = 0; i < segment->slot_count; i++) {
        if (segment->slots[i].location == 0) continue;
        assert_true(segment->slots[i].hash >= hash);
        assert_true(segment_home(segment->slots[i].hash, segment->home_count) <= i);
        hash = segment->slots[i].hash;
        used++;
    }
    assert_int_equal(10000, used);
    assert_int_equal(used, segment->counts.key_count);
    assert_int_equal(0, segment->slots[segment->slot_count - 1].location);
    segment_close(segment);
}

/* -- records that are not in memory -- */

static void drop_from_memory(const char *kind)
{
    char path[SEGMENT_PATH_MAX];
    OS_FILE_AUTO file = OS_FILE_NONE;
    assert_ok(segment_path(folder, 1, kind, path));
    assert_ok(os_open_read(path, &file));
    assert_int_equal(0, posix_fadvise(file.fd, 0, 0, POSIX_FADV_DONTNEED));
}

static void record_comes_into_memory_when_asked_for(void **state)
{
    (void)state;
    struct segment_writer *writer = begin();
    char spec[64];
    enum { RECORDS = 20000 };
    for (int i = 1; i <= RECORDS; i++) {
        snprintf(spec, sizeof spec, "%d p:person-%d", i, i);
        put(writer, spec);
    }
    assert_ok(segment_writer_finish(writer));
    segment_writer_free(writer);
    drop_from_memory("data");
    struct segment *segment;
    struct record record;
    uint64_t location;
    assert_ok(segment_open(folder, ENTITY_PERSON, 1, secret, &segment));
    uint64_t at = 0, hash = key_hash(secret, key_of("p:person-15000"));
    assert_true(segment_find(segment, hash, &at, &location));
    if (segment_is_resident(segment, location)) { /* a file system in memory */
        segment_close(segment);
        skip();
    }
    segment_ask(segment, location);
    int64_t deadline_us = os_monotonic_us() + 10000000;
    while (!segment_is_resident(segment, location)) assert_true(os_monotonic_us() < deadline_us);
    assert_ok(segment_record(segment, location, &record));
    assert_int_equal(15000, record.id);
    segment_close(segment);
}

/* -- damage -- */

static void patch(const char *path, uint64_t offset, char byte)
{
    OS_FILE_AUTO file = OS_FILE_NONE;
    assert_ok(os_open_write(path, &file));
    assert_ok(os_pwrite(file, str_of(&byte, 1), offset));
}

static void damaged_files_are_refused(void **state)
{
    (void)state;
    static const char *const kinds[] = {"data", "index"};
    struct segment_writer *writer = begin();
    put(writer, "1 e:a@a.example");
    segment_close(finish(writer));
    for (size_t kind = 0; kind < 2; kind++) {
        char path[SEGMENT_PATH_MAX];
        struct buf content;
        struct segment *segment;
        buf_init(&content, 1 << 20);
        assert_ok(segment_path(folder, 1, kinds[kind], path));
        assert_ok(os_read_file(path, &content));
        for (size_t offset = 0; offset < 28; offset++) { /* the part of the heads that is not zero in both */
            patch(path, offset, (char)(content.p[offset] ^ 1));
            assert_err(ERR_CORRUPT, segment_open(folder, ENTITY_PERSON, 1, secret, &segment));
            assert_non_null(strstr(err_detail(), path));
            patch(path, offset, content.p[offset]);
        }
        assert_ok(os_replace_file(path, str_slice(buf_str(&content), 0, content.n - 8)));
        assert_err(ERR_CORRUPT, segment_open(folder, ENTITY_PERSON, 1, secret, &segment));
        assert_ok(os_replace_file(path, str_slice(buf_str(&content), 0, 10)));
        assert_err(ERR_CORRUPT, segment_open(folder, ENTITY_PERSON, 1, secret, &segment));
        assert_ok(os_replace_file(path, buf_str(&content)));
        assert_ok(segment_open(folder, ENTITY_PERSON, 1, secret, &segment));
        segment_close(segment);
        buf_fini(&content);
    }
}

static void wrong_store_is_refused(void **state)
{
    (void)state;
    struct segment_writer *writer = begin();
    put(writer, "1 e:a@a.example");
    segment_close(finish(writer));
    struct segment *segment;
    assert_err(ERR_CORRUPT, segment_open(folder, ENTITY_PERSON, 1, (struct hash_key){1, 3}, &segment));
    assert_err(ERR_CORRUPT, segment_open(folder, ENTITY_COMPANY, 1, secret, &segment));
    assert_err(ERR_NOT_FOUND, segment_open(folder, ENTITY_PERSON, 2, secret, &segment));
}

static void damaged_record_is_an_error_not_a_crash(void **state)
{
    (void)state;
    struct segment_writer *writer = begin();
    put(writer, "1 e:a@a.example");
    put(writer, "2 e:b@a.example");
    segment_close(finish(writer));
    char path[SEGMENT_PATH_MAX];
    assert_ok(segment_path(folder, 1, "data", path));
    patch(path, sizeof(struct segment_data_head) + 2, 0x7f); /* the first record's length */
    struct segment *segment;
    assert_ok(segment_open(folder, ENTITY_PERSON, 1, secret, &segment));
    struct segment_list list = {&segment, 1, secret};
    struct arena arena;
    str found;
    struct key keys[] = {key_of("e:b@a.example"), key_of("e:a@a.example")};
    arena_init(&arena, 1 << 20);
    assert_ok(segment_list_get(&list, keys, 1, &arena, &found));
    assert_non_null(found.p);
    assert_err(ERR_CORRUPT, segment_list_get(&list, keys + 1, 1, &arena, &found));
    assert_err(ERR_CORRUPT, segment_list_scan(&list, NULL, NULL));
    arena_fini(&arena);
    segment_close(segment);
}

static void merge_keeps_to_its_memory(void **state)
{
    (void)state;
    const struct records_segments_settings settings = {.writer_memory_bytes = 1 << 20,
                                                       .merge_memory_bytes = 100};
    struct records *records;
    struct records_compaction done;
    assert_ok(records_segments_open(folder, ENTITY_PERSON, &settings, &records));
    for (int i = 0; i < 5; i++) commit_records(records, "1", "2", NULL);
    assert_err(ERR_LIMIT, records->ops->compact(records, COMPACT_ALL, NULL, NULL, &done));
    assert_non_null(strstr(err_detail(), "compact.memory"));
    assert_ok(records->ops->compact(records, COMPACT_DUE, NULL, NULL, &done));
    assert_int_equal(0, done.merged_segments);
    commit_records(records, "3", NULL);
    commit_records(records, "4", NULL);
    assert_ok(records->ops->compact(records, COMPACT_DUE, NULL, NULL, &done));
    assert_int_equal(4, done.merged_segments);
    records->ops->close(records);
}

/* -- manifest -- */

static void read_manifest_text(str text, enum err expected)
{
    char path[FOLDER_PATH_MAX + 16];
    OS_FILE_AUTO file = OS_FILE_NONE;
    struct manifest manifest;
    snprintf(path, sizeof path, "%s/manifest", folder);
    assert_ok(os_replace_file(path, text));
    assert_ok(os_open_read(path, &file));
    enum err e = manifest_read(file, ENTITY_PERSON, &manifest);
    assert_err(expected, e);
    if (e == OK) manifest_fini(&manifest);
}

static void manifest_survives_a_round_trip(void **state)
{
    (void)state;
    char path[FOLDER_PATH_MAX + 16];
    struct manifest manifest, read;
    OS_FILE_AUTO file = OS_FILE_NONE;
    snprintf(path, sizeof path, "%s/manifest", folder);
    manifest_init(&manifest, ENTITY_PERSON);
    for (uint32_t i = 1; i <= 20; i++) {
        struct manifest_segment segment = {.number = i, .counts = {i, 2, 3, UINT64_MAX, 5, 6, 7}};
        assert_ok(manifest_add(&manifest, &segment));
    }
    manifest.generation = 3;
    manifest.next_segment = 21;
    assert_ok(manifest_write(&manifest, path));
    assert_ok(os_open_read(path, &file));
    assert_ok(manifest_read(file, ENTITY_PERSON, &read));
    assert_int_equal(3, read.generation);
    assert_int_equal(21, read.next_segment);
    assert_memory_equal(&manifest.secret, &read.secret, sizeof read.secret);
    assert_int_equal(20, read.segment_count);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(manifest.segments[i].number, read.segments[i].number);
        assert_memory_equal(&manifest.segments[i].counts, &read.segments[i].counts,
                            sizeof(struct segment_counts));
    }
    manifest_fini(&read);
    assert_err(ERR_CORRUPT, manifest_read(file, ENTITY_COMPANY, &read));
    manifest_fini(&manifest);
}

static void damaged_manifest_is_refused(void **state)
{
    (void)state;
    char path[FOLDER_PATH_MAX + 16];
    struct manifest manifest;
    struct buf text;
    snprintf(path, sizeof path, "%s/manifest", folder);
    manifest_init(&manifest, ENTITY_PERSON);
    assert_ok(manifest_write(&manifest, path));
    buf_init(&text, 4096);
    assert_ok(os_read_file(path, &text));
    read_manifest_text(buf_str(&text), OK);
    for (size_t i = 0; i < text.n; i++) {
        text.p[i] = (char)(text.p[i] ^ 1);
        read_manifest_text(buf_str(&text), ERR_CORRUPT);
        text.p[i] = (char)(text.p[i] ^ 1);
        read_manifest_text(str_slice(buf_str(&text), 0, i), ERR_CORRUPT);
    }
    buf_fini(&text);
    manifest_fini(&manifest);
}

/* A store whose newest manifest cannot be read goes on serving what it has, and says so. */
static void unreadable_publication_leaves_the_old_content(void **state)
{
    (void)state;
    const struct records_segments_settings settings = {.writer_memory_bytes = 1 << 20};
    char path[FOLDER_PATH_MAX + 64];
    struct records *records, *reopened;
    struct records_snapshot *snapshot;
    assert_ok(records_segments_open(folder, ENTITY_PERSON, &settings, &records));
    commit_records(records, "1 e:a@a.example", NULL);
    assert_int_equal(1, owner_now(records, "e:a@a.example"));
    snprintf(path, sizeof path, "%s/records/person/manifest", folder);
    assert_ok(os_replace_file(path, STR("enrichd records 2\n")));
    assert_ok(records->ops->snapshot(records, &snapshot));
    assert_err(ERR_CORRUPT, snapshot->stale);
    assert_non_null(strstr(err_detail(), path));
    assert_int_equal(1, owner_in(snapshot, "e:a@a.example", NULL));
    records->ops->release(snapshot);
    struct records_writer *writer;
    assert_err(ERR_CORRUPT, records->ops->write(records, false, &writer));
    assert_err(ERR_CORRUPT, records_segments_open(folder, ENTITY_PERSON, &settings, &reopened));
    assert_ok(os_unlink(path));
    assert_ok(records->ops->snapshot(records, &snapshot));
    assert_err(ERR_NOT_FOUND, snapshot->stale);
    records->ops->release(snapshot);
    records->ops->close(records);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(claims_beat_inherited_keys),
        TEST(later_version_inherits_keys),
        TEST(earlier_version_is_read_back),
        TEST(inherited_keys_have_a_limit),
        TEST(walk_sees_every_version),
        TEST(table_is_ordered),
        TEST(record_comes_into_memory_when_asked_for),
        TEST(damaged_files_are_refused),
        TEST(wrong_store_is_refused),
        TEST(damaged_record_is_an_error_not_a_crash),
        TEST(merge_keeps_to_its_memory),
        TEST(manifest_survives_a_round_trip),
        TEST(damaged_manifest_is_refused),
        TEST(unreadable_publication_leaves_the_old_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
