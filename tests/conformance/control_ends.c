/* The suite's second half: how batches end, what survives, and many threads at once. */
#include "conformance/control_case.h"

#include "unit.h"

#include <pthread.h>
#include <unistd.h>

#include "conformance/control_help.h"

/* ---- the end of a batch ---- */

static void completed_batches_keep_everything(void **state)
{
    (void)state;
    struct uuid id = help_submit(control, account, 45);
    help_complete(control, id);
    for (int round = 0; round < 2; round++) {
        struct batch batch = help_get(control, id);
        assert_int_equal(BATCH_COMPLETED, batch.state);
        assert_int_equal(BATCH_ERROR_NONE, batch.error);
        assert_true(batch.completed_us >= batch.started_us && batch.started_us >= batch.created_us);
        assert_int_equal(INT64_C(5) * 86400 * 1000000, batch.expires_us - batch.completed_us);
        help_check_counts(&batch, 40, 5, 0, 0);
        help_check_pieces(control, id, 5);
        reopen();
    }
    assert_err(ERR_CONFLICT, help_finish(control, id, BATCH_ERROR_NONE));
    assert_err(ERR_CONFLICT, help_finish(control, id, BATCH_ERROR_INTERNAL));
    assert_err(ERR_CONFLICT, help_cancel(control, account, id, NULL));
    assert_ok(help_checkpoint(control, id));
    assert_int_equal(BATCH_COMPLETED, help_get(control, id).state);
}

static void completing_takes_all_claims(void **state)
{
    (void)state;
    bool is_last;
    struct uuid id = help_submit(control, account, 20);
    struct claim first = help_claim(control), second = help_claim(control);
    assert_ok(help_commit(control, &second, &is_last));
    assert_err(ERR_STALE, help_finish(control, id, BATCH_ERROR_NONE));
    assert_ok(help_commit(control, &first, &is_last));
    assert_true(is_last);
    assert_ok(help_finish(control, id, BATCH_ERROR_NONE));
}

/* Claims 0, 1 and 3 of five are done: 0 and 1 can be served, 3 is behind a gap. */
static struct uuid batch_with_a_gap(struct claim *ret_open)
{
    bool is_last;
    struct uuid id = help_submit(control, account, 50);
    for (uint32_t i = 0; i < 5; i++) {
        struct claim claim = help_claim(control);
        if (i == 2) *ret_open = claim;
        if (i == 2 || i == 4) continue;
        assert_ok(help_commit(control, &claim, &is_last));
        assert_false(is_last);
    }
    return id;
}

static void cancelled_batches_keep_what_can_be_served(void **state)
{
    (void)state;
    bool is_last;
    struct claim open;
    struct batch batch;
    struct uuid id = batch_with_a_gap(&open);
    help_check_pieces(control, id, 2);
    assert_ok(help_cancel(control, account, id, &batch));
    assert_true(uuid_eq(id, batch.id));
    assert_err(ERR_STALE, help_commit(control, &open, &is_last));
    for (int round = 0; round < 2; round++) {
        assert_int_equal(BATCH_FAILED, batch.state);
        assert_int_equal(BATCH_ERROR_CANCELLED, batch.error);
        assert_true(batch.completed_us > 0 && batch.expires_us > batch.completed_us);
        help_check_counts(&batch, 18, 2, 0, 30);
        help_check_pieces(control, id, 2);
        reopen();
        batch = help_get(control, id);
    }
    assert_ok(help_cancel(control, account, id, &batch));
    assert_int_equal(BATCH_ERROR_CANCELLED, batch.error);
    assert_err(ERR_CONFLICT, help_finish(control, id, BATCH_ERROR_NONE));
    help_check_pieces(control, id, 2);
}

static void pending_batches_can_be_cancelled(void **state)
{
    (void)state;
    struct uuid id = help_submit(control, account, 15);
    assert_ok(help_cancel(control, account, id, NULL));
    struct batch batch = help_get(control, id);
    assert_int_equal(BATCH_FAILED, batch.state);
    assert_int_equal(0, batch.started_us);
    help_check_counts(&batch, 0, 0, 0, 15);
    help_check_pieces(control, id, 0);
}

static void failed_batches_say_so(void **state)
{
    (void)state;
    struct claim open;
    struct uuid id = batch_with_a_gap(&open);
    assert_ok(help_finish(control, id, BATCH_ERROR_INTERNAL));
    struct batch batch = help_get(control, id);
    assert_int_equal(BATCH_FAILED, batch.state);
    assert_int_equal(BATCH_ERROR_INTERNAL, batch.error);
    assert_str(STR("a message"), batch.error_message);
    help_check_counts(&batch, 18, 2, 30, 0);
    help_check_pieces(control, id, 2);
    assert_err(ERR_CONFLICT, help_cancel(control, account, id, NULL));
}

