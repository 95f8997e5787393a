/* control_sqlite when the disk fails: a whole job is run again and again, each time with another file
 * operation refused, or with the process dying there; the database runs out of room; and servers are killed
 * at random.
 *
 * After each: what was acknowledged is there, the job ends with the right bytes, nothing is half done. That
 * the faults were really met is asserted, too.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/os.h"
#include "conformance/control_help.h"
#include "folder.h"
#include "store/control_sqlite_state.h"

#define CLAIMS    4
#define TRIES_MAX 50

enum mode { FAIL_ONCE, DISK_FULL, DIE };

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
    fault.seen++;
    bool is_hit =
        fault.mode == DISK_FULL ? fault.seen >= fault.at && operation == OS_WRITE : fault.seen == fault.at;
    if (!is_hit) return 0;
    if (fault.mode == DIE) _exit(9);
    fault.hits++;
    return fault.mode == DISK_FULL ? ENOSPC : EIO;
}

static char folder[FOLDER_PATH_MAX];

static int set_up(void **state)
{
    (void)state;
    os_hooks.fault = inject;
    memset(&fault, 0, sizeof fault);
    folder_make(folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    os_hooks.fault = NULL;
    folder_remove(folder);
    return 0;
}

static void start_anew(void)
{
    folder_remove(folder);
    folder_make(folder);
}

static enum err open_server(struct control **ret)
{
    const struct control_sqlite_settings settings = {.lease_us = 20000, .served_batches_max = 64};
    return control_sqlite_open(folder, CONTROL_SERVE, &settings, ret);
}

/* What a process that may die tells the one that looks after it. */
struct told {
    bool is_submitted, is_finished, is_erased;
    struct uuid id;
    uint64_t acknowledged; /* for the random kills */
};
static struct told *told;

static struct told *shared_memory(void)
{
    void *p = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(p != MAP_FAILED);
    return p;
}

/* Repeats a step that is refused because of the fault. In DISK_FULL there is room again after a while. */
#define INSIST(step)                                                                                         \
    do {                                                                                                     \
        int tries_ = 0;                                                                                      \
        enum err insist_err_;                                                                                \
        while ((insist_err_ = (step)) != OK && tries_++ < TRIES_MAX) {                                       \
            assert_true(insist_err_ == ERR_IO || insist_err_ == ERR_NOSPACE || insist_err_ == ERR_STALE);    \
            if (tries_ == 3) fault.at = 0;                                                                   \
        }                                                                                                    \
        assert_ok(insist_err_);                                                                              \
    } while (0)

/* Works until the batch is final, as jobs do: what fails is given back, a finish that comes too early waits.
 */
static void work_through(struct control *control, struct uuid id)
{
    int failures = 0;
    while (!batch_state_is_final(help_get(control, id).state)) {
        bool is_last = false;
        struct claim claim = help_claim(control);
        enum err e = help_commit(control, &claim, &is_last);
        if (e != OK) {
            assert_true(e == ERR_IO || e == ERR_NOSPACE || e == ERR_STALE);
            control->ops->release_claim(control, &claim, 100);
            if (++failures == 3) fault.at = 0;
        }
        if (claim.number == CLAIMS / 2) (void)!help_checkpoint(control, id);
        if (is_last) e = help_finish(control, id, BATCH_ERROR_NONE);
    }
}

static void check_completed(struct control *control, struct uuid id)
{
    struct batch batch = help_get(control, id);
    assert_int_equal(BATCH_COMPLETED, batch.state);
    help_check_counts(&batch, CLAIMS * 9, CLAIMS, 0, 0);
    help_check_pieces(control, id, CLAIMS);
}

static enum err try_pieces(struct control *control, struct uuid id)
{
    struct batch_pieces pieces;
    TRY(control->ops->pieces_open(control, id, &pieces));
    control->ops->pieces_close(control, &pieces);
    return OK;
}

/* One batch from submission to erasure, with a restart in the middle. */
static void whole_life(void)
{
    struct control *control;
    INSIST(open_server(&control));
    told->id = help_submit(control, help_account(control, "one"), CLAIMS * HELP_CLAIM);
    told->is_submitted = true;
    work_through(control, told->id);
    told->is_finished = true;
    control->ops->close(control);
    INSIST(open_server(&control));
    INSIST(try_pieces(control, told->id));
    INSIST(help_erase(control, 1, told->id));
    told->is_erased = true;
    control->ops->close(control);
}

static void check_after_life(void)
{
    struct control *control;
    fault.at = 0;
    assert_ok(open_server(&control));
    assert_true(help_get(control, told->id).is_erased);
    assert_int_equal(CLAIMS * 9, help_get(control, told->id).counts.of[OUTCOME_MATCHED]);
    control->ops->close(control);
    char pieces[FOLDER_PATH_MAX + 16];
    snprintf(pieces, sizeof pieces, "%s/pieces", folder);
    assert_int_equal(0, folder_count(pieces, ""));
}

