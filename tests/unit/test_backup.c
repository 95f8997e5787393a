/* backup, restore and check as functions: what happens while they run, and when what they do fails.
 *
 * tests/api/test_backup.py and test_check.py use the commands.
 */
#include "unit.h"

#include <errno.h>

#include "base/os.h"
#include "folder/backup.h"
#include "folder/check.h"
#include "folder/restore.h"
#include "jobs_help.h"
#include "store/sqlite.h"

#define IDENTIFIERS 3000

static struct help_server server;
static char place[FOLDER_PATH_MAX]; /* where backups and restored folders go */
static char backup[FOLDER_PATH_MAX + 16], restored[FOLDER_PATH_MAX + 16];

static const struct tree_settings quiet;

static int set_up(void **state)
{
    (void)state;
    help_server_init(&server);
    folder_make(place);
    snprintf(backup, sizeof backup, "%s/backup", place);
    snprintf(restored, sizeof restored, "%s/restored", place);
    char secret[FOLDER_PATH_MAX + 16];
    snprintf(secret, sizeof secret, "%s/secret.key", server.folder);
    assert_ok(os_replace_file(secret, STR("0123456789abcdef0123456789abcdef")));
    help_start(&server);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    os_hooks = (struct os_hooks){0};
    if (server.control) help_stop(&server);
    help_server_fini(&server);
    folder_remove(place);
    return 0;
}

static void print_finding(void *context, const struct check_finding *finding)
{
    (void)context;
    print_message("%s: %s\n", finding->where_cstr, finding->what_cstr);
}

static void check_sound(const char *folder, uint64_t batches)
{
    const struct check_settings settings = {.is_deep = true, .on_finding = print_finding};
    struct check_counts counts;
    assert_ok(check_folder(folder, &settings, &counts));
    assert_int_equal(0, counts.damage_count);
    assert_int_equal(batches, counts.batch_count);
}

/* Makes the restored folder the server's. */
static void serve_restored(void)
{
    struct restore_counts counts;
    assert_ok(restore_folder(backup, restored, &quiet, &counts));
    help_stop(&server);
    folder_remove(server.folder);
    assert_int_equal(0, rename(restored, server.folder));
    help_start(&server);
}

/* ---- what is erased meanwhile ---- */

static struct uuid to_erase[2];
static size_t erased;

static void erase_meanwhile(void *context, uint64_t bytes)
{
    (void)context, (void)bytes;
    for (; erased < 2; erased++) assert_ok(help_write(&server, WRITE_ERASE, to_erase[erased]));
}

/* Waits until control.db has pieces of that many batches. */
static void wait_checkpoints(int64_t count)
{
    char path[FOLDER_PATH_MAX + 16];
    int64_t end_us = os_monotonic_us() + INT64_C(20) * 1000000, found = 0;
    snprintf(path, sizeof path, "%s/control.db", server.folder);
    while (found < count) {
        struct sqlite db;
        assert_true(os_monotonic_us() < end_us);
        assert_ok(sqlite_open_reader(path, &db));
        assert_ok(sqlite_number(&db, "SELECT count(*) FROM batch_pieces", &found));
        sqlite_close(&db);
    }
}

/* The first batch's pieces are being copied when the others go, a finished one and one under way. */
static void what_is_erased_meanwhile_is_erased_in_the_backup(void **state)
{
    (void)state;
    const struct tree_settings settings = {.on_progress = erase_meanwhile};
    struct backup_counts counts;
    struct uuid first = help_submit(&server, 0, IDENTIFIERS);
    help_wait_final(&server, first);
    to_erase[0] = help_submit(&server, 100, IDENTIFIERS);
    help_wait_final(&server, to_erase[0]);
    fake_records_slow(&server.persons, 20000);
    to_erase[1] = help_submit(&server, 200, IDENTIFIERS);
    help_wait_done(&server, to_erase[1], 200);
    wait_checkpoints(3);
    erased = 0;
    assert_ok(backup_create(server.folder, backup, &settings, &counts));
    fake_records_slow(&server.persons, 0);
    assert_int_equal(2, erased);
    assert_int_equal(3, counts.batch_count);
    assert_int_equal(1, folder_count(backup, "01"));

    serve_restored();
    check_sound(server.folder, 3);
    for (size_t i = 0; i < 2; i++) assert_true(help_get(&server, to_erase[i]).is_erased);
    assert_int_equal(BATCH_FAILED, help_get(&server, to_erase[1]).state);
    struct batch kept = help_get(&server, first);
    help_check_results(&server, &kept, 0, IDENTIFIERS);
}

