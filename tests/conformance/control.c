#include "conformance/control.h"

#include "unit.h"

#include <pthread.h>
#include <unistd.h>

#include "base/os.h"
#include "conformance/control_help.h"
#include "folder.h"

static const struct control_variant *variant;
static char folder[FOLDER_PATH_MAX];
static struct control *control;
static int64_t account, other;

static int set_up(void **state)
{
    (void)state;
    folder_make(folder);
    control = variant->open(folder);
    account = help_account(control, "one");
    other = help_account(control, "two");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    control->ops->close(control);
    folder_remove(folder);
    return 0;
}

static void reopen(void)
{
    control->ops->close(control);
    control = variant->open(folder);
}

static struct arena *scratch(void)
{
    static struct arena arena;
    arena_fini(&arena);
    arena_init(&arena, 64 << 20);
    return &arena;
}

/* ---- keys ---- */

static struct api_key new_key(const char *account_cstr, int64_t created_us)
{
    struct api_key key = {
        .account_name = str_of_cstr(account_cstr), .name = STR("label"), .created_us = created_us};
    char text[TOKEN_TEXT_BYTES];
    token_new(text, &key.token);
    return key;
}

static void keys_are_found_and_listed(void **state)
{
    (void)state;
    struct api_key keys[] = {new_key("three", 3), new_key("three", 2), new_key("one", 1)};
    struct api_key found, *list;
    size_t count;
    keys[1].expires_us = 77;
    for (size_t i = 0; i < 3; i++) assert_ok(control->ops->key_create(control, &keys[i]));
    assert_err(ERR_EXISTS, control->ops->key_create(control, &keys[0]));
    assert_ok(control->ops->key_find(control, keys[1].token.id, scratch(), &found));
    assert_memory_equal(&keys[1].token, &found.token, sizeof found.token);
    assert_str(STR("three"), found.account_name);
    assert_str(STR("label"), found.name);
    assert_int_equal(77, found.expires_us);
    assert_int_equal(0, found.revoked_us);
    int64_t three = found.account_id;
    assert_ok(control->ops->key_find(control, keys[2].token.id, scratch(), &found));
    assert_int_equal(account, found.account_id);
    assert_ok(control->ops->key_list(control, scratch(), &list, &count));
    assert_int_equal(5, count);
    for (size_t i = 0; i < 3; i++)
        assert_memory_equal(&keys[2 - i].token, &list[i].token, sizeof found.token);
    assert_int_equal(three, list[1].account_id);
    assert_int_equal(three, list[2].account_id);
    assert_err(ERR_NOT_FOUND, control->ops->key_find(control, "00000000", scratch(), &found));
}

static void revoked_keys_stay_revoked(void **state)
{
    (void)state;
    struct api_key key = new_key("one", 1), found;
    assert_err(ERR_NOT_FOUND, control->ops->key_revoke(control, key.token.id, 5));
    assert_ok(control->ops->key_create(control, &key));
    assert_ok(control->ops->key_revoke(control, key.token.id, 5));
    assert_ok(control->ops->key_revoke(control, key.token.id, 6));
    reopen();
    assert_ok(control->ops->key_find(control, key.token.id, scratch(), &found));
    assert_int_equal(5, found.revoked_us);
}

/* ---- batches ---- */

static void a_submitted_batch_is_there(void **state)
{
    (void)state;
    struct batch batch = help_batch(account, 25), found;
    str inputs;
    batch.entity = ENTITY_COMPANY;
    batch.identifier_kind = IDENTIFIER_DOMAIN;
    batch.chunk_size = 17;
    batch.part_claims = 3;
    batch.fields = STR("a.b,c");
    batch.webhook_url = STR("https://hooks.example.com/x?y=1");
    assert_ok(help_try_submit(control, &batch, 1));
    for (int round = 0; round < 2; round++) {
        assert_ok(control->ops->batch_get(control, account, batch.id, scratch(), &found));
        assert_str(batch.fields, found.fields);
        assert_str(batch.webhook_url, found.webhook_url);
        assert_str(STR(""), found.error_message);
        found.fields = batch.fields;
        found.webhook_url = batch.webhook_url;
        found.error_message = batch.error_message;
        assert_memory_equal(&batch, &found, sizeof batch);
        assert_ok(control->ops->batch_inputs(control, batch.id, scratch(), &inputs));
        assert_str(help_inputs(batch.id), inputs);
        reopen();
    }
}

