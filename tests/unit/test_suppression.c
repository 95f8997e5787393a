/* The suppression list, what belongs to an identifier, and the audit log. */
#include "unit.h"

#include <errno.h>

#include "base/os.h"
#include "conformance/records_help.h"
#include "folder.h"
#include "store/audit.h"
#include "store/audit_row.h"
#include "store/control_sqlite_state.h"
#include "store/records_segments.h"
#include "store/suppression_spread.h"

static char folder[FOLDER_PATH_MAX];
static struct control *control;
static struct suppression *suppression;
static struct arena arena;

static const str secret = STR_INIT("0123456789abcdef0123456789abcdef");

static int set_up(void **state)
{
    (void)state;
    folder_make(folder);
    arena_init(&arena, 16 << 20);
    assert_ok(control_sqlite_open(folder, CONTROL_TOOL, NULL, &control));
    assert_ok(suppression_open(control, secret, &suppression));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    suppression_close(suppression);
    control->ops->close(control);
    arena_fini(&arena);
    folder_remove(folder);
    return 0;
}

static struct key profile(const char *slug)
{
    return (struct key){KEY_PROFILE, str_of_cstr(slug)};
}

static void put_on_list(struct control *by, const char *slug, bool is_erasure)
{
    struct key key = profile(slug);
    size_t added;
    struct suppression_order order = {.entity = ENTITY_PERSON,
                                      .keys = &key,
                                      .key_count = 1,
                                      .is_erasure = is_erasure,
                                      .now_us = 1,
                                      .reason = STR("test")};
    assert_ok(suppression_begin(suppression, by, &order, &arena, &added));
}

static bool is_suppressed(const char *slug)
{
    const struct suppression_set *set;
    assert_ok(suppression_take(suppression, &set));
    bool found = suppression_find(set, ENTITY_PERSON, profile(slug));
    suppression_return(suppression, set);
    return found;
}

static void what_another_process_adds_and_removes_is_seen_at_once(void **state)
{
    (void)state;
    struct control *other;
    uint8_t hash[SHA256_BYTES];
    assert_ok(control_sqlite_open(folder, CONTROL_TOOL, NULL, &other));
    assert_false(is_suppressed("ada"));
    put_on_list(other, "ada", false);
    assert_true(is_suppressed("ada"));
    assert_false(is_suppressed("bob"));
    suppression_hash(suppression, ENTITY_PERSON, profile("ada"), hash);
    assert_ok(other->ops->suppression_remove(other, hash));
    assert_false(is_suppressed("ada"));
    assert_err(ERR_NOT_FOUND, other->ops->suppression_remove(other, hash));
    other->ops->close(other);
}

static void a_set_that_is_held_stays_as_it_is(void **state)
{
    (void)state;
    const struct suppression_set *set;
    put_on_list(control, "ada", false);
    assert_ok(suppression_take(suppression, &set));
    put_on_list(control, "bob", false);
    assert_true(is_suppressed("bob"));
    assert_null(suppression_find(set, ENTITY_PERSON, profile("bob")));
    assert_non_null(suppression_find(set, ENTITY_PERSON, profile("ada")));
    suppression_return(suppression, set);
}

static void the_same_id_of_another_entity_is_another_key(void **state)
{
    (void)state;
    const struct suppression_set *set;
    struct key key = {KEY_ID, STR("7")};
    size_t added;
    struct suppression_order order = {.entity = ENTITY_COMPANY, .keys = &key, .key_count = 1};
    assert_ok(suppression_begin(suppression, control, &order, &arena, &added));
    assert_ok(suppression_take(suppression, &set));
    assert_non_null(suppression_find_id(set, ENTITY_COMPANY, 7));
    assert_null(suppression_find_id(set, ENTITY_PERSON, 7));
    assert_null(suppression_find(set, ENTITY_COMPANY, (struct key){KEY_NAME, STR("7")}));
    suppression_return(suppression, set);
}

static int64_t seq_now(void)
{
    const struct suppression_set *set;
    assert_ok(suppression_take(suppression, &set));
    int64_t seq = suppression_seq(set);
    suppression_return(suppression, set);
    return seq;
}

static void an_erasure_takes_a_new_place_and_a_suppression_does_not(void **state)
{
    (void)state;
    put_on_list(control, "ada", false);
    int64_t first = seq_now();
    put_on_list(control, "ada", false);
    assert_int_equal(first, seq_now());
    put_on_list(control, "ada", true);
    int64_t second = seq_now();
    assert_true(second > first);
    put_on_list(control, "ada", true);
    assert_true(seq_now() > second);
    int64_t last = seq_now();
    put_on_list(control, "ada", false);
    assert_int_equal(last, seq_now());
}

static void nothing_of_a_key_is_stored_in_clear(void **state)
{
    (void)state;
    struct suppression_entry *entries;
    size_t count;
    uint8_t hash[SHA256_BYTES];
    put_on_list(control, "very-particular-slug", false);
    assert_ok(control->ops->suppression_list(control, &arena, &entries, &count));
    assert_int_equal(1, count);
    sha256(STR("very-particular-slug"), hash);
    assert_memory_not_equal(hash, entries[0].hash, sizeof hash);
    assert_int_equal(KEY_PROFILE, entries[0].kind);
}

