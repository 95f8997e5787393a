/* control_sqlite: the conformance suite, and what is particular to a folder with SQLite and piece files. */
#include "unit.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/os.h"
#include "conformance/control.h"
#include "conformance/control_help.h"
#include "folder.h"
#include "store/control_sqlite_state.h"

static const struct control_sqlite_settings settings = {.lease_us = CONTROL_VARIANT_LEASE_US,
                                                        .served_batches_max = 64};
static char folder[FOLDER_PATH_MAX];

static struct control *open_server(const char *folder_cstr)
{
    struct control *control;
    assert_ok(control_sqlite_open(folder_cstr, CONTROL_SERVE, &settings, &control));
    return control;
}

static int set_up(void **state)
{
    (void)state;
    folder_make(folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    folder_remove(folder);
    return 0;
}

static const char *path_of(const char *name_cstr)
{
    static char path[FOLDER_PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", folder, name_cstr);
    return path;
}

static const char *piece_path(struct uuid id)
{
    char name[64];
    snprintf(name, sizeof name, "pieces/%.*s", STR_ARG(UUID_STR(id)));
    return path_of(name);
}

/* ---- opening ---- */

static void one_server_a_folder_and_tools_beside_it(void **state)
{
    (void)state;
    struct control *server = open_server(folder), *second;
    struct api_key found;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    assert_err(ERR_BUSY, control_sqlite_open(folder, CONTROL_SERVE, &settings, &second));
    assert_ok(control_sqlite_open(folder, CONTROL_TOOL, NULL, &second));
    struct api_key key = {.account_name = STR("a"), .name = STR("n"), .token = {.id = "abcdefgh"}};
    assert_ok(second->ops->key_create(second, &key));
    assert_ok(server->ops->key_find(server, key.token.id, &arena, &found));
    struct uuid id = help_submit(server, found.account_id, 10);
    struct claim claim = help_claim(server);
    assert_int_equal(10, claim.identifier_count);
    assert_int_equal(BATCH_PENDING, help_get(second, id).state); /* what is in memory only the server knows */
    second->ops->close(second);
    server->ops->close(server);
    second = open_server(folder);
    second->ops->close(second);
    arena_fini(&arena);
}

static bool is_revoked(struct control *control, const struct api_key *key)
{
    struct api_key found;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    assert_ok(control->ops->key_find(control, key->token.id, &arena, &found));
    assert_str(key->name, found.name);
    arena_fini(&arena);
    return found.revoked_us != 0;
}

static void a_server_sees_at_once_what_a_tool_revokes(void **state)
{
    (void)state;
    struct control *server = open_server(folder), *tool;
    struct api_key key = {.account_name = STR("a"), .name = STR("n")};
    assert_ok(control_sqlite_open(folder, CONTROL_TOOL, NULL, &tool));
    for (int i = 0; i < 20; i++) {
        snprintf(key.token.id, sizeof key.token.id, "key-%03d", i);
        assert_ok(tool->ops->key_create(tool, &key));
        assert_false(is_revoked(server, &key));
        assert_false(is_revoked(server, &key));
        assert_ok(tool->ops->key_revoke(tool, key.token.id, 7));
        assert_true(is_revoked(server, &key));
    }
    tool->ops->close(tool);
    server->ops->close(server);
}

static void who_has_read_a_batch_sees_what_becomes_of_it(void **state)
{
    (void)state;
    struct control *server = open_server(folder);
    int64_t account = help_account(server, "a");
    struct batch nobodys;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (int i = 0; i < 3; i++) {
        struct uuid id = help_submit(server, account, 2 * HELP_CLAIM);
        assert_int_equal(BATCH_PENDING, help_get(server, id).state);
        struct claim claim = help_claim(server);
        bool is_last;
        assert_ok(help_commit(server, &claim, &is_last));
        assert_int_equal(BATCH_PROCESSING, help_get(server, id).state);
        assert_int_equal(HELP_CLAIM, batch_pending_count(&(struct batch[]){help_get(server, id)}[0]));
        help_complete(server, id);
        assert_int_equal(BATCH_COMPLETED, help_get(server, id).state);
        assert_false(help_get(server, id).is_erased);
        assert_err(ERR_NOT_FOUND, server->ops->batch_get(server, account + 1, id, &arena, &nobodys));
        assert_ok(help_erase(server, account, id));
        assert_true(help_get(server, id).is_erased);
    }
    arena_fini(&arena);
    server->ops->close(server);
}

static void run_sql(const char *sql_cstr)
{
    struct sqlite db;
    assert_ok(sqlite_open(path_of("control.db"), &db));
    assert_ok(sqlite_run(&db, sql_cstr));
    sqlite_close(&db);
}

static void a_server_sees_a_key_that_was_changed_by_hand(void **state)
{
    (void)state;
    struct control *server = open_server(folder);
    struct api_key key = {.account_name = STR("a"), .name = STR("n"), .token = {.id = "by-hand"}};
    assert_ok(server->ops->key_create(server, &key));
    assert_false(is_revoked(server, &key));
    run_sql("UPDATE api_key SET revoked_us = 7");
    int64_t end_us = os_monotonic_us() + INT64_C(10) * 1000 * 1000;
    while (!is_revoked(server, &key)) assert_true(os_monotonic_us() < end_us);
    server->ops->close(server);
}

static void strange_databases_are_refused(void **state)
{
    (void)state;
    struct control *control;
    run_sql("CREATE TABLE t (x)");
    assert_err(ERR_CORRUPT, control_sqlite_open(folder, CONTROL_SERVE, &settings, &control));
    run_sql("DROP TABLE t; PRAGMA user_version = 0");
    control = open_server(folder);
    control->ops->close(control);
    run_sql("PRAGMA user_version = 99");
    assert_err(ERR_CORRUPT, control_sqlite_open(folder, CONTROL_SERVE, &settings, &control));
    assert_true(str_find(str_of_cstr(err_detail()), STR("newer enrichd")) != SIZE_MAX);
    run_sql("PRAGMA user_version = 1; PRAGMA application_id = 7");
    assert_err(ERR_CORRUPT, control_sqlite_open(folder, CONTROL_TOOL, NULL, &control));
    assert_ok(os_replace_file(path_of("control.db"),
                              STR("This is no database, but it is long enough to look at.")));
    assert_err(ERR_CORRUPT, control_sqlite_open(folder, CONTROL_TOOL, NULL, &control));
}

static void tools_do_not_change_the_schema_under_a_server(void **state)
{
    (void)state;
    struct control *server = open_server(folder), *tool;
    run_sql("PRAGMA user_version = 0");
    assert_err(ERR_BUSY, control_sqlite_open(folder, CONTROL_TOOL, NULL, &tool));
    server->ops->close(server);
}

static void the_settings_that_the_promises_need_are_on(void **state)
{
    (void)state;
    struct control *control = open_server(folder);
    struct sqlite *db = &control_sqlite_of(control)->writer;
    int64_t value;
    assert_ok(sqlite_number(db, "PRAGMA synchronous", &value));
    assert_int_equal(2, value);
    assert_ok(sqlite_number(db, "PRAGMA foreign_keys", &value));
    assert_int_equal(1, value);
    assert_ok(sqlite_number(db, "PRAGMA secure_delete", &value));
    assert_int_equal(1, value);
    struct batch batch = help_batch(99, 10);
    assert_err(ERR_NOT_FOUND, help_try_submit(control, &batch, 5)); /* no such account */
    control->ops->close(control);
}

/* ---- a killed server ---- */

/* Runs fn in a process that ends without closing anything, as kill -9 would end it. */
static void in_killed_process(void (*fn)(void))
{
    pid_t child = fork();
    if (child == 0) {
        fn();
        _exit(77);
    }
    int status;
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 77);
}

/* The only batch of the folder. */
static struct uuid only_batch(struct control *control)
{
    struct control_batch_query query = {.account_id = 1, .limit = 2};
    struct batch *page;
    struct arena arena;
    size_t count;
    arena_init(&arena, 1 << 20);
    assert_ok(control->ops->batch_list(control, &query, &arena, &page, &count));
    assert_int_equal(1, count);
    struct uuid id = page[0].id;
    arena_fini(&arena);
    return id;
}

static void commit_some(struct control *control, uint32_t from, uint32_t to)
{
    bool is_last;
    for (uint32_t i = from; i < to; i++) {
        struct claim claim = help_claim(control);
        if (i == from) continue; /* left open */
        assert_ok(help_commit(control, &claim, &is_last));
    }
}

static void submit_and_work(void)
{
    struct control *control = open_server(folder);
    struct uuid id = help_submit(control, help_account(control, "one"), 100);
    commit_some(control, 0, 4);
    assert_ok(help_checkpoint(control, id));
    commit_some(control, 4, 8);
}

static void finish_in_control(struct control *control, struct uuid id)
{
    help_complete(control, id);
    struct batch batch = help_get(control, id);
    assert_int_equal(BATCH_COMPLETED, batch.state);
    help_check_counts(&batch, 90, 10, 0, 0);
    help_check_pieces(control, id, 10);
    control->ops->close(control);
}

static void killed_servers_lose_no_batch(void **state)
{
    (void)state;
    in_killed_process(submit_and_work);
    struct control *control = open_server(folder);
    struct uuid id = only_batch(control);
    struct batch batch = help_get(control, id);
    assert_int_equal(BATCH_PROCESSING, batch.state);
    help_check_counts(&batch, 27, 3, 0, 0); /* what the checkpoint covers */
    struct stat st;
    assert_int_equal(0, stat(piece_path(id), &st));
    assert_int_equal(strlen("1:r(1)2:rr(2)3:rrr(3)"), st.st_size); /* cut back to it */
    finish_in_control(control, id);
}

static void a_file_without_its_end_is_computed_again(void **state)
{
    (void)state;
    in_killed_process(submit_and_work);
    struct control *control = open_server(folder);
    struct uuid id = only_batch(control);
    control->ops->close(control);
    assert_int_equal(0, truncate(piece_path(id), 5));
    control = open_server(folder);
    assert_int_equal(100, batch_pending_count(&(struct batch[]){help_get(control, id)}[0]));
    control->ops->close(control);
    assert_int_equal(0, unlink(piece_path(id)));
    control = open_server(folder);
    finish_in_control(control, id);
}

/* Nothing writes such a checkpoint today, but if one is found there is still a claim that leads to the end.
 */
static void a_complete_checkpoint_leaves_a_claim(void **state)
{
    (void)state;
    struct control *control = open_server(folder);
    struct uuid id = help_submit(control, help_account(control, "one"), 100);
    help_complete(control, id);
    control->ops->close(control);
    run_sql("UPDATE batch SET state = 2");
    control = open_server(folder);
    finish_in_control(control, id);
}

static void files_that_nobody_needs_are_removed(void **state)
{
    (void)state;
    struct control *control = open_server(folder);
    struct uuid kept = help_submit(control, help_account(control, "one"), 10);
    help_complete(control, kept);
    struct uuid erased = help_submit(control, 1, 10);
    help_complete(control, erased);
    control->ops->close(control);
    run_sql("UPDATE batch SET is_erased = 1 WHERE seq = 2");
    assert_ok(os_replace_file(piece_path(uuid_new()), STR("of nobody")));
    assert_ok(os_replace_file(path_of("pieces/note.txt"), STR("of the operator")));
    assert_int_equal(4, folder_count(path_of("pieces"), ""));
    control = open_server(folder);
    assert_int_equal(2, folder_count(path_of("pieces"), ""));
    help_check_pieces(control, kept, 1);
    assert_int_equal(1, folder_count(path_of("pieces"), "note.txt"));
    control->ops->close(control);
}

static void a_lost_result_file_is_reported(void **state)
{
    (void)state;
    struct batch_pieces pieces;
    struct control *control = open_server(folder);
    struct uuid id = help_submit(control, help_account(control, "one"), 30);
    help_complete(control, id);
    assert_int_equal(0, truncate(piece_path(id), 5));
    assert_err(ERR_CORRUPT, control->ops->pieces_open(control, id, &pieces));
    assert_int_equal(0, unlink(piece_path(id)));
    assert_err(ERR_CORRUPT, control->ops->pieces_open(control, id, &pieces));
    control->ops->close(control);
}

/* ---- erasure ---- */

static bool file_contains(const char *path_cstr, str text)
{
    struct buf content;
    buf_init(&content, 64 << 20);
    enum err e = os_read_file(path_cstr, &content);
    bool is_found = e == OK && str_find(buf_str(&content), text) != SIZE_MAX;
    assert_true(e == OK || e == ERR_NOT_FOUND);
    buf_fini(&content);
    return is_found;
}

static bool folder_contains(str text)
{
    return file_contains(path_of("control.db"), text) || file_contains(path_of("control.db-wal"), text);
}

static void erased_data_is_nowhere_any_more(void **state)
{
    (void)state;
    char copy[FOLDER_PATH_MAX + 64];
    struct control *control = open_server(folder);
    struct uuid id = help_submit(control, help_account(control, "one"), 30);
    help_complete(control, id);
    assert_true(folder_contains(help_inputs(id)));
    snprintf(copy, sizeof copy, "%s/copy", folder);
    assert_int_equal(0, link(piece_path(id), copy));
    assert_true(file_contains(copy, STR("2:rr(2)")));
    assert_ok(help_erase(control, 1, id));
    assert_int_equal(0, folder_count(path_of("pieces"), ""));
    assert_false(folder_contains(help_inputs(id)));
    assert_false(file_contains(copy, STR("r")));
    control->ops->close(control);
}

/* ---- order of service ---- */

static void only_some_batches_take_turns(void **state)
{
    (void)state;
    const struct control_sqlite_settings two = {.lease_us = 1000000, .served_batches_max = 2};
    struct control *control;
    struct uuid ids[4];
    bool is_last;
    assert_ok(control_sqlite_open(folder, CONTROL_SERVE, &two, &control));
    int64_t account = help_account(control, "one");
    for (int i = 0; i < 4; i++) ids[i] = help_submit(control, account, 20);
    assert_ok(help_cancel(control, account, ids[2], NULL)); /* one that waits */
    static const int turns[] = {0, 1, 0, 1};
    for (int i = 0; i < 4; i++) {
        struct claim claim = help_claim(control);
        assert_true(uuid_eq(ids[turns[i]], claim.batch_id));
        assert_ok(help_commit(control, &claim, &is_last));
    }
    assert_ok(help_finish(control, ids[0], BATCH_ERROR_NONE));
    struct claim claim = help_claim(control);
    assert_true(uuid_eq(ids[3], claim.batch_id));
    control->ops->close(control);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct control_variant variant = {open_server};
    const struct CMUnitTest tests[] = {
        TEST(one_server_a_folder_and_tools_beside_it),
        TEST(a_server_sees_at_once_what_a_tool_revokes),
        TEST(a_server_sees_a_key_that_was_changed_by_hand),
        TEST(who_has_read_a_batch_sees_what_becomes_of_it),
        TEST(strange_databases_are_refused),
        TEST(tools_do_not_change_the_schema_under_a_server),
        TEST(the_settings_that_the_promises_need_are_on),
        TEST(killed_servers_lose_no_batch),
        TEST(a_file_without_its_end_is_computed_again),
        TEST(a_complete_checkpoint_leaves_a_claim),
        TEST(files_that_nobody_needs_are_removed),
        TEST(a_lost_result_file_is_reported),
        TEST(erased_data_is_nowhere_any_more),
        TEST(only_some_batches_take_turns),
    };
    int failed = control_conformance("control_sqlite conformance", &variant);
    return failed + cmocka_run_group_tests_name("control_sqlite", tests, NULL, NULL);
}