static void survive_refusals(enum mode mode)
{
    int rounds = 0, hits = 0;
    told = shared_memory();
    for (int at = 1;; at++) {
        memset(told, 0, sizeof *told);
        fault.mode = mode;
        fault.at = at;
        fault.seen = fault.hits = 0;
        whole_life();
        bool was_reached = fault.hits > 0;
        hits += fault.hits;
        check_after_life();
        start_anew();
        if (!was_reached) break;
        rounds++;
    }
    print_message("%d rounds, %d operations refused\n", rounds, hits);
    assert_true(rounds >= 20);
}

static void each_refused_operation_is_survived(void **state)
{
    (void)state;
    survive_refusals(FAIL_ONCE);
}

static void a_full_disk_is_survived(void **state)
{
    (void)state;
    survive_refusals(DISK_FULL);
}

/* What was told must be there; what was not may be. */
static void check_after_death(void)
{
    struct control *control;
    assert_ok(open_server(&control));
    if (told->is_submitted) {
        struct batch batch = help_get(control, told->id);
        if (told->is_finished) assert_int_equal(BATCH_COMPLETED, batch.state);
        if (told->is_erased) assert_true(batch.is_erased);
        if (!batch_state_is_final(batch.state)) work_through(control, told->id);
        if (!batch.is_erased) check_completed(control, told->id);
    }
    control->ops->close(control);
}

static void death_at_each_operation_is_survived(void **state)
{
    (void)state;
    int deaths = 0;
    told = shared_memory();
    for (int at = 1;; at++) {
        int status;
        memset(told, 0, sizeof *told);
        pid_t child = fork();
        if (child == 0) {
            fault.mode = DIE;
            fault.at = at;
            whole_life();
            _exit(0);
        }
        assert_int_equal(child, waitpid(child, &status, 0));
        assert_true(WIFEXITED(status));
        check_after_death();
        start_anew();
        if (WEXITSTATUS(status) != 9) break;
        deaths++;
    }
    print_message("%d deaths\n", deaths);
    assert_true(deaths >= 20);
}

/* A failed sync leaves nobody knowing what is on the disk: everything since the one before is done again,
 * even what another worker was writing at the time. */
static void work_since_a_failed_sync_is_done_again(void **state)
{
    (void)state;
    struct control *control;
    bool is_last;
    assert_ok(open_server(&control));
    struct uuid id = help_submit(control, help_account(control, "one"), CLAIMS * HELP_CLAIM);
    struct claim claims[CLAIMS];
    for (int i = 0; i < CLAIMS; i++) claims[i] = help_claim(control);
    assert_ok(help_commit(control, &claims[0], &is_last));
    assert_ok(help_checkpoint(control, id));
    assert_ok(help_commit(control, &claims[1], &is_last));
    assert_int_equal(20, batch_counts_sum(&(struct batch[]){help_get(control, id)}[0].counts));

    struct active *active = &control_sqlite_of(control)->active;
    struct active_write write;
    assert_ok(active_write_begin(active, &claims[2], 1, &write));
    fault.mode = FAIL_ONCE;
    fault.seen = 0;
    fault.at = 1;
    assert_err(ERR_IO, help_checkpoint(control, id));
    assert_int_equal(1, fault.hits);
    assert_err(ERR_IO, active_write_end(active, &write, &claims[2], &(struct piece_pair){0}, &is_last));
    active_unref(active, write.batch);
    assert_int_equal(10, batch_counts_sum(&(struct batch[]){help_get(control, id)}[0].counts));

    work_through(control, id);
    check_completed(control, id);
    control->ops->close(control);
}

/* ---- what is on stable storage when ---- */

static struct {
    int unsynced_writes, syncs, dir_syncs;
} seen;

static int observe(enum os_operation operation, const char *path_cstr)
{
    if (operation == OS_WRITE) seen.unsynced_writes++;
    if (operation == OS_SYNC && *path_cstr) seen.dir_syncs++;
    if (operation == OS_SYNC && !*path_cstr) {
        seen.syncs++;
        seen.unsynced_writes = 0;
    }
    return 0;
}

