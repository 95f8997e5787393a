/* The suite's first part: keys, batches, lists, claims. Then control_ends.c, control_deliveries.c. */
#include "conformance/control_case.h"

#include "unit.h"

#include <pthread.h>
#include <unistd.h>

#include "base/os.h"
#include "conformance/control_help.h"
#include "folder.h"

struct control *control;
int64_t account, other;

static const struct control_variant *variant;
static char folder[FOLDER_PATH_MAX];

int set_up(void **state)
{
    (void)state;
    folder_make(folder);
    control = variant->open(folder);
    account = help_account(control, "one");
    other = help_account(control, "two");
    return 0;
}

int tear_down(void **state)
{
    (void)state;
    control->ops->close(control);
    folder_remove(folder);
    return 0;
}

void reopen(void)
{
    control->ops->close(control);
    control = variant->open(folder);
}

struct arena *scratch(void)
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

static void what_a_key_may_do_is_kept_and_can_be_changed(void **state)
{
    (void)state;
    struct api_key key = new_key("one", 1), found;
    str name = STR("other"), scopes = STR("batch:read"), none = STR("");
    int64_t never = 0;
    key.scopes = STR("enrich:person,batch:read");
    key.families = STR("skills");
    key.expires_us = 9;
    assert_err(ERR_NOT_FOUND,
               control->ops->key_set(control, key.token.id, &(struct api_key_change){.name = &name}));
    assert_ok(control->ops->key_create(control, &key));
    assert_ok(control->ops->key_find(control, key.token.id, scratch(), &found));
    assert_str(key.scopes, found.scopes);
    assert_str(key.families, found.families);
    assert_ok(control->ops->key_set(control, key.token.id,
                                    &(struct api_key_change){.name = &name, .scopes = &scopes}));
    assert_ok(control->ops->key_find(control, key.token.id, scratch(), &found));
    assert_str(name, found.name);
    assert_str(scopes, found.scopes);
    assert_str(key.families, found.families);
    assert_int_equal(9, found.expires_us);
    assert_ok(control->ops->key_set(control, key.token.id,
                                    &(struct api_key_change){.families = &none, .expires_us = &never}));
    reopen();
    assert_ok(control->ops->key_find(control, key.token.id, scratch(), &found));
    assert_str(scopes, found.scopes);
    assert_str(none, found.families);
    assert_int_equal(0, found.expires_us);
}

static void a_key_is_rotated_once_while_it_lives(void **state)
{
    (void)state;
    struct api_key old = new_key("one", 10), next = new_key("one", 20), more = new_key("one", 30), found;
    old.expires_us = 100;
    assert_err(ERR_NOT_FOUND, control->ops->key_rotate(control, old.token.id, 50, &next));
    assert_err(ERR_NOT_FOUND, control->ops->key_find(control, next.token.id, scratch(), &found));
    assert_ok(control->ops->key_create(control, &old));
    assert_ok(control->ops->key_rotate(control, old.token.id, 50, &next));
    assert_ok(control->ops->key_find(control, old.token.id, scratch(), &found));
    assert_int_equal(50, found.expires_us);
    assert_str(str_of(next.token.id, TOKEN_ID_BYTES), found.successor_id);
    assert_err(ERR_EXISTS, control->ops->key_rotate(control, old.token.id, 50, &more));
    assert_ok(control->ops->key_revoke(control, next.token.id, 25));
    assert_err(ERR_CLOSED, control->ops->key_rotate(control, next.token.id, 50, &more));
    assert_err(ERR_NOT_FOUND, control->ops->key_find(control, more.token.id, scratch(), &found));
}

static void link_keys_are_rotated_and_forgotten(void **state)
{
    (void)state;
    struct link_key list[LINK_KEYS_MAX];
    size_t count;
    assert_ok(control->ops->link_key_list(control, list, &count));
    assert_int_equal(1, count);
    assert_int_equal(1, list[0].kid);
    assert_int_equal(0, list[0].retired_us);
    uint64_t mark = control->ops->keys_mark(control);
    assert_ok(control->ops->link_key_rotate(control, 5, false));
    assert_true(mark != control->ops->keys_mark(control));
    assert_ok(control->ops->link_key_rotate(control, 6, true));
    reopen();
    assert_ok(control->ops->link_key_list(control, list, &count));
    assert_int_equal(3, count);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(3 - i, list[i].kid);
        assert_int_equal(i == 0 ? 0 : 7 - i, list[i].retired_us);
        assert_int_equal(i == 0 ? 0 : 6, list[i].revoked_us);
    }
    for (int i = 0; i < LINK_KEYS_MAX; i++) assert_ok(control->ops->link_key_rotate(control, 7, false));
    assert_ok(control->ops->link_key_list(control, list, &count));
    assert_int_equal(LINK_KEYS_MAX, count);
    assert_int_equal(LINK_KEYS_MAX + 3, list[0].kid);
}