/* ---- what belongs to an identifier ---- */

static struct records *open_records(void)
{
    const struct records_segments_settings settings = {.writer_memory_bytes = 1 << 20,
                                                       .merge_memory_bytes = 64 << 20};
    struct records *records;
    assert_ok(records_segments_open(folder, ENTITY_PERSON, &settings, &records));
    return records;
}

static struct reach reach_of(struct records *records, const char *key)
{
    struct records_snapshot *snapshot;
    struct reach reach;
    struct key keys[] = {key_of(key)};
    assert_ok(records->ops->snapshot(records, &snapshot));
    assert_ok(reach_find(snapshot, keys, 1, &arena, &reach));
    records->ops->release(snapshot);
    return reach;
}

static void assert_reach(const struct reach *reach, const char *keys, int64_t id, int64_t sharing_id)
{
    str rest = str_of_cstr(keys), word;
    size_t count = 0;
    for (; str_split(&rest, ' ', &word); count++) {
        char text[64];
        snprintf(text, sizeof text, "%.*s", STR_ARG(word));
        assert_true(reach_has_key(reach, key_of(text)));
    }
    assert_int_equal(count, reach->key_count);
    assert_int_equal(id ? 1 : 0, reach->id_count);
    assert_true(!id || reach_has_id(reach, id));
    assert_int_equal(sharing_id ? 1 : 0, reach->sharing_id_count);
    if (sharing_id) assert_int_equal(sharing_id, reach->sharing_ids[0]);
}

static void keys_of_all_versions_belong_to_a_person(void **state)
{
    (void)state;
    records_help_begin();
    struct records *records = open_records();
    commit_records(records, "1 e:first@a.example p:ann", "9 e:other@a.example", NULL);
    commit_records(records, "1 e:second@a.example p:ann", NULL);
    commit_records(records, "1 p:anna", NULL);
    for (int is_merged = 0; is_merged < 2; is_merged++) {
        static const char *const keys[] = {"id:1", "e:first@a.example", "e:second@a.example", "p:ann",
                                           "p:anna"};
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            struct reach reach = reach_of(records, keys[i]);
            assert_reach(&reach, "id:1 e:first@a.example e:second@a.example p:ann p:anna", 1, 0);
        }
        records_help_compact(COMPACT_ALL_EACH_TIME);
        compact_records(records);
    }
    struct reach nobody = reach_of(records, "e:nobody@a.example");
    assert_reach(&nobody, "e:nobody@a.example", 0, 0);
    records->ops->close(records);
    records_help_end();
}

/* The address was Ann's (1), and is Bob's (2). */
static void an_address_that_changed_hands_is_its_holders(void **state)
{
    (void)state;
    records_help_begin();
    struct records *records = open_records();
    commit_records(records, "1 e:desk@a.example p:ann", NULL);
    commit_records(records, "1 p:ann", "2 e:desk@a.example p:bob", NULL);
    for (int is_merged = 0; is_merged < 2; is_merged++) {
        struct reach bob = reach_of(records, "e:desk@a.example");
        assert_reach(&bob, "id:2 e:desk@a.example p:bob", 2, 0);
        struct reach ann = reach_of(records, "p:ann");
        assert_reach(&ann, "id:1 e:desk@a.example p:ann", 1, 2);
        records_help_compact(COMPACT_ALL_EACH_TIME);
        compact_records(records);
    }
    records->ops->close(records);
    records_help_end();
}

/* ---- the audit log ---- */

static const char *log_path(void)
{
    static char path[FOLDER_PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/audit.log", folder);
    return path;
}

static struct audit_head remembered(void)
{
    struct control_sqlite *c = control_sqlite_of(control);
    struct audit_head head;
    assert_ok(audit_row_get(&c->writer, &head));
    return head;
}

static enum err verify(void)
{
    struct audit_head known = remembered(), head;
    return audit_verify(folder, &known, &head);
}

static void write_entries(int count)
{
    for (int i = 0; i < count; i++)
        assert_ok(audit_add(folder, control, STR("key.create"), STR("\"key\":\"Ab3dE5gH\""), NULL));
}

static struct buf read_log(void)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    assert_ok(os_read_file(log_path(), &text));
    return text;
}

static void replace_log(str text)
{
    assert_ok(os_replace_file(log_path(), text));
}

static void a_log_as_it_was_written_is_sound(void **state)
{
    (void)state;
    assert_ok(verify());
    write_entries(5);
    assert_ok(verify());
    assert_int_equal(5, remembered().entry);
}

/* The beginning of line `number`, from 0 on. */
static size_t line_at(str text, int number)
{
    size_t at = 0;
    for (; number > 0; number--) at = str_find_char(text, '\n', at) + 1;
    return at;
}