static void foreign_batches_are_not_found(void **state)
{
    (void)state;
    struct batch found;
    str inputs;
    struct uuid id = help_submit(control, account, 10);
    assert_err(ERR_NOT_FOUND, control->ops->batch_get(control, other, id, scratch(), &found));
    assert_err(ERR_NOT_FOUND, control->ops->batch_get(control, 0, id, scratch(), &found));
    assert_err(ERR_NOT_FOUND, control->ops->batch_get(control, account, uuid_new(), scratch(), &found));
    assert_err(ERR_NOT_FOUND, control->ops->batch_get_any(control, uuid_new(), scratch(), &found));
    assert_err(ERR_NOT_FOUND, control->ops->batch_inputs(control, uuid_new(), scratch(), &inputs));
    assert_err(ERR_NOT_FOUND, help_cancel(control, other, id, NULL));
    assert_err(ERR_NOT_FOUND, help_erase(control, other, id));
    assert_err(ERR_NOT_FOUND, help_cancel(control, account, uuid_new(), NULL));
    assert_int_equal(BATCH_PENDING, help_get(control, id).state);
}

static void active_batches_are_limited(void **state)
{
    (void)state;
    struct batch batches[7];
    struct uuid first = help_submit(control, account, 10);
    for (int i = 0; i < 2; i++) {
        batches[i] = help_batch(account, 10);
        assert_err(i ? ERR_LIMIT : OK, help_try_submit(control, &batches[i], 2));
    }
    batches[2] = help_batch(other, 10);
    assert_ok(help_try_submit(control, &batches[2], 2));
    assert_ok(help_cancel(control, account, first, NULL));
    batches[3] = help_batch(account, 10);
    assert_ok(help_try_submit(control, &batches[3], 2));
    assert_err(ERR_NOT_FOUND, control->ops->batch_get_any(control, batches[1].id, scratch(), &batches[6]));
}

/* Five of seven fit the limit; a cancel and a foreign account's write are in the same group. */
static void refusals_leave_the_rest_of_a_group_alone(void **state)
{
    (void)state;
    struct submission submissions[8];
    struct control_write writes[10] = {0}, *group[10];
    struct uuid victim = help_submit(control, other, 10);
    for (size_t i = 0; i < 10; i++) {
        group[i] = &writes[i];
        writes[i].result = ERR_UNKNOWN_OUTCOME;
        if (i < 8) {
            submissions[i] = (struct submission){
                .batch = help_batch(i < 7 ? account : other, 10), .inputs = STR("inputs"), .active_max = 5};
            writes[i].submission = &submissions[i];
        }
    }
    writes[8] = (struct control_write){.kind = WRITE_CANCEL, .account_id = account, .batch_id = victim};
    writes[9] = (struct control_write){.kind = WRITE_CANCEL, .account_id = other, .batch_id = victim};
    control->ops->apply(control, group, 10);
    for (size_t i = 0; i < 7; i++) assert_err(i < 5 ? OK : ERR_LIMIT, writes[i].result);
    assert_ok(writes[7].result);
    assert_err(ERR_NOT_FOUND, writes[8].result);
    assert_ok(writes[9].result);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(BATCH_PENDING, help_get(control, submissions[i].batch.id).state);
    assert_int_equal(BATCH_FAILED, help_get(control, victim).state);
}

static size_t list(struct control_batch_query query, struct batch **ret)
{
    size_t count;
    assert_ok(control->ops->batch_list(control, &query, scratch(), ret, &count));
    assert_true(count <= query.limit);
    return count;
}

static void pages_neither_skip_nor_repeat(void **state)
{
    (void)state;
    struct uuid ids[25];
    struct batch *page;
    struct control_batch_query query = {.account_id = account, .limit = 7};
    for (size_t i = 0; i < 25; i++) {
        ids[i] = help_submit(control, account, 10);
        help_submit(control, other, 10);
    }
    for (size_t seen = 0; seen < 25;) {
        size_t count = list(query, &page);
        assert_int_equal(25 - seen < 7 ? 25 - seen : 7, count);
        for (size_t i = 0; i < count; i++) assert_true(uuid_eq(ids[24 - seen - i], page[i].id));
        seen += count;
        query.has_after = true;
        query.after = page[count - 1].id;
        help_submit(control, account, 10); /* comes before the first page */
    }
    assert_int_equal(0, list(query, &page));
}

