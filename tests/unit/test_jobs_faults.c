/* jobs when things fail: restarts and kills in the middle, a record store that errs, a disk that is full, and
 * the end of retention.
 *
 * The yardstick is an undisturbed run: whatever happens, the files have its lines.
 */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/os.h"
#include "jobs_help.h"

#define IDENTIFIERS 5000

static struct help_server server;

static pthread_mutex_t fault_lock = PTHREAD_MUTEX_INITIALIZER; /* guards the three below */
static int fault_number;                                       /* errno of writes and syncs */
static int faults_left, faults_met;

static int inject(enum os_operation operation, const char *path_cstr)
{
    (void)path_cstr;
    int number = 0;
    pthread_mutex_lock(&fault_lock);
    bool is_hit = faults_left > 0 && (operation == OS_WRITE || (operation == OS_SYNC && fault_number == EIO));
    if (is_hit) {
        number = fault_number;
        faults_left--;
        faults_met++;
    }
    pthread_mutex_unlock(&fault_lock);
    return number;
}

static int set_up(void **state)
{
    (void)state;
    os_hooks.fault = inject; /* before any thread: they read it unguarded */
    help_server_init(&server);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    os_hooks = (struct os_hooks){0};
    help_server_fini(&server);
    return 0;
}

static const struct result_file_name merged = {RESULT_FILE_MERGED, 0};
static const struct result_file_name unresolved = {RESULT_FILE_UNRESOLVED, 0};

/* Both batches, of the same inputs, have the same lines. */
static void check_same_files(struct uuid a, struct uuid b)
{
    const struct result_file_name names[] = {merged, unresolved};
    for (size_t i = 0; i < 2; i++) {
        str of_a = help_lines(&server, a, names[i]);
        str of_b = help_lines(&server, b, names[i]);
        assert_int_equal(of_a.n, of_b.n);
        assert_memory_equal(of_a.p, of_b.p, of_a.n);
        free((void *)(uintptr_t)of_a.p);
        free((void *)(uintptr_t)of_b.p);
    }
}

/* The batch is completed as an undisturbed one. */
static void check_as_undisturbed(struct uuid id)
{
    struct batch batch = help_wait_final(&server, id);
    assert_int_equal(BATCH_COMPLETED, batch.state);
    fake_records_slow(&server.persons, 0);
    struct uuid undisturbed = help_submit(&server, 0, batch.identifier_count);
    help_wait_final(&server, undisturbed);
    check_same_files(undisturbed, id);
    help_check_results(&server, &batch, 0, batch.identifier_count);
}

static void restarts_in_the_middle_change_nothing(void **state)
{
    (void)state;
    help_start(&server);
    fake_records_slow(&server.persons, 5000);
    struct uuid id = help_submit(&server, 0, IDENTIFIERS);
    for (uint32_t i = 1; i <= 4; i++) {
        help_wait_done(&server, id, IDENTIFIERS / 6 * i);
        help_stop(&server);
        help_start(&server);
        struct batch batch = help_get(&server, id);
        assert_int_equal(BATCH_PROCESSING, batch.state);
        assert_true(batch_counts_sum(&batch.counts) >= IDENTIFIERS / 6 * i); /* saved when it stopped */
    }
    check_as_undisturbed(id);
    help_stop(&server);
}

/* Waits until a checkpoint covers what is done, while the rest takes its time. */
static void wait_saved(void)
{
    struct uuid unsaved;
    fake_records_slow(&server.persons, 2000000);
    usleep(20000);
    while (server.control->ops->unsaved(server.control, 0, &unsaved, 1)) usleep(1000);
}

/* The killed process tells which batch it has submitted. */
static void kill_in_the_middle(struct uuid *shared_id, uint32_t identifiers_done, bool is_saved)
{
    int ready[2];
    char byte;
    assert_int_equal(0, pipe(ready));
    pid_t child = fork();
    if (child == 0) {
        help_start(&server);
        fake_records_slow(&server.persons, 5000);
        *shared_id = help_submit(&server, 0, IDENTIFIERS);
        help_wait_done(&server, *shared_id, identifiers_done);
        if (is_saved) wait_saved();
        if (write(ready[1], "x", 1) == 1) pause();
        _exit(1);
    }
    assert_int_equal(1, read(ready[0], &byte, 1));
    assert_int_equal(0, kill(child, SIGKILL));
    assert_int_equal(child, waitpid(child, NULL, 0));
    close(ready[0]);
    close(ready[1]);
}