static void erase_what_was_read(void *context, const struct check_counts *counts)
{
    (void)context;
    if (counts->batch_count != 1 || erased) return;
    erased = 1;
    assert_ok(help_write(&server, WRITE_ERASE, to_erase[0]));
}

/* The check has read the batch's row and not yet its file. */
static void what_is_erased_meanwhile_is_no_damage(void **state)
{
    (void)state;
    const struct check_settings settings = {.on_progress = erase_what_was_read, .on_finding = print_finding};
    struct check_counts counts;
    to_erase[0] = help_submit(&server, 0, IDENTIFIERS);
    help_wait_final(&server, to_erase[0]);
    erased = 0;
    assert_ok(check_folder(server.folder, &settings, &counts));
    assert_int_equal(1, erased);
    assert_int_equal(1, counts.batch_count);
    assert_int_equal(0, counts.damage_count);
}

/* ---- when something fails ---- */

static int number, left; /* the operation to refuse counts down to 0 */

static int refuse_one(enum os_operation operation, const char *path)
{
    (void)operation, (void)path;
    return left-- == 0 ? number : 0;
}

static bool is_missing(const char *path)
{
    struct os_stat found;
    return os_stat(path, &found) == ERR_NOT_FOUND;
}

/* Refuses each operation once, in order, until there are no more; how many there were. */
static int refuse_each(enum err (*run)(void), const char *path)
{
    size_t before = folder_count(place, "");
    char partial[FOLDER_PATH_MAX + 16];
    snprintf(partial, sizeof partial, "%s/backup.partial", place);
    for (int nth = 0;; nth++) {
        left = nth;
        os_hooks.fault = refuse_one;
        enum err e = run();
        os_hooks.fault = NULL;
        if (left >= 0) {
            assert_ok(e);
            return nth;
        }
        if (e == OK) fail_msg("operation %d was refused, and nobody noticed", nth);
        if (!is_missing(path) || !is_missing(partial) || folder_count(place, "") != before)
            fail_msg("operation %d was refused, and something is left", nth);
    }
}

static enum err run_backup(void)
{
    struct backup_counts counts;
    return backup_create(server.folder, backup, &quiet, &counts);
}

static enum err run_restore(void)
{
    struct restore_counts counts;
    return restore_folder(backup, restored, &quiet, &counts);
}

static void each_refused_operation_leaves_nothing(void **state)
{
    (void)state;
    static const int numbers[] = {EIO, ENOSPC};
    for (uint32_t i = 0; i < 3; i++) help_wait_final(&server, help_submit(&server, i, 200));
    help_stop(&server);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        number = numbers[i];
        assert_in_range(refuse_each(run_backup, backup), 30, 1000);
        assert_in_range(refuse_each(run_restore, restored), 30, 1000);
        check_sound(restored, 3);
        folder_remove(restored);
        folder_remove(backup);
    }
}

static bool stop_at_once(void)
{
    return true;
}

static void a_stop_leaves_nothing(void **state)
{
    (void)state;
    const struct tree_settings stopped = {.is_stopped = stop_at_once};
    struct backup_counts made;
    struct restore_counts copied;
    help_wait_final(&server, help_submit(&server, 0, 200));
    assert_err(ERR_CLOSED, backup_create(server.folder, backup, &stopped, &made));
    assert_int_equal(0, folder_count(place, ""));
    assert_ok(run_backup());
    assert_err(ERR_CLOSED, restore_folder(backup, restored, &stopped, &copied));
    assert_true(is_missing(restored));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_erased_meanwhile_is_erased_in_the_backup),
        TEST(what_is_erased_meanwhile_is_no_damage),
        TEST(each_refused_operation_leaves_nothing),
        TEST(a_stop_leaves_nothing),
    };
    return cmocka_run_group_tests_name("backup", tests, NULL, NULL);
}
