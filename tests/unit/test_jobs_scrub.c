/* Erased persons on their way out of finished batches: what is counted, a disk and a database that fail,
 * processes that die, and readers meanwhile.
 *
 * Batches are of COUNT persons (jobs_help.h), mostly from the first one on; person 39 stands in these twice.
 */
#include "unit.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/os.h"
#include "jobs_help.h"
#include "store/control_sqlite.h"
#include "store/control_sqlite_state.h"
#include "store/suppression_spread.h"

#define COUNT    200
#define TRIES    50
#define DYING_AT 9 /* exit code of a process that was to die */

static struct help_server server;
static struct arena arena;

static const str secret = STR_INIT("0123456789abcdef0123456789abcdef");
static const struct result_file_name merged = {RESULT_FILE_MERGED, 0};
static const struct result_file_name unresolved = {RESULT_FILE_UNRESOLVED, 0};

/* ---- faults ---- */

static pthread_mutex_t fault_lock = PTHREAD_MUTEX_INITIALIZER; /* guards the four below */
static int fault_number;                                       /* an errno; 0: die */
static int fault_at; /* the operation that is hit, 1 the first from now on; 0: none */
static int operations, hits;

static int inject(enum os_operation operation, const char *path_cstr)
{
    (void)operation, (void)path_cstr;
    pthread_mutex_lock(&fault_lock);
    bool is_hit = fault_at && ++operations == fault_at;
    int number = is_hit ? fault_number : 0;
    hits += is_hit;
    if (is_hit && !number) _exit(DYING_AT);
    pthread_mutex_unlock(&fault_lock);
    return number;
}

static void arm(int number, int at)
{
    pthread_mutex_lock(&fault_lock);
    fault_number = number;
    fault_at = at;
    operations = hits = 0;
    pthread_mutex_unlock(&fault_lock);
}

static bool disarm(void)
{
    pthread_mutex_lock(&fault_lock);
    fault_at = 0;
    bool was_hit = hits > 0;
    pthread_mutex_unlock(&fault_lock);
    return was_hit;
}

/* ---- a server with a list ---- */

static int set_up(void **state)
{
    (void)state;
    os_hooks.fault = inject; /* before any thread: they read it unguarded */
    arena_init(&arena, 64 << 20);
    help_server_init(&server);
    server.suppression_secret = secret;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    os_hooks = (struct os_hooks){0};
    help_server_fini(&server);
    arena_fini(&arena);
    return 0;
}

/* Puts a person on the list, for a new erasure or the unfinished one. */
static struct erasure put_on_list(struct control *control, struct suppression *suppression, uint32_t person)
{
    char email[64], id[KEY_ID_TEXT_BYTES];
    uint8_t hash[1][SHA256_BYTES];
    struct erasure erasure;
    size_t added;
    int n = snprintf(email, sizeof email, "person-%u@example.com", person);
    const struct key keys[] = {{KEY_EMAIL, str_of(email, (size_t)n)}, key_of_id(person, id)};
    suppression_hash(suppression, ENTITY_PERSON, keys[0], hash[0]);
    assert_ok(control->ops->erasure_begin(control, (const uint8_t(*)[SHA256_BYTES])hash, 1, 1, &erasure));
    const struct suppression_order order = {.entity = ENTITY_PERSON,
                                            .keys = keys,
                                            .key_count = 2,
                                            .is_erasure = true,
                                            .erasure_id = erasure.id,
                                            .now_us = 1};
    assert_ok(suppression_begin(suppression, control, &order, &arena, &added));
    return erasure;
}

static struct erasure erase(uint32_t person)
{
    return put_on_list(server.control, server.suppression, person);
}

static void assert_removed(int64_t erasure_id, uint64_t lines, uint64_t inputs)
{
    struct erasure erasure;
    assert_ok(server.control->ops->erasure_records(server.control, erasure_id, 0, &erasure));
    assert_int_equal(lines, erasure.lines);
    assert_int_equal(inputs, erasure.inputs);
}

struct wait {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_done;
};

static void wake(struct scrub_request *request)
{
    struct wait *wait = request->context;
    pthread_mutex_lock(&wait->lock);
    wait->is_done = true;
    pthread_cond_signal(&wait->changed);
    pthread_mutex_unlock(&wait->lock);
}