static void kills_in_the_middle_change_nothing(void **state)
{
    (void)state;
    struct uuid *id = mmap(NULL, sizeof *id, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(id != MAP_FAILED);
    help_start(&server); /* makes the account */
    help_stop(&server);
    for (uint32_t i = 1; i <= 5; i++) {
        kill_in_the_middle(id, IDENTIFIERS / 6 * i, false);
        help_start(&server);
        check_as_undisturbed(*id);
        help_stop(&server);
    }
    munmap(id, sizeof *id);
}

static void store_errors_are_tried_again(void **state)
{
    (void)state;
    help_start(&server);
    fake_records_fail(&server.persons, ERR_IO, 3);
    struct uuid id = help_submit(&server, 0, IDENTIFIERS);
    check_as_undisturbed(id);
    help_stop(&server);
}

static void lasting_errors_fail_the_batch(void **state)
{
    (void)state;
    help_start(&server);
    fake_records_fail(&server.persons, ERR_CORRUPT, UINT32_MAX);
    struct uuid id = help_submit(&server, 0, 100);
    struct batch batch = help_wait_final(&server, id);
    assert_int_equal(BATCH_FAILED, batch.state);
    assert_int_equal(BATCH_ERROR_INTERNAL, batch.error);
    assert_int_equal(100, batch.counts.of[OUTCOME_ERROR]);
    help_check_results(&server, &batch, 0, 0);
    fake_records_fail(&server.persons, OK, 0);
    check_as_undisturbed(help_submit(&server, 0, 100));
    help_stop(&server);
}

/* ---- the disk ---- */

static void set_fault(int number, int count)
{
    pthread_mutex_lock(&fault_lock);
    fault_number = number;
    faults_left = count;
    faults_met = 0;
    pthread_mutex_unlock(&fault_lock);
}

static int faults_so_far(void)
{
    pthread_mutex_lock(&fault_lock);
    int count = faults_met;
    pthread_mutex_unlock(&fault_lock);
    return count;
}

static void full_disks_are_waited_out(void **state)
{
    (void)state;
    set_fault(ENOSPC, 0);
    help_start(&server);
    struct uuid first = help_submit(&server, 0, 100);
    help_wait_final(&server, first);
    set_fault(ENOSPC, 1000000);
    struct uuid id = help_submit(&server, 0, IDENTIFIERS);
    while (faults_so_far() < 4) usleep(10000);
    struct batch batch = help_get(&server, id);
    assert_int_equal(BATCH_PROCESSING, batch.state);
    assert_int_equal(IDENTIFIERS, batch_pending_count(&batch));
    help_check_results(&server, &(struct batch[]){help_get(&server, first)}[0], 0, 100); /* reads go on */
    assert_true(faults_so_far() < 40);                                                   /* at ease */
    set_fault(ENOSPC, 0);
    check_as_undisturbed(id);
    help_stop(&server);
}

static void stopping_does_not_wait_for_the_disk(void **state)
{
    (void)state;
    set_fault(ENOSPC, 0);
    help_start(&server);
    set_fault(ENOSPC, 1000000);
    struct uuid id = help_submit(&server, 0, IDENTIFIERS);
    while (faults_so_far() < 2) usleep(10000);
    int64_t start_us = os_monotonic_us();
    help_stop(&server);
    assert_true(os_monotonic_us() - start_us < 500000);
    set_fault(ENOSPC, 0);
    help_start(&server);
    check_as_undisturbed(id);
    help_stop(&server);
}

static void failing_writes_and_syncs_are_tried_again(void **state)
{
    (void)state;
    set_fault(EIO, 0);
    server.settings.checkpoint_us = 2000;
    help_start(&server);
    fake_records_slow(&server.persons, 2000);
    for (int i = 0; i < 4; i++) {
        struct uuid id = help_submit(&server, 0, IDENTIFIERS);
        help_wait_done(&server, id, (uint32_t)i * 1000);
        set_fault(EIO, 2);
        check_as_undisturbed(id);
        fake_records_slow(&server.persons, 2000);
        assert_int_equal(2, faults_so_far());
    }
    help_stop(&server);
}

/* ---- retention ---- */

static int64_t ahead_us;

static int64_t clock_ahead(void)
{
    struct timespec t;
    must(clock_gettime(CLOCK_REALTIME, &t) == 0);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000 + ahead_us;
}

static void files_go_after_their_retention(void **state)
{
    (void)state;
    ahead_us = 0;
    os_hooks.now_us = clock_ahead;
    struct uuid ids[100];
    help_start(&server);
    for (uint32_t i = 0; i < 100; i++) ids[i] = help_submit(&server, i, 10);
    for (uint32_t i = 0; i < 100; i++) help_wait_final(&server, ids[i]);
    help_stop(&server);
    ahead_us = server.settings.retention_us + 1000000;
    help_start(&server);
    struct uuid fresh = help_submit(&server, 0, 10);
    help_wait_final(&server, fresh);
    for (int i = 0; i < 100; i++) { /* they go in the order in which they became final */
        for (int tries = 0; tries < 1000 && !help_get(&server, ids[i]).is_erased; tries++) usleep(5000);
        assert_true(help_get(&server, ids[i]).is_erased);
    }
    assert_false(help_get(&server, fresh).is_erased);
    assert_int_equal(BATCH_COMPLETED, help_get(&server, ids[0]).state);
    assert_true(help_get(&server, ids[0]).counts.of[OUTCOME_MATCHED] > 0);
    help_stop(&server);
}

/* Work that a checkpoint has saved is not done again after a kill. */
static void checkpoints_save_work_from_kills(void **state)
{
    (void)state;
    struct uuid *id = mmap(NULL, sizeof *id, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(id != MAP_FAILED);
    server.settings.checkpoint_us = 2000;
    help_start(&server);
    help_stop(&server);
    kill_in_the_middle(id, IDENTIFIERS * 3 / 4, true);
    help_start(&server);
    uint32_t claims = batch_claim_count(&(struct batch[]){help_get(&server, *id)}[0]);
    help_wait_final(&server, *id);
    assert_true(fake_records_calls(&server.persons) <= claims / 2);
    check_as_undisturbed(*id);
    help_stop(&server);
    munmap(id, sizeof *id);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(restarts_in_the_middle_change_nothing), TEST(kills_in_the_middle_change_nothing),
        TEST(checkpoints_save_work_from_kills),      TEST(store_errors_are_tried_again),
        TEST(lasting_errors_fail_the_batch),         TEST(full_disks_are_waited_out),
        TEST(stopping_does_not_wait_for_the_disk),   TEST(failing_writes_and_syncs_are_tried_again),
        TEST(files_go_after_their_retention),
    };
    log_setup(LOG_ERROR, LOG_FORMAT_AUTO);
    return cmocka_run_group_tests_name("jobs faults", tests, NULL, NULL);
}