static void pieces_are_synced_before_a_row_names_them(void **state)
{
    (void)state;
    struct control *control;
    bool is_last = false;
    assert_ok(open_server(&control));
    int64_t account = help_account(control, "one");
    os_hooks.fault = observe;
    for (int kind = 0; kind < 3; kind++) {
        memset(&seen, 0, sizeof seen);
        struct uuid id = help_submit(control, account, CLAIMS * HELP_CLAIM);
        for (int i = 0; i < (kind == 0 ? CLAIMS : CLAIMS - 1); i++) {
            struct claim claim = help_claim(control);
            assert_ok(help_commit(control, &claim, &is_last));
            assert_int_equal(is_last ? 0 : i + 1, seen.unsynced_writes);
        }
        if (kind == 0) assert_ok(help_finish(control, id, BATCH_ERROR_NONE));
        if (kind == 1) assert_ok(help_checkpoint(control, id));
        if (kind == 2) assert_ok(help_cancel(control, account, id, NULL));
        assert_int_equal(0, seen.unsynced_writes);
        assert_int_equal(1, seen.syncs); /* and none for nothing */
        assert_int_equal(1, seen.dir_syncs);
        if (kind == 1) assert_ok(help_cancel(control, account, id, NULL));
        assert_int_equal(1, seen.syncs);
    }
    control->ops->close(control);
}

/* ---- a batch that goes while a run of it is written ---- */

static struct {
    struct control *control;
    int64_t account_id;
    struct uuid id; /* of the batch that is erased when its file is being created */
    bool is_erased;
} leaving;

static int erase_at_open(enum os_operation operation, const char *path_cstr)
{
    if (operation != OS_OPEN || leaving.is_erased || !strstr(path_cstr, "/pieces/")) return 0;
    leaving.is_erased = true;
    assert_ok(help_erase(leaving.control, leaving.account_id, leaving.id));
    return 0;
}

static void a_batch_that_is_erased_meanwhile_gets_no_file(void **state)
{
    (void)state;
    char pieces[FOLDER_PATH_MAX + 16];
    bool is_last;
    memset(&leaving, 0, sizeof leaving);
    assert_ok(open_server(&leaving.control));
    leaving.account_id = help_account(leaving.control, "one");
    leaving.id = help_submit(leaving.control, leaving.account_id, HELP_CLAIM);
    struct claim claim = help_claim(leaving.control);
    os_hooks.fault = erase_at_open;
    assert_err(ERR_STALE, help_commit(leaving.control, &claim, &is_last));
    assert_true(leaving.is_erased);
    snprintf(pieces, sizeof pieces, "%s/pieces", folder);
    assert_int_equal(0, folder_count(pieces, ""));
    leaving.control->ops->close(leaving.control);
}

/* ---- the database without room ---- */

static void set_max_pages(struct control *control, int64_t pages)
{
    char sql[64];
    int64_t ignored;
    struct sqlite *db = &control_sqlite_of(control)->writer;
    snprintf(sql, sizeof sql, "PRAGMA max_page_count = %" PRId64, pages);
    assert_ok(sqlite_run(db, sql));
    assert_ok(sqlite_number(db, "PRAGMA page_count", &ignored));
}

/* Submissions until one is refused. */
static uint32_t submit_until_full(struct control *control, int64_t account, struct uuid *ret_last)
{
    uint32_t count = 0;
    for (;; count++) {
        struct batch batch = help_batch(account, CLAIMS * HELP_CLAIM);
        enum err e = help_try_submit(control, &batch, UINT32_MAX);
        if (e != OK) {
            struct arena arena;
            arena_init(&arena, 1 << 20);
            assert_err(ERR_NOSPACE, e);
            assert_err(ERR_NOT_FOUND, control->ops->batch_get_any(control, batch.id, &arena, &batch));
            arena_fini(&arena);
            return count;
        }
        *ret_last = batch.id;
    }
}

static void a_full_database_refuses_and_forgets_nothing(void **state)
{
    (void)state;
    struct control *control;
    struct uuid last;
    assert_ok(open_server(&control));
    int64_t account = help_account(control, "one");
    set_max_pages(control, 40);
    uint32_t accepted = submit_until_full(control, account, &last);
    assert_true(accepted > 10);

    static const char large[1 << 16]; /* no page that happens to be free can hold it */
    struct submission submission = {
        .batch = help_batch(account, 10), .inputs = str_of(large, sizeof large), .active_max = UINT32_MAX};
    struct control_write writes[] = {{.kind = WRITE_SUBMIT, .submission = &submission},
                                     {.kind = WRITE_CANCEL, .account_id = account, .batch_id = last}};
    struct control_write *group[] = {&writes[0], &writes[1]};
    control->ops->apply(control, group, 2);
    assert_err(ERR_NOSPACE, writes[0].result);
    assert_err(ERR_NOSPACE, writes[1].result);
    assert_int_equal(BATCH_PENDING, help_get(control, last).state);

    bool is_last = false;
    struct claim claim = {0};
    while (!is_last) {
        claim = help_claim(control);
        assert_ok(help_commit(control, &claim, &is_last));
    }
    enum err e = help_finish(control, claim.batch_id, BATCH_ERROR_NONE);
    assert_true(e == OK || e == ERR_NOSPACE); /* its pieces may find room in a page that is there */
    set_max_pages(control, 100000);
    if (e != OK) assert_ok(help_finish(control, claim.batch_id, BATCH_ERROR_NONE));
    check_completed(control, claim.batch_id);
    control->ops->apply(control, group, 2);
    assert_ok(writes[0].result);
    assert_ok(writes[1].result);
    control->ops->close(control);
}