static void foreign_cursors_are_refused(void **state)
{
    (void)state;
    struct batch *page;
    size_t count;
    struct control_batch_query query = {.account_id = account, .limit = 5, .has_after = true};
    query.after = help_submit(control, other, 10);
    assert_err(ERR_NOT_FOUND, control->ops->batch_list(control, &query, scratch(), &page, &count));
    query.after = uuid_new();
    assert_err(ERR_NOT_FOUND, control->ops->batch_list(control, &query, scratch(), &page, &count));
}

static void lists_know_every_state(void **state)
{
    (void)state;
    struct uuid done = help_submit(control, account, 10);
    help_complete(control, done);
    struct uuid processing = help_submit(control, account, 20);
    help_claim(control);
    struct uuid pending = help_submit(control, account, 10);
    struct uuid cancelled = help_submit(control, account, 10);
    assert_ok(help_cancel(control, account, cancelled, NULL));
    struct uuid expected[] = {pending, processing, done, cancelled};
    struct batch *page;
    for (enum batch_state s = BATCH_PENDING; s <= BATCH_FAILED; s++) {
        struct control_batch_query query = {.account_id = account, .state = s, .limit = 1};
        assert_int_equal(1, list(query, &page));
        assert_true(uuid_eq(expected[s - 1], page[0].id));
        assert_int_equal(s, page[0].state);
        query.limit = 10;
        assert_int_equal(1, list(query, &page));
    }
}

/* ---- claims ---- */

static void claims_cover_the_batch_once(void **state)
{
    (void)state;
    struct uuid id = help_submit(control, account, 34);
    uint32_t next = 0;
    for (uint32_t i = 0; i < 4; i++) {
        struct claim claim = help_claim(control);
        assert_true(uuid_eq(id, claim.batch_id));
        assert_int_equal(i, claim.number);
        assert_int_equal(next, claim.first_identifier);
        assert_int_equal(i < 3 ? 10 : 4, claim.identifier_count);
        assert_int_equal(0, claim.failures);
        next += claim.identifier_count;
    }
    assert_int_equal(34, next);
}

static void batches_take_turns(void **state)
{
    (void)state;
    struct uuid ids[3];
    for (int i = 0; i < 3; i++) ids[i] = help_submit(control, account, 30);
    for (uint32_t i = 0; i < 9; i++) {
        struct claim claim = help_claim(control);
        assert_true(uuid_eq(ids[i % 3], claim.batch_id));
        assert_int_equal(i / 3, claim.number);
    }
}

static void progress_is_seen_at_once(void **state)
{
    (void)state;
    bool is_last;
    struct uuid id = help_submit(control, account, 20);
    struct batch batch = help_get(control, id);
    assert_int_equal(BATCH_PENDING, batch.state);
    assert_int_equal(0, batch.started_us);
    struct claim claim = help_claim(control);
    batch = help_get(control, id);
    assert_int_equal(BATCH_PROCESSING, batch.state);
    assert_true(batch.started_us >= batch.created_us);
    assert_int_equal(20, batch_pending_count(&batch));
    assert_ok(help_commit(control, &claim, &is_last));
    assert_false(is_last);
    batch = help_get(control, id);
    help_check_counts(&batch, 9, 1, 0, 0);
    help_check_pieces(control, id, 1);
}

static void expired_leases_are_taken_over(void **state)
{
    (void)state;
    bool is_last = false;
    struct uuid id = help_submit(control, account, 10);
    struct claim slow = help_claim(control);
    int64_t start_us = os_monotonic_us();
    struct claim fast = help_claim(control); /* waits for the lease to end */
    int64_t waited_us = os_monotonic_us() - start_us;
    assert_true(waited_us >= CONTROL_VARIANT_LEASE_US / 2 && waited_us < CONTROL_VARIANT_LEASE_US * 10);
    assert_int_equal(slow.number, fast.number);
    assert_true(fast.epoch > slow.epoch);
    assert_err(ERR_STALE, help_commit(control, &slow, &is_last));
    help_check_pieces(control, id, 0);
    assert_ok(help_commit(control, &fast, &is_last));
    assert_true(is_last);
    assert_err(ERR_STALE, help_commit(control, &fast, &is_last));
    assert_err(ERR_STALE, help_commit(control, &slow, &is_last));
    control->ops->release_claim(control, &slow, 0);
    assert_ok(help_finish(control, id, BATCH_ERROR_NONE));
    help_check_pieces(control, id, 1);
}

