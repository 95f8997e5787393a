/* records_segments when the disk fails: an import, or a compaction, is repeated, each time with another of
 * its file operations refused, with all operations refused from there on, or with the process dying there.
 *
 * After each: what was there is still answered, the import is there as a whole or not at all, the next writer
 * leaves no file that nobody needs, and repeating the import succeeds.
 */
#include "unit.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/os.h"
#include "conformance/records_help.h"
#include "folder.h"
#include "store/records_segments.h"

enum mode { FAIL_ONCE, FAIL_FROM_THERE, DISK_FULL, DIE };

static struct {
    enum mode mode;
    int at;   /* the operation that is hit, 1 the first; 0 none */
    int seen; /* operations so far */
    int hits;
} fault;

static int inject(enum os_operation operation, const char *path_cstr)
{
    (void)path_cstr;
    if (!fault.at) return 0;
    bool is_hit = ++fault.seen == fault.at || (fault.mode != FAIL_ONCE && fault.seen > fault.at);
    if (fault.mode == DISK_FULL && operation != OS_WRITE) return 0;
    if (!is_hit) return 0;
    if (fault.mode == DIE) _exit(9);
    fault.hits++;
    return fault.mode == DISK_FULL ? ENOSPC : EIO;
}

static const struct records_segments_settings settings = {
    .writer_memory_bytes = 1, /* a segment a record */
    .merge_memory_bytes = 1 << 20,
};

static char folder[FOLDER_PATH_MAX];

static int set_up(void **state)
{
    (void)state;
    records_help_begin();
    os_hooks.fault = inject;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    os_hooks.fault = NULL;
    records_help_end();
    return 0;
}

static struct records *open_store(void)
{
    struct records *records;
    assert_ok(records_segments_open(folder, ENTITY_PERSON, &settings, &records));
    return records;
}

static enum err put_all(struct records_writer *writer, const char *const *specs)
{
    for (; *specs; specs++) TRY(writer->records->ops->put(writer, stored_of(*specs)));
    return OK;
}

/* What is tested: everything from opening the store to the end of the commit. */
static enum err import(void)
{
    static const char *const specs[] = {"1 e:new@a.example", "9 e:a@a.example", "9 p:nine", NULL};
    struct records *records;
    struct records_writer *writer;
    TRY(records_segments_open(folder, ENTITY_PERSON, &settings, &records));
    enum err e = records->ops->write(records, false, &writer);
    if (e == OK) {
        e = put_all(writer, specs);
        if (e == OK) {
            e = records->ops->commit(writer, NULL, NULL);
        } else {
            records->ops->abort(writer);
        }
    }
    records->ops->close(records);
    return e;
}

/* The content is the old one or the new one, in the eyes of one who had it open all the time and of one who
 * comes now. */
static bool assert_whole(struct records *watcher)
{
    struct records *fresh = open_store();
    bool is_new = owner_now(fresh, "e:new@a.example") == 1;
    struct records *both[] = {watcher, fresh};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(is_new ? 1 : 0, owner_now(both[i], "e:new@a.example"));
        assert_int_equal(is_new ? 9 : 1, owner_now(both[i], "e:a@a.example"));
        assert_int_equal(is_new ? 9 : 0, owner_now(both[i], "p:nine"));
        assert_int_equal(1, owner_now(both[i], "id:1"));
        assert_int_equal(2, owner_now(both[i], "p:two"));
    }
    fresh->ops->close(fresh);
    return is_new;
}

static size_t files_in_use(struct records *records)
{
    struct records_snapshot *snapshot;
    struct records_stats stats;
    assert_ok(records->ops->snapshot(records, &snapshot));
    records->ops->stats(snapshot, &stats);
    records->ops->release(snapshot);
    return 2 * stats.record_count; /* a segment a record, and each is counted in its segment */
}

/* Everything in one segment, or as it was; the answers are the same. */
static enum err compact(void)
{
    struct records *records;
    struct records_compaction done;
    TRY(records_segments_open(folder, ENTITY_PERSON, &settings, &records));
    enum err e = records->ops->compact(records, COMPACT_ALL, NULL, NULL, &done);
    records->ops->close(records);
    return e;
}

static void assert_next_writer_cleans_up(struct records *records)
{
    struct records_writer *writer;
    assert_ok(records->ops->write(records, false, &writer));
    records->ops->abort(writer);
    assert_int_equal(files_in_use(records), folder_count(folder, "segment-"));
    assert_int_equal(1, folder_count(folder, "manifest"));
}