/* A batch is charged with all its identifiers, and ends with what it delivers. */
static void a_budget_is_charged_and_given_back(void **state)
{
    (void)state;
    struct api_key key = new_key("one", 1);
    struct budget budget;
    key.budget.total_max = 30;
    assert_ok(control->ops->key_create(control, &key));
    struct batch first = help_batch(account, 25), second = help_batch(account, 25);
    memcpy(first.key_id, key.token.id, TOKEN_ID_BYTES);
    memcpy(second.key_id, key.token.id, TOKEN_ID_BYTES);
    assert_ok(help_try_submit(control, &first, 5));
    assert_err(ERR_SPENT, help_try_submit(control, &second, 5));
    assert_ok(control->ops->budget_get(control, key.token.id, &budget));
    assert_int_equal(25, budget.total_used);
    struct control_write cancel = {.kind = WRITE_CANCEL, .account_id = account, .batch_id = first.id};
    struct control_write *writes[] = {&cancel};
    control->ops->apply(control, writes, 1);
    assert_ok(cancel.result);
    assert_ok(control->ops->budget_get(control, key.token.id, &budget));
    assert_int_equal(0, budget.total_used);
    struct control_write charge = {.kind = WRITE_CHARGE, .records = 30};
    memcpy(charge.charged_key, key.token.id, TOKEN_ID_BYTES);
    writes[0] = &charge;
    control->ops->apply(control, writes, 1);
    assert_ok(charge.result);
    control->ops->apply(control, writes, 1);
    assert_err(ERR_SPENT, charge.result);
    reopen();
    assert_ok(control->ops->budget_get(control, key.token.id, &budget));
    assert_int_equal(30, budget.total_used);
    assert_int_equal(30, budget.direct_used);
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
    batch.families = STR("a,c");
    batch.webhook_url = STR("https://hooks.example.com/x?y=1");
    batch.request_id = STR("look-for-me");
    assert_ok(help_try_submit(control, &batch, 1));
    for (int round = 0; round < 2; round++) {
        assert_ok(control->ops->batch_get(control, account, batch.id, scratch(), &found));
        assert_str(batch.fields, found.fields);
        assert_str(batch.families, found.families);
        assert_str(batch.webhook_url, found.webhook_url);
        assert_str(batch.request_id, found.request_id);
        assert_str(STR(""), found.error_message);
        found.fields = batch.fields;
        found.families = batch.families;
        found.webhook_url = batch.webhook_url;
        found.request_id = batch.request_id;
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

static void kept_batches_are_those_that_are_not_erased(void **state)
{
    (void)state;
    struct uuid ids[5], page[4];
    size_t count;
    for (size_t i = 0; i < 5; i++) ids[i] = help_submit(control, i % 2 ? other : account, 10);
    struct control_write erasure = {.kind = WRITE_ERASE, .account_id = account, .batch_id = ids[2]};
    struct control_write *group[] = {&erasure};
    control->ops->apply(control, group, 1);
    assert_ok(erasure.result);
    assert_ok(control->ops->kept_batches(control, NULL, page, 2, &count));
    assert_int_equal(2, count);
    assert_true(uuid_eq(ids[0], page[0]) && uuid_eq(ids[1], page[1]));
    struct uuid after = page[1];
    assert_ok(control->ops->kept_batches(control, &after, page, 4, &count));
    assert_int_equal(2, count);
    assert_true(uuid_eq(ids[3], page[0]) && uuid_eq(ids[4], page[1]));
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int control_conformance(const char *name_cstr, const struct control_variant *tested)
{
    const struct CMUnitTest tests[] = {
        TEST(keys_are_found_and_listed),
        TEST(revoked_keys_stay_revoked),
        TEST(what_a_key_may_do_is_kept_and_can_be_changed),
        TEST(a_key_is_rotated_once_while_it_lives),
        TEST(link_keys_are_rotated_and_forgotten),
        TEST(a_budget_is_charged_and_given_back),
        TEST(a_submitted_batch_is_there),
        TEST(foreign_batches_are_not_found),
        TEST(active_batches_are_limited),
        TEST(refusals_leave_the_rest_of_a_group_alone),
        TEST(pages_neither_skip_nor_repeat),
        TEST(kept_batches_are_those_that_are_not_erased),
        TEST(foreign_cursors_are_refused),
        TEST(lists_know_every_state),
        TEST(claims_cover_the_batch_once),
        TEST(batches_take_turns),
        TEST(progress_is_seen_at_once),
        TEST(expired_leases_are_taken_over),
        TEST(late_commits_count_while_nobody_took_over),
        TEST(released_claims_come_back_after_their_pause),
        TEST(claim_waits_for_work_and_for_the_end),
    };
    variant = tested;
    return cmocka_run_group_tests_name(name_cstr, tests, NULL, NULL) + control_ends_conformance(name_cstr) +
           control_deliveries_conformance(name_cstr);
}