static void late_commits_count_while_nobody_took_over(void **state)
{
    (void)state;
    bool is_last = false;
    help_submit(control, account, 10);
    struct claim claim = help_claim(control);
    usleep(CONTROL_VARIANT_LEASE_US * 3 / 2);
    assert_ok(help_commit(control, &claim, &is_last));
    assert_true(is_last);
}

static void released_claims_come_back_after_their_pause(void **state)
{
    (void)state;
    bool is_last;
    help_submit(control, account, 10);
    struct claim claim = help_claim(control);
    control->ops->release_claim(control, &claim, 0);
    assert_err(ERR_STALE, help_commit(control, &claim, &is_last));
    struct claim again = help_claim(control);
    assert_int_equal(0, again.failures);
    assert_true(again.epoch > claim.epoch);
    again.failures = 3;
    int64_t start_us = os_monotonic_us();
    control->ops->release_claim(control, &again, 30000);
    claim = help_claim(control);
    assert_true(os_monotonic_us() - start_us >= 30000);
    assert_int_equal(3, claim.failures);
}

static void *claim_in_thread(void *ret)
{
    struct claim claim;
    *(enum err *)ret = control->ops->claim(control, &claim);
    return NULL;
}

static void claim_waits_for_work_and_for_the_end(void **state)
{
    (void)state;
    pthread_t threads[2];
    enum err results[2] = {ERR_UNKNOWN_OUTCOME, ERR_UNKNOWN_OUTCOME};
    for (int i = 0; i < 2; i++)
        assert_int_equal(0, pthread_create(&threads[i], NULL, claim_in_thread, &results[i]));
    usleep(20000);
    help_submit(control, account, 10);
    usleep(20000);
    control->ops->stop(control);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    assert_true((results[0] == OK && results[1] == ERR_CLOSED) ||
                (results[0] == ERR_CLOSED && results[1] == OK));
    struct claim claim;
    assert_err(ERR_CLOSED, control->ops->claim(control, &claim));
}

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
    assert_ok(help_erase(control, account, id));
    uint32_t sum = 0;
    for (size_t i = 0; i < pieces.bytes_n; i++) sum += (unsigned char)pieces.bytes[i]; /* no fault */
    assert_int_equal(0, sum);
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

int control_conformance(const char *name_cstr, const struct control_variant *tested)
{
    const struct CMUnitTest tests[] = {
        TEST(keys_are_found_and_listed),
        TEST(revoked_keys_stay_revoked),
        TEST(a_submitted_batch_is_there),
        TEST(foreign_batches_are_not_found),
        TEST(active_batches_are_limited),
        TEST(refusals_leave_the_rest_of_a_group_alone),
        TEST(pages_neither_skip_nor_repeat),
        TEST(foreign_cursors_are_refused),
        TEST(lists_know_every_state),
        TEST(claims_cover_the_batch_once),
        TEST(batches_take_turns),
        TEST(progress_is_seen_at_once),
        TEST(expired_leases_are_taken_over),
        TEST(late_commits_count_while_nobody_took_over),
        TEST(released_claims_come_back_after_their_pause),
        TEST(claim_waits_for_work_and_for_the_end),
        TEST(completed_batches_keep_everything),
        TEST(completing_takes_all_claims),
        TEST(cancelled_batches_keep_what_can_be_served),
        TEST(pending_batches_can_be_cancelled),
        TEST(failed_batches_say_so),
        TEST(erased_batches_leave_their_row),
        TEST(open_pieces_survive_the_erasure),
        TEST(expired_batches_are_named_oldest_first),
        TEST(unfinished_batches_go_on_after_reopening),
        TEST(checkpoints_save_work),
        TEST(unsaved_batches_are_named),
        TEST(each_claim_counts_once_whoever_does_it),
    };
    variant = tested;
    return cmocka_run_group_tests_name(name_cstr, tests, NULL, NULL);
}
