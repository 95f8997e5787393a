/* The suite's part about webhook deliveries. */
#include "conformance/control_case.h"

#include "unit.h"

#include "base/os.h"
#include "conformance/control_help.h"

#define SECOND_US INT64_C(1000000)
#define URL       "https://hooks.example/x?y=1"

static enum err apply_one(struct control_write *write)
{
    control->ops->apply(control, &write, 1);
    return write->result;
}

static struct uuid submit_to(int64_t account_id, const char *url_cstr)
{
    struct batch batch = help_batch(account_id, HELP_CLAIM);
    batch.webhook_url = str_of_cstr(url_cstr);
    memcpy(batch.key_id, "key45678", TOKEN_ID_BYTES);
    assert_ok(help_try_submit(control, &batch, UINT32_MAX));
    return batch.id;
}

static struct uuid complete_to(int64_t account_id, const char *url_cstr)
{
    struct uuid id = submit_to(account_id, url_cstr);
    help_complete(control, id);
    return id;
}

static enum err get(int64_t account_id, struct uuid batch_id, struct delivery *ret,
                    struct delivery_attempt **ret_attempts, size_t *ret_count)
{
    return control->ops->delivery_get(control, account_id, batch_id, scratch(), ret, ret_attempts, ret_count);
}

static struct delivery delivery_of(struct uuid batch_id)
{
    struct delivery delivery;
    struct delivery_attempt *attempts;
    size_t count;
    assert_ok(get(account, batch_id, &delivery, &attempts, &count));
    return delivery;
}

static size_t due(struct delivery_query query, struct delivery **ret, int64_t *ret_next_us)
{
    size_t count;
    assert_ok(control->ops->deliveries_due(control, &query, scratch(), ret, &count, ret_next_us));
    return count;
}

static struct delivery_query everything(void)
{
    return (struct delivery_query){os_now_us(), 100, 100, 100};
}

static enum err record(struct uuid delivery_id, uint32_t status, const char *error, enum delivery_state state,
                       int64_t next_us)
{
    struct delivery_outcome outcome = {
        .delivery_id = delivery_id,
        .attempt = {.started_us = 5, .duration_ms = 7, .status = status, .error = str_of_cstr(error)},
        .state = state,
        .next_us = next_us,
    };
    struct control_write write = {.kind = WRITE_OUTCOMES, .outcomes = &outcome, .outcome_count = 1};
    return apply_one(&write);
}

static enum err redeliver(int64_t account_id, struct uuid batch_id)
{
    struct control_write write = {.kind = WRITE_REDELIVER, .account_id = account_id, .batch_id = batch_id};
    return apply_one(&write);
}

/* ---- events ---- */

static void expect_pending(struct uuid batch_id)
{
    struct delivery delivery = delivery_of(batch_id);
    struct batch batch = help_get(control, batch_id);
    assert_true(uuid_eq(batch_id, delivery.batch_id));
    assert_int_equal(account, delivery.account_id);
    assert_memory_equal("key45678", delivery.key_id, TOKEN_ID_BYTES);
    assert_int_equal(DELIVERY_PENDING, delivery.state);
    assert_int_equal(0, delivery.tried);
    assert_int_equal(batch.completed_us, delivery.created_us);
    assert_int_equal(batch.completed_us, delivery.next_us);
}

static void whatever_ends_a_batch_records_its_delivery(void **state)
{
    (void)state;
    struct uuid completed = complete_to(account, URL);
    struct uuid failed = submit_to(account, URL);
    struct uuid cancelled = submit_to(account, URL);
    struct uuid erased = submit_to(account, URL);
    struct delivery *list;
    int64_t next_us;
    assert_int_equal(1, due(everything(), &list, &next_us));
    assert_int_equal(0, next_us);
    assert_ok(help_finish(control, failed, BATCH_ERROR_INTERNAL));
    assert_ok(help_cancel(control, account, cancelled, NULL));
    assert_ok(help_erase(control, account, erased));
    for (int round = 0; round < 2; round++) {
        assert_int_equal(4, due(everything(), &list, &next_us));
        assert_str(STR(URL), list[0].url);
        expect_pending(completed);
        expect_pending(failed);
        expect_pending(cancelled);
        expect_pending(erased);
        reopen();
    }
    /* once a batch: what comes after its end is no event */
    assert_ok(help_cancel(control, account, cancelled, NULL));
    assert_ok(help_erase(control, account, completed));
    assert_int_equal(4, due(everything(), &list, &next_us));
}