/* As a download does it. */
static enum err scrub_now(struct uuid id)
{
    struct wait wait = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    struct scrub_request request = {.batch_id = id, .done = wake, .context = &wait};
    assert_ok(jobs_scrub(server.jobs, &request));
    pthread_mutex_lock(&wait.lock);
    while (!wait.is_done) pthread_cond_wait(&wait.changed, &wait.lock);
    pthread_mutex_unlock(&wait.lock);
    return request.result;
}

static size_t lines_with(struct uuid id, struct result_file_name name, uint32_t person)
{
    char needle[64];
    size_t count = 0;
    str lines = help_lines(&server, id, name), rest = lines, line;
    int n = snprintf(needle, sizeof needle, "\"Person-%u@", person);
    while (str_split(&rest, '\n', &line)) count += str_find(line, str_of(needle, (size_t)n)) != SIZE_MAX;
    free((void *)(uintptr_t)lines.p);
    return count;
}

static void assert_gone(struct uuid id, uint32_t person)
{
    assert_false(help_get(&server, id).has_waste);
    assert_int_equal(0, lines_with(id, merged, person));
    assert_int_equal(0, lines_with(id, unresolved, person));
}

static struct uuid finished_batch(uint32_t first)
{
    struct uuid id = help_submit(&server, first, COUNT);
    assert_int_equal(BATCH_COMPLETED, help_wait_final(&server, id).state);
    return id;
}

/* ---- counting ---- */

static void what_is_removed_is_counted_for_each_erasure(void **state)
{
    (void)state;
    help_start(&server);
    struct uuid first = finished_batch(0), second = finished_batch(0);
    assert_int_equal(1, lines_with(first, merged, 39));
    assert_int_equal(1, lines_with(first, unresolved, 39));
    struct erasure once = erase(1), twice = erase(39);
    assert_true(once.id != twice.id);
    assert_ok(scrub_now(first));
    assert_ok(scrub_now(second));
    assert_removed(once.id, 2, 2);
    assert_removed(twice.id, 4, 4);
    assert_gone(first, 1);
    assert_gone(second, 39);
    assert_int_equal(twice.id, erase(39).id); /* who goes on with it */
    assert_ok(scrub_now(first));
    assert_removed(twice.id, 4, 4);
    assert_ok(server.control->ops->erasure_end(server.control, twice.id, 1));
    assert_true(erase(39).id != twice.id); /* a new one */
    help_stop(&server);
}

/* ---- the disk ---- */

static void each_refused_operation_is_survived(void **state)
{
    (void)state;
    const int numbers[] = {EIO, ENOSPC};
    int met = 0, rounds = 0;
    help_start(&server);
    for (size_t i = 0; i < 2; i++) {
        bool was_hit = true;
        for (int at = 1; was_hit; at++) {
            assert_true(at < TRIES);
            uint32_t person = (uint32_t)rounds++ * COUNT + 1;
            struct uuid id = finished_batch(person - 1);
            struct erasure erasure = erase(person);
            arm(numbers[i], at);
            enum err e = scrub_now(id);
            was_hit = disarm();
            for (int tries = 0; e != OK && tries < TRIES; tries++) e = scrub_now(id);
            assert_ok(e);
            assert_gone(id, person);
            assert_removed(erasure.id, 1, 1);
            met += was_hit;
        }
    }
    assert_true(met >= 8);
    help_stop(&server);
}

/* A process with a server that dies at an operation. Whether it did. */
static bool die_at(int at, struct uuid id)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        arm(0, at);
        help_start(&server);
        enum err e = scrub_now(id);
        disarm();
        help_stop(&server);
        _exit(e == OK ? 0 : 1);
    }
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == DYING_AT));
    return WEXITSTATUS(status) == DYING_AT;
}

/* While no server runs. */
static struct erasure erase_beside(uint32_t person)
{
    struct control *control;
    struct suppression *suppression;
    assert_ok(control_sqlite_open(server.folder, CONTROL_TOOL, NULL, &control));
    assert_ok(suppression_open(control, secret, &suppression));
    struct erasure erasure = put_on_list(control, suppression, person);
    suppression_close(suppression);
    control->ops->close(control);
    return erasure;
}