static void check_erased(struct uuid id)
{
    struct batch_pieces pieces;
    str inputs;
    assert_true(help_get(control, id).is_erased);
    assert_err(ERR_NOT_FOUND, control->ops->pieces_open(control, id, &pieces));
    assert_err(ERR_NOT_FOUND, control->ops->batch_inputs(control, id, scratch(), &inputs));
}

static enum err revoke_links(int64_t account_id, struct uuid batch_id)
{
    struct control_write write = {.kind = WRITE_REVOKE_LINKS, .account_id = account_id, .batch_id = batch_id};
    struct control_write *writes[] = {&write};
    control->ops->apply(control, writes, 1);
    return write.result;
}

static void each_revocation_of_links_begins_an_epoch(void **state)
{
    (void)state;
    struct uuid id = help_submit(control, account, 20);
    assert_int_equal(0, help_get(control, id).link_epoch);
    assert_ok(revoke_links(account, id));
    help_complete(control, id);
    assert_int_equal(1, help_get(control, id).link_epoch);
    assert_ok(revoke_links(account, id));
    assert_err(ERR_NOT_FOUND, revoke_links(account + 1, id));
    assert_err(ERR_NOT_FOUND, revoke_links(account, uuid_new()));
    for (int round = 0; round < 2; round++) {
        assert_int_equal(2, help_get(control, id).link_epoch);
        reopen();
    }
    assert_int_equal(BATCH_COMPLETED, help_get(control, id).state);
}

static void erased_batches_leave_their_row(void **state)
{
    (void)state;
    struct claim open;
    bool is_last;
    struct uuid done = help_submit(control, account, 20);
    help_complete(control, done);
    struct uuid unfinished = batch_with_a_gap(&open);
    struct uuid pending = help_submit(control, account, 10);
    struct uuid all[] = {done, unfinished, pending};
    for (size_t i = 0; i < 3; i++) assert_ok(help_erase(control, account, all[i]));
    assert_err(ERR_STALE, help_commit(control, &open, &is_last));
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 3; i++) check_erased(all[i]);
        for (size_t i = 0; i < 3; i++) assert_ok(help_erase(control, account, all[i]));
        reopen();
    }
    struct batch batch = help_get(control, done);
    assert_int_equal(BATCH_COMPLETED, batch.state);
    help_check_counts(&batch, 18, 2, 0, 0);
    batch = help_get(control, unfinished);
    assert_int_equal(BATCH_ERROR_CANCELLED, batch.error);
    assert_int_equal(50, batch_counts_sum(&batch.counts));
}

static void open_pieces_survive_the_erasure(void **state)
{
    (void)state;
    struct batch_pieces pieces;
    struct uuid id = help_submit(control, account, 30);
    help_complete(control, id);
    assert_ok(control->ops->pieces_open(control, id, &pieces));
    str before = arena_copy(scratch(), str_of(pieces.bytes, pieces.bytes_n));
    assert_true(before.n > 0);
    assert_ok(help_erase(control, account, id));
    assert_str(before, str_of(pieces.bytes, pieces.bytes_n));
    assert_int_equal(3, pieces.count);
    control->ops->pieces_close(control, &pieces);
}

static void expired_batches_are_named_oldest_first(void **state)
{
    (void)state;
    struct uuid ids[3], found[5];
    size_t count;
    for (int i = 0; i < 3; i++) {
        ids[i] = help_submit(control, account, 10);
        help_complete(control, ids[i]);
    }
    help_submit(control, account, 10);
    int64_t end_us = help_get(control, ids[2]).expires_us;
    assert_ok(control->ops->expired(control, help_get(control, ids[0]).expires_us - 1, found, 5, &count));
    assert_int_equal(0, count);
    assert_ok(control->ops->expired(control, end_us, found, 5, &count));
    assert_int_equal(3, count);
    for (int i = 0; i < 3; i++) assert_true(uuid_eq(ids[i], found[i]));
    assert_ok(help_erase(control, account, ids[0]));
    assert_ok(control->ops->expired(control, end_us, found, 1, &count));
    assert_int_equal(1, count);
    assert_true(uuid_eq(ids[1], found[0]));
}

/* ---- what survives ---- */

static void unfinished_batches_go_on_after_reopening(void **state)
{
    (void)state;
    bool is_last;
    struct uuid id = help_submit(control, account, 30);
    struct claim claim = help_claim(control);
    assert_ok(help_commit(control, &claim, &is_last));
    claim = help_claim(control);
    reopen();
    help_complete(control, id);
    struct batch batch = help_get(control, id);
    help_check_counts(&batch, 27, 3, 0, 0);
    help_check_pieces(control, id, 3);
}