static void without_a_url_there_is_no_delivery(void **state)
{
    (void)state;
    struct delivery delivery, *list;
    struct delivery_attempt *attempts;
    size_t count;
    int64_t next_us;
    struct uuid id = help_submit(control, account, HELP_CLAIM);
    help_complete(control, id);
    struct uuid pending = submit_to(account, URL);
    assert_err(ERR_NOT_FOUND, get(account, id, &delivery, &attempts, &count));
    assert_err(ERR_NOT_FOUND, get(account, pending, &delivery, &attempts, &count));
    assert_err(ERR_NOT_FOUND, get(account, uuid_new(), &delivery, &attempts, &count));
    assert_int_equal(0, due(everything(), &list, &next_us));
    assert_err(ERR_CONFLICT, redeliver(account, id));
    assert_err(ERR_CONFLICT, redeliver(account, pending));
    assert_err(ERR_NOT_FOUND, redeliver(account, uuid_new()));
}

/* ---- attempts ---- */

static void attempts_are_kept_and_move_the_delivery(void **state)
{
    (void)state;
    struct delivery delivery, *list;
    struct delivery_attempt *attempts;
    size_t count;
    int64_t next_us, later_us = os_now_us() + 3600 * SECOND_US;
    struct uuid id = complete_to(account, URL);
    struct uuid event = delivery_of(id).id;
    assert_ok(record(event, 0, "timed out", DELIVERY_PENDING, later_us));
    assert_int_equal(0, due(everything(), &list, &next_us));
    assert_int_equal(later_us, next_us);
    struct delivery_query query = everything();
    query.now_us = later_us;
    assert_int_equal(1, due(query, &list, &next_us));
    assert_int_equal(0, next_us);
    assert_int_equal(1, list[0].tried);
    assert_true(uuid_eq(event, list[0].id));
    assert_ok(record(event, 204, "", DELIVERY_DELIVERED, 0));
    assert_int_equal(0, due(query, &list, &next_us));
    reopen();
    assert_ok(get(account, id, &delivery, &attempts, &count));
    assert_true(uuid_eq(event, delivery.id));
    assert_int_equal(DELIVERY_DELIVERED, delivery.state);
    assert_int_equal(2, delivery.tried);
    assert_int_equal(2, count);
    assert_int_equal(5, attempts[0].started_us);
    assert_int_equal(7, attempts[0].duration_ms);
    assert_int_equal(0, attempts[0].status);
    assert_str(STR("timed out"), attempts[0].error);
    assert_int_equal(204, attempts[1].status);
    assert_str(STR(""), attempts[1].error);
}

static void only_the_latest_hundred_attempts_are_shown(void **state)
{
    (void)state;
    struct delivery delivery;
    struct delivery_attempt *attempts;
    size_t count;
    struct uuid id = complete_to(account, URL);
    struct uuid event = delivery_of(id).id;
    for (uint32_t i = 1; i <= 103; i++) assert_ok(record(event, i, "no", DELIVERY_GIVEN_UP, 0));
    assert_ok(get(account, id, &delivery, &attempts, &count));
    assert_int_equal(100, count);
    assert_int_equal(4, attempts[0].status);
    assert_int_equal(103, attempts[99].status);
}

static void a_delivery_can_be_asked_for_again(void **state)
{
    (void)state;
    struct delivery *list;
    int64_t next_us;
    struct uuid id = complete_to(account, URL);
    struct uuid event = delivery_of(id).id;
    assert_ok(record(event, 500, "no", DELIVERY_GIVEN_UP, 0));
    assert_int_equal(0, due(everything(), &list, &next_us));
    assert_err(ERR_NOT_FOUND, redeliver(other, id));
    assert_int_equal(DELIVERY_GIVEN_UP, delivery_of(id).state);
    assert_ok(redeliver(account, id));
    assert_int_equal(1, due(everything(), &list, &next_us));
    assert_true(uuid_eq(event, list[0].id));
    assert_int_equal(0, list[0].tried);
}