/* Runs the work with one fault, in a process of its own if it is to die. */
static enum err run_with_fault(enum err (*work)(void), enum mode mode, int at)
{
    fault.mode = mode;
    fault.seen = fault.hits = 0;
    if (mode != DIE) {
        fault.at = at;
        enum err e = work();
        fault.at = 0;
        return e;
    }
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        fault.at = at;
        _exit(work() == OK ? 0 : 1);
    }
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_true(WIFEXITED(status));
    fault.hits = WEXITSTATUS(status) == 9;
    return fault.hits ? ERR_IO : OK;
}

/* One fault at operation `at`. False when the import has fewer operations. */
static bool try_fault(enum mode mode, int at)
{
    folder_make(folder);
    struct records *watcher = open_store();
    commit_records(watcher, "1 e:a@a.example", "2 p:two", NULL);
    enum err e = run_with_fault(import, mode, at);
    bool is_hit = fault.hits > 0;
    bool is_new = assert_whole(watcher);
    if (e == OK || (e == ERR_UNKNOWN_OUTCOME && mode == FAIL_ONCE)) assert_true(is_new);
    if (e != OK && e != ERR_UNKNOWN_OUTCOME && mode != DIE) assert_false(is_new);
    if (mode == DISK_FULL && is_hit) assert_err(ERR_NOSPACE, e);
    if (mode == FAIL_FROM_THERE && is_hit) assert_true(e != OK);
    assert_next_writer_cleans_up(watcher);
    assert_ok(import());
    assert_true(assert_whole(watcher));
    assert_next_writer_cleans_up(watcher);
    watcher->ops->close(watcher);
    folder_remove(folder);
    return is_hit;
}

/* The same for a compaction: before and after it the store answers alike, and nothing is in the way of the
 * next. */
static bool try_compaction_fault(enum mode mode, int at)
{
    folder_make(folder);
    struct records *watcher = open_store();
    commit_records(watcher, "1 e:a@a.example", "2 p:two", "3 p:three", NULL);
    assert_ok(import());
    commit_records(watcher, "3 -", NULL);
    enum err e = run_with_fault(compact, mode, at);
    bool is_hit = fault.hits > 0;
    assert_true(assert_whole(watcher));
    assert_int_equal(0, owner_now(watcher, "p:three"));
    if (mode == DISK_FULL && is_hit) assert_err(ERR_NOSPACE, e);
    assert_ok(compact());
    assert_true(assert_whole(watcher));
    assert_int_equal(2, folder_count(folder, "segment-"));
    assert_int_equal(1, folder_count(folder, "manifest"));
    watcher->ops->close(watcher);
    folder_remove(folder);
    return is_hit;
}

static void every_operation(bool (*try)(enum mode mode, int at), enum mode mode, int faults_min)
{
    int count = 0;
    for (int at = 1; at < 1000; at++) {
        bool is_hit = try(mode, at);
        count += is_hit;
        if (!is_hit && (mode != DISK_FULL || fault.seen < at)) break;
    }
    print_message("%d faults\n", count);
    assert_true(count >= faults_min);
}

static void each_operation_fails_once(void **state)
{
    (void)state;
    every_operation(try_fault, FAIL_ONCE, 50);
}

static void disk_goes_away(void **state)
{
    (void)state;
    every_operation(try_fault, FAIL_FROM_THERE, 50);
}

static void disk_is_full(void **state)
{
    (void)state;
    every_operation(try_fault, DISK_FULL, 10);
}

static void process_dies(void **state)
{
    (void)state;
    every_operation(try_fault, DIE, 50);
}

static void compaction_survives_each_failure(void **state)
{
    (void)state;
    every_operation(try_compaction_fault, FAIL_ONCE, 30);
}

static void compaction_survives_a_full_disk(void **state)
{
    (void)state;
    every_operation(try_compaction_fault, DISK_FULL, 4);
}

static void compaction_survives_its_death(void **state)
{
    (void)state;
    every_operation(try_compaction_fault, DIE, 30);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_operation_fails_once),
        TEST(disk_goes_away),
        TEST(disk_is_full),
        TEST(process_dies),
        TEST(compaction_survives_each_failure),
        TEST(compaction_survives_a_full_disk),
        TEST(compaction_survives_its_death),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
