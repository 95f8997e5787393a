/* Signatures and the schedule. */
#include "unit.h"

#include "hooks/schedule.h"
#include "hooks/signature.h"

#define SECOND_US INT64_C(1000000)

/* ---- signatures: the expected values are Python's, from its hmac module ---- */

static struct hook_secret secret_of_version(uint32_t version)
{
    uint8_t master[32];
    struct hook_secrets secrets;
    for (uint8_t i = 0; i < sizeof master; i++) master[i] = i;
    hook_secrets_init(&secrets, str_of(master, sizeof master));
    return hook_secret(&secrets, "key45678", version);
}

static void expect_secret(const char *text, uint32_t version)
{
    struct buf out;
    struct hook_secret secret = secret_of_version(version);
    buf_init(&out, 200);
    hook_secret_add_text(&out, &secret);
    assert_str(str_of_cstr(text), buf_str(&out));
    buf_fini(&out);
}

static void a_secret_is_of_a_key_and_a_version(void **state)
{
    (void)state;
    expect_secret("whsec_4gOG4ss5gJf13OqnIg400hh3JgeWplH/hpQs9gvkdx0=", 1);
    expect_secret("whsec_TYUdt2wXBgftd+H4QchTY/k45vVlcOdFjdal/quKJWc=", 2);
}

static void expect_signature(const char *text, str body, size_t room, enum err expected)
{
    struct buf out;
    struct hook_secret secret = secret_of_version(1);
    buf_init(&out, room);
    hook_signature_add(&out, &secret, STR("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330, body);
    assert_err(expected, buf_check(&out));
    if (expected == OK) assert_str(str_of_cstr(text), buf_str(&out));
    buf_fini(&out);
}

static void a_signature_is_of_id_time_and_body(void **state)
{
    (void)state;
    expect_signature("v1,qfpevTYZB0ptEeOSnFqSGcK3iQkd93XdfohK/ypu+zc=", STR("{\"test\": 2432232314}"), 200,
                     OK);
    expect_signature("v1,Eri2RtAaNFHlWWKHoC+4BXR0tZZAr/yxBI27QWXduYY=", (str){0}, 200, OK);
    expect_signature("", STR("x"), 20, ERR_NOMEM);
}

/* ---- the schedule ---- */

static const int64_t delays_us[] = {5 * SECOND_US, 300 * SECOND_US};
static const struct hook_schedule schedule = {delays_us, 2, 1000 * SECOND_US};

static void each_failure_waits_longer_and_then_it_is_over(void **state)
{
    (void)state;
    int64_t next_us = 0;
    assert_true(hook_schedule_next(&schedule, 1, 0, 0, 7, &next_us));
    assert_int_equal(7 + 5 * SECOND_US, next_us);
    assert_true(hook_schedule_next(&schedule, 2, 0, 0, 7, &next_us));
    assert_int_equal(7 + 300 * SECOND_US, next_us);
    assert_false(hook_schedule_next(&schedule, 3, 0, 0, 7, &next_us));
    assert_false(hook_schedule_next(&schedule, UINT32_MAX, 60 * SECOND_US, 0, 7, &next_us));
    static const struct hook_schedule once = {NULL, 0, 0};
    assert_false(hook_schedule_next(&once, 1, 0, 0, 7, &next_us));
}

static void up_to_a_tenth_is_added(void **state)
{
    (void)state;
    int64_t next_us, least_us = INT64_MAX, most_us = 0;
    for (uint32_t random = 0; random < 5000; random++) {
        assert_true(hook_schedule_next(&schedule, 2, 0, random * 7919, 0, &next_us));
        if (next_us < least_us) least_us = next_us;
        if (next_us > most_us) most_us = next_us;
    }
    assert_int_equal(300 * SECOND_US, least_us);
    assert_int_equal(330 * SECOND_US, most_us);
}

static void a_receiver_may_ask_for_patience_within_bounds(void **state)
{
    (void)state;
    int64_t next_us;
    assert_true(hook_schedule_next(&schedule, 1, 60 * SECOND_US, 0, 0, &next_us));
    assert_int_equal(60 * SECOND_US, next_us);
    assert_true(hook_schedule_next(&schedule, 2, 60 * SECOND_US, 0, 0, &next_us)); /* never sooner */
    assert_int_equal(300 * SECOND_US, next_us);
    assert_true(hook_schedule_next(&schedule, 1, INT64_MAX, 0, 0, &next_us));
    assert_int_equal(1000 * SECOND_US, next_us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_of_a_key_and_a_version),
        cmocka_unit_test(a_signature_is_of_id_time_and_body),
        cmocka_unit_test(each_failure_waits_longer_and_then_it_is_over),
        cmocka_unit_test(up_to_a_tenth_is_added),
        cmocka_unit_test(a_receiver_may_ask_for_patience_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