/* The write-ahead log cannot grow: the commit itself fails. */
static void a_failed_commit_changes_nothing(void **state)
{
    (void)state;
    struct control *control;
    struct rlimit before, small;
    assert_ok(open_server(&control));
    int64_t account = help_account(control, "one");
    struct uuid kept = help_submit(control, account, CLAIMS * HELP_CLAIM);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(0, getrlimit(RLIMIT_FSIZE, &before));
    small = (struct rlimit){4096, before.rlim_max};
    struct batch refused = help_batch(account, 10);
    assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &small));
    enum err submit_error = help_try_submit(control, &refused, 5);
    enum err cancel_error = help_cancel(control, account, kept, NULL);
    assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &before));
    assert_true(submit_error == ERR_NOSPACE || submit_error == ERR_IO);
    assert_true(cancel_error == ERR_NOSPACE || cancel_error == ERR_IO);
    assert_int_equal(BATCH_PENDING, help_get(control, kept).state);
    assert_ok(help_try_submit(control, &refused, 5));
    work_through(control, kept);
    control->ops->close(control);
    assert_ok(open_server(&control));
    check_completed(control, kept);
    assert_int_equal(10, help_get(control, refused.id).identifier_count);
    control->ops->close(control);
}

/* ---- random kills ---- */

#define KILLS_MIN 40
#define KILLS_MAX 400

/* Submits and works for ever, telling of each completed batch. */
static void live(void)
{
    struct control *control;
    must(open_server(&control) == OK);
    for (;;) {
        told->is_submitted = false;
        told->id = help_submit(control, 1, CLAIMS * HELP_CLAIM);
        told->is_submitted = true;
        while (!batch_state_is_final(help_get(control, told->id).state)) {
            bool is_last = false;
            struct claim claim = help_claim(control);
            must(help_commit(control, &claim, &is_last) == OK);
            if (is_last) must(help_finish(control, claim.batch_id, BATCH_ERROR_NONE) == OK);
        }
        told->acknowledged++;
    }
}

/* All batches of the account are completed or can be; returns how many there are. */
static uint64_t complete_all(void)
{
    struct control *control;
    struct batch *page;
    struct arena arena;
    size_t count;
    struct control_batch_query query = {.account_id = 1, .limit = 100000};
    arena_init(&arena, 256 << 20);
    assert_ok(open_server(&control));
    if (told->is_submitted)
        assert_int_equal(CLAIMS * HELP_CLAIM, help_get(control, told->id).identifier_count);
    assert_ok(control->ops->batch_list(control, &query, &arena, &page, &count));
    for (size_t i = count; i-- > 0;) {
        if (!batch_state_is_final(page[i].state)) work_through(control, page[i].id);
        check_completed(control, page[i].id);
    }
    control->ops->close(control);
    arena_fini(&arena);
    return count;
}

static void servers_killed_at_any_moment_keep_their_word(void **state)
{
    (void)state;
    struct control *control;
    unsigned luck = 1;
    uint64_t stored = 0;
    told = shared_memory();
    assert_ok(open_server(&control));
    help_account(control, "one");
    control->ops->close(control);
    int kills = 0;
    for (; kills < KILLS_MIN || (told->acknowledged < KILLS_MIN * 4 && kills < KILLS_MAX); kills++) {
        told->is_submitted = false;
        pid_t child = fork();
        if (child == 0) live();
        usleep(5000 + (useconds_t)rand_r(&luck) % 25000);
        assert_int_equal(0, kill(child, SIGKILL));
        assert_int_equal(child, waitpid(child, NULL, 0));
        stored = complete_all();
        assert_true(stored >= told->acknowledged);
    }
    print_message("%d kills, %" PRIu64 " acknowledged, %" PRIu64 " stored\n", kills, told->acknowledged,
                  stored);
    assert_true(told->acknowledged >= KILLS_MIN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_refused_operation_is_survived),
        TEST(a_full_disk_is_survived),
        TEST(death_at_each_operation_is_survived),
        TEST(work_since_a_failed_sync_is_done_again),
        TEST(a_batch_that_is_erased_meanwhile_gets_no_file),
        TEST(pieces_are_synced_before_a_row_names_them),
        TEST(a_full_database_refuses_and_forgets_nothing),
        TEST(a_failed_commit_changes_nothing),
        TEST(servers_killed_at_any_moment_keep_their_word),
    };
    return cmocka_run_group_tests_name("control faults", tests, NULL, NULL);
}