static void other_accounts_see_no_delivery(void **state)
{
    (void)state;
    struct delivery delivery;
    struct delivery_attempt *attempts;
    size_t count;
    struct uuid id = complete_to(account, URL);
    assert_err(ERR_NOT_FOUND, get(other, id, &delivery, &attempts, &count));
    assert_err(ERR_NOT_FOUND, get(0, id, &delivery, &attempts, &count));
}

/* ---- fairness ---- */

static size_t count_of(const struct delivery *list, size_t count, int64_t account_id, const char *url_cstr)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += list[i].account_id == account_id && str_eq(list[i].url, str_of_cstr(url_cstr));
    return found;
}

static void a_long_queue_of_one_receiver_keeps_nobody_waiting(void **state)
{
    (void)state;
    static const char *const urls[] = {"https://a.example/1", "https://A.example?2", "http://b.example:80/",
                                       "http://b.example:81/"};
    struct delivery *list;
    int64_t next_us;
    for (int i = 0; i < 5; i++) complete_to(account, urls[0]);
    for (int i = 1; i < 4; i++) complete_to(account, urls[i]);
    complete_to(other, urls[0]);
    struct delivery_query query = {os_now_us(), 2, 100, 100};
    size_t count = due(query, &list, &next_us);
    assert_int_equal(5, count);
    assert_int_equal(2, count_of(list, count, account, urls[0])); /* [1] is of the same host */
    assert_int_equal(1, count_of(list, count, account, urls[2]));
    assert_int_equal(1, count_of(list, count, account, urls[3]));
    assert_int_equal(1, count_of(list, count, other, urls[0]));
    for (size_t i = 1; i < count; i++) assert_true(list[i - 1].next_us <= list[i].next_us);
    query.account_max = 3;
    count = due(query, &list, &next_us);
    assert_int_equal(4, count);
    assert_int_equal(1, count_of(list, count, other, urls[0]));
    query.max = 1;
    assert_int_equal(1, due(query, &list, &next_us));
    assert_str(str_of_cstr(urls[0]), list[0].url);
}

/* ---- secrets ---- */

static void a_keys_secret_has_versions(void **state)
{
    (void)state;
    struct api_key key = {.account_name = STR("one"), .name = STR("label"), .created_us = 1}, found;
    char text[TOKEN_TEXT_BYTES];
    uint32_t version;
    token_new(text, &key.token);
    assert_err(ERR_NOT_FOUND, control->ops->key_change_secret(control, key.token.id, 5, &version));
    assert_ok(control->ops->key_create(control, &key));
    assert_ok(control->ops->key_find(control, key.token.id, scratch(), &found));
    assert_int_equal(1, found.secret_version);
    assert_int_equal(0, found.secret_changed_us);
    assert_ok(control->ops->key_change_secret(control, key.token.id, 5, &version));
    assert_int_equal(2, version);
    reopen();
    assert_ok(control->ops->key_find(control, key.token.id, scratch(), &found));
    assert_int_equal(2, found.secret_version);
    assert_int_equal(5, found.secret_changed_us);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int control_deliveries_conformance(const char *name_cstr)
{
    const struct CMUnitTest tests[] = {
        TEST(whatever_ends_a_batch_records_its_delivery),
        TEST(without_a_url_there_is_no_delivery),
        TEST(attempts_are_kept_and_move_the_delivery),
        TEST(only_the_latest_hundred_attempts_are_shown),
        TEST(a_delivery_can_be_asked_for_again),
        TEST(other_accounts_see_no_delivery),
        TEST(a_long_queue_of_one_receiver_keeps_nobody_waiting),
        TEST(a_keys_secret_has_versions),
    };
    return cmocka_run_group_tests_name(name_cstr, tests, NULL, NULL);
}