static void death_at_each_operation_is_survived(void **state)
{
    (void)state;
    int deaths = 0;
    for (bool has_died = true; has_died;) {
        assert_true(deaths < TRIES * 2);
        help_start(&server);
        struct uuid id = finished_batch(0);
        help_stop(&server);
        uint32_t person = (uint32_t)deaths % 8 + 1;
        struct erasure erasure = erase_beside(person);
        has_died = die_at(deaths + 1, id);
        deaths += has_died;
        help_start(&server);
        assert_ok(scrub_now(id));
        assert_gone(id, person);
        assert_removed(erasure.id, 1, 1); /* once, whoever did it */
        assert_ok(server.control->ops->erasure_end(server.control, erasure.id, 1));
        assert_ok(help_write(&server, WRITE_ERASE, id));
        help_stop(&server);
    }
    assert_true(deaths >= 10);
}

/* ---- the database ---- */

static void run_sql(const char *sql)
{
    sqlite3 *db;
    char path[FOLDER_PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/control.db", server.folder);
    assert_int_equal(SQLITE_OK, sqlite3_open(path, &db));
    sqlite3_busy_timeout(db, 10000);
    assert_int_equal(SQLITE_OK, sqlite3_exec(db, sql, NULL, NULL, NULL));
    sqlite3_close(db);
}

static uint64_t file_bytes(struct uuid id)
{
    char path[FOLDER_PATH_MAX + 64];
    struct os_stat found;
    snprintf(path, sizeof path, "%s/pieces/%.*s", server.folder, STR_ARG(UUID_STR(id)));
    assert_ok(os_stat(path, &found));
    return found.bytes;
}

static void a_database_that_refuses_does_not_make_files_grow(void **state)
{
    (void)state;
    help_start(&server);
    struct uuid id = finished_batch(0);
    uint64_t before = file_bytes(id);
    run_sql("CREATE TRIGGER refuse BEFORE UPDATE ON batch BEGIN SELECT RAISE(ABORT, 'no'); END");
    struct erasure erasure = erase(1);
    for (int i = 0; i < 20; i++) assert_true(scrub_now(id) != OK);
    assert_true(file_bytes(id) <= 2 * before);
    assert_removed(erasure.id, 0, 0);
    run_sql("DROP TRIGGER refuse");
    assert_ok(scrub_now(id));
    assert_gone(id, 1);
    assert_removed(erasure.id, 1, 1);
    help_stop(&server);
}

/* ---- readers ---- */

static struct {
    pthread_mutex_t lock; /* guards is_over */
    bool is_over;
    struct uuid id;
} reading = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_over(void)
{
    pthread_mutex_lock(&reading.lock);
    bool over = reading.is_over;
    pthread_mutex_unlock(&reading.lock);
    return over;
}

/* Each time a whole file: help_file and help_lines check lengths and checksums. */
static void *read_again_and_again(void *unused)
{
    (void)unused;
    do {
        str lines = help_lines(&server, reading.id, merged);
        free((void *)(uintptr_t)lines.p);
    } while (!is_over());
    return NULL;
}

static void readers_see_whole_files_while_persons_go(void **state)
{
    (void)state;
    pthread_t readers[3];
    help_start(&server);
    reading.id = finished_batch(0);
    reading.is_over = false;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(0, pthread_create(&readers[i], NULL, read_again_and_again, NULL));
    for (uint32_t person = 1; person <= 9; person++) {
        erase(person);
        assert_ok(scrub_now(reading.id));
        assert_int_equal(0, lines_with(reading.id, merged, person));
    }
    pthread_mutex_lock(&reading.lock);
    reading.is_over = true;
    pthread_mutex_unlock(&reading.lock);
    for (size_t i = 0; i < 3; i++) pthread_join(readers[i], NULL);
    assert_ok(scrub_now(reading.id));
    assert_false(help_get(&server, reading.id).has_waste);
    help_stop(&server);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_removed_is_counted_for_each_erasure),
        TEST(each_refused_operation_is_survived),
        TEST(death_at_each_operation_is_survived),
        TEST(a_database_that_refuses_does_not_make_files_grow),
        TEST(readers_see_whole_files_while_persons_go),
    };
    log_setup(LOG_ERROR, LOG_FORMAT_AUTO);
    return cmocka_run_group_tests_name("jobs scrub", tests, NULL, NULL);
}