static void checkpoints_save_work(void **state)
{
    (void)state;
    bool is_last;
    struct uuid unsaved[4];
    struct claim open;
    struct uuid id = batch_with_a_gap(&open);
    assert_ok(help_checkpoint(control, id));
    assert_int_equal(0, control->ops->unsaved(control, 0, unsaved, 4));
    int64_t started_us = help_get(control, id).started_us;
    reopen();
    struct batch batch = help_get(control, id);
    assert_int_equal(BATCH_PROCESSING, batch.state);
    assert_int_equal(started_us, batch.started_us);
    help_check_counts(&batch, 27, 3, 0, 0);
    help_check_pieces(control, id, 2);
    struct claim claim = help_claim(control);
    assert_int_equal(2, claim.number);
    assert_ok(help_commit(control, &claim, &is_last));
    claim = help_claim(control);
    assert_int_equal(4, claim.number);
    assert_ok(help_commit(control, &claim, &is_last));
    assert_true(is_last);
    assert_ok(help_checkpoint(control, id)); /* leaves finishing to do */
    assert_ok(help_finish(control, id, BATCH_ERROR_NONE));
    help_check_pieces(control, id, 5);
}

static void unsaved_batches_are_named(void **state)
{
    (void)state;
    bool is_last;
    struct uuid found[4];
    struct uuid id = help_submit(control, account, 30);
    struct claim claim = help_claim(control);
    assert_int_equal(0, control->ops->unsaved(control, 0, found, 4));
    assert_ok(help_commit(control, &claim, &is_last));
    assert_int_equal(0, control->ops->unsaved(control, 3600000000, found, 4));
    size_t count = control->ops->unsaved(control, 0, found, 4);
    if (count) assert_true(count == 1 && uuid_eq(id, found[0])); /* a backend may save each piece */
}

/* ---- many threads ---- */

#define CROWD_BATCHES 24
#define CROWD_THREADS 4

static uint32_t finished[CROWD_THREADS]; /* batches that each thread made final */

/* Finishes the batch; apply is for one thread at a time. */
static enum err crowd_finish(struct uuid id)
{
    static pthread_mutex_t apply_lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&apply_lock);
    enum err e = help_finish(control, id, BATCH_ERROR_NONE);
    pthread_mutex_unlock(&apply_lock);
    return e;
}

/* Gives one claim in eight back. */
static void *crowd_worker(void *context)
{
    uint32_t *own = context;
    unsigned luck = (unsigned)(own - finished);
    struct claim claim;
    while (control->ops->claim(control, &claim) == OK) {
        bool is_last = false;
        if (rand_r(&luck) % 8 == 0) {
            control->ops->release_claim(control, &claim, rand_r(&luck) % 2000);
        } else if (help_commit(control, &claim, &is_last) == OK && is_last) {
            if (crowd_finish(claim.batch_id) == OK) ++*own;
        }
    }
    return NULL;
}

static bool all_are_completed(const struct uuid *ids)
{
    for (size_t i = 0; i < CROWD_BATCHES; i++) {
        if (help_get(control, ids[i]).state != BATCH_COMPLETED) return false;
    }
    return true;
}

static void each_claim_counts_once_whoever_does_it(void **state)
{
    (void)state;
    struct uuid ids[CROWD_BATCHES];
    pthread_t threads[CROWD_THREADS];
    memset(finished, 0, sizeof finished);
    for (uint32_t i = 0; i < CROWD_BATCHES; i++) ids[i] = help_submit(control, account, 10 * (i + 1));
    for (size_t i = 0; i < CROWD_THREADS; i++) {
        assert_int_equal(0, pthread_create(&threads[i], NULL, crowd_worker, &finished[i]));
    }
    for (int i = 0; i < 2000 && !all_are_completed(ids); i++) usleep(5000);
    control->ops->stop(control);
    for (size_t i = 0; i < CROWD_THREADS; i++) pthread_join(threads[i], NULL);
    assert_true(all_are_completed(ids));
    assert_int_equal(CROWD_BATCHES, finished[0] + finished[1] + finished[2] + finished[3]);
    for (uint32_t i = 0; i < CROWD_BATCHES; i++) {
        struct batch batch = help_get(control, ids[i]);
        help_check_counts(&batch, 9 * (i + 1), i + 1, 0, 0);
        help_check_pieces(control, ids[i], i + 1);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int control_ends_conformance(const char *name_cstr)
{
    const struct CMUnitTest tests[] = {
        TEST(completed_batches_keep_everything),
        TEST(completing_takes_all_claims),
        TEST(cancelled_batches_keep_what_can_be_served),
        TEST(pending_batches_can_be_cancelled),
        TEST(failed_batches_say_so),
        TEST(each_revocation_of_links_begins_an_epoch),
        TEST(erased_batches_leave_their_row),
        TEST(open_pieces_survive_the_erasure),
        TEST(expired_batches_are_named_oldest_first),
        TEST(unfinished_batches_go_on_after_reopening),
        TEST(checkpoints_save_work),
        TEST(unsaved_batches_are_named),
        TEST(each_claim_counts_once_whoever_does_it),
    };
    return cmocka_run_group_tests_name(name_cstr, tests, NULL, NULL);
}