static void each_change_is_found(void **state)
{
    (void)state;
    write_entries(4);
    struct buf text = read_log(), changed;
    str whole = buf_str(&text);
    for (size_t i = 0; i < whole.n; i++) { /* any byte */
        char *bytes = text.p;
        bytes[i] ^= 1;
        replace_log(whole);
        assert_err(ERR_CORRUPT, verify());
        bytes[i] ^= 1;
    }
    buf_init(&changed, 1 << 20);
    for (int gone = 0; gone < 4; gone++) { /* any line, the last one included */
        buf_clear(&changed);
        buf_add(&changed, str_slice(whole, 0, line_at(whole, gone)));
        buf_add(&changed, str_from(whole, line_at(whole, gone + 1)));
        replace_log(buf_str(&changed));
        assert_err(ERR_CORRUPT, verify());
    }
    buf_clear(&changed);
    buf_add(&changed, str_slice(whole, line_at(whole, 1), line_at(whole, 2)));
    buf_add(&changed, str_slice(whole, 0, line_at(whole, 1)));
    buf_add(&changed, str_from(whole, line_at(whole, 2)));
    replace_log(buf_str(&changed));
    assert_err(ERR_CORRUPT, verify());
    replace_log(whole);
    assert_ok(verify());
    buf_fini(&changed);
    buf_fini(&text);
}

static void a_lost_log_is_found(void **state)
{
    (void)state;
    write_entries(1);
    assert_ok(os_unlink(log_path()));
    assert_err(ERR_CORRUPT, verify());
}

static void what_a_crash_left_of_a_line_is_written_over(void **state)
{
    (void)state;
    write_entries(2);
    struct buf text = read_log();
    buf_add(&text, STR("{\"entry\":3,\"ti"));
    replace_log(buf_str(&text));
    assert_ok(verify());
    write_entries(1);
    assert_ok(verify());
    assert_int_equal(3, remembered().entry);
    buf_fini(&text);
}

/* ---- the audit log on a disk that fails ---- */

static struct {
    int seen, at; /* operations so far, the one that fails, 1 the first */
    bool is_unsynced, is_late;
} disk;

static int fail_one(enum os_operation operation, const char *path_cstr)
{
    (void)operation;
    (void)path_cstr;
    return ++disk.seen == disk.at ? EIO : 0;
}

/* Late: nothing was written since the last sync. */
static int watch_order(enum os_operation operation, const char *path_cstr)
{
    (void)path_cstr;
    if (operation == OS_WRITE) {
        disk.is_late = !disk.is_unsynced;
        disk.is_unsynced = true;
    }
    if (operation == OS_SYNC) disk.is_unsynced = false;
    return 0;
}

static void a_line_ends_once_it_is_on_the_disk(void **state)
{
    (void)state;
    write_entries(1);
    memset(&disk, 0, sizeof disk);
    os_hooks.fault = watch_order;
    enum err e = audit_add(folder, NULL, STR("backup"), (str){0}, NULL);
    os_hooks.fault = NULL;
    assert_ok(e);
    assert_true(disk.is_late);
    assert_false(disk.is_unsynced);
}

static void each_operation_of_an_entry_fails_once(void **state)
{
    (void)state;
    uint64_t entries = 0;
    int refused = 0;
    memset(&disk, 0, sizeof disk);
    for (disk.at = 1; disk.seen >= disk.at - 1; disk.at++) {
        struct audit_head head = {0};
        disk.seen = 0;
        os_hooks.fault = fail_one;
        enum err e = audit_add(folder, NULL, STR("backup"), (str){0}, &head);
        os_hooks.fault = NULL;
        refused += e != OK;
        entries += e == OK;
        assert_ok(audit_verify(folder, &(struct audit_head){0}, &head));
        assert_int_equal(entries, head.entry);
    }
    assert_in_range(refused, 6, 20);
}

static void entries_that_control_db_has_not_heard_of_are_sound(void **state)
{
    (void)state;
    write_entries(1);
    assert_ok(audit_add(folder, NULL, STR("backup"), (str){0}, NULL));
    assert_int_equal(1, remembered().entry);
    assert_ok(verify());
    write_entries(1);
    assert_int_equal(3, remembered().entry);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_another_process_adds_and_removes_is_seen_at_once),
        TEST(a_set_that_is_held_stays_as_it_is),
        TEST(the_same_id_of_another_entity_is_another_key),
        TEST(an_erasure_takes_a_new_place_and_a_suppression_does_not),
        TEST(nothing_of_a_key_is_stored_in_clear),
        TEST(keys_of_all_versions_belong_to_a_person),
        TEST(an_address_that_changed_hands_is_its_holders),
        TEST(a_log_as_it_was_written_is_sound),
        TEST(each_change_is_found),
        TEST(a_lost_log_is_found),
        TEST(what_a_crash_left_of_a_line_is_written_over),
        TEST(a_line_ends_once_it_is_on_the_disk),
        TEST(each_operation_of_an_entry_fails_once),
        TEST(entries_that_control_db_has_not_heard_of_are_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
