/* Request rates: the window slides, keys are apart, a refused request costs nothing. */
#include "unit.h"

#include "api/rate.h"

#define SECOND ((int64_t)1000000)
#define START  (1000 * 60 * SECOND) /* the beginning of a minute */

static int set_up(void **state)
{
    return rate_new((struct rate **)state) != OK;
}

static int tear_down(void **state)
{
    rate_free(*state);
    return 0;
}

static struct rate_verdict take(void *rate, const char *id, uint32_t limit, int64_t now_us)
{
    struct rate_verdict verdict;
    assert_ok(rate_take(rate, id, &(struct rate_limit){0, limit}, 1, now_us, &verdict));
    return verdict;
}

static void requests_up_to_the_limit_are_allowed(void **state)
{
    for (uint32_t i = 0; i < 10; i++) {
        struct rate_verdict verdict = take(*state, "AAAAAAAA", 10, START + i);
        assert_true(verdict.is_allowed);
        assert_int_equal(9 - i, verdict.remaining);
        assert_in_range(verdict.reset_s, 1, 120);
    }
    struct rate_verdict verdict = take(*state, "AAAAAAAA", 10, START + SECOND);
    assert_false(verdict.is_allowed);
    assert_int_equal(0, verdict.remaining);
    assert_true(verdict.retry_after_s >= 1);
}

static void keys_do_not_share(void **state)
{
    assert_true(take(*state, "AAAAAAAA", 1, START).is_allowed);
    assert_false(take(*state, "AAAAAAAA", 1, START).is_allowed);
    assert_true(take(*state, "BBBBBBBB", 1, START).is_allowed);
}

/* The place that a minute's end sets free comes back bit by bit, not all at once. */
static void the_window_slides(void **state)
{
    uint32_t allowed = 0;
    for (int i = 0; i < 100; i++) take(*state, "AAAAAAAA", 100, START + 59 * SECOND);
    assert_false(take(*state, "AAAAAAAA", 100, START + 60 * SECOND).is_allowed);
    for (int i = 0; i < 100; i++) allowed += take(*state, "AAAAAAAA", 100, START + 90 * SECOND).is_allowed;
    assert_int_equal(50, allowed);
    assert_true(take(*state, "AAAAAAAA", 100, START + 240 * SECOND).is_allowed);
    assert_int_equal(98, take(*state, "AAAAAAAA", 100, START + 240 * SECOND).remaining);
}

/* Whoever comes back after retry_after_s gets through, whatever the stream looked like. */
static void retry_after_is_late_enough(void **state)
{
    const uint32_t limits[] = {1, 2, 7, 100, 1000};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        char id[TOKEN_ID_BYTES] = {'A', 'A', 'A', 'A', 'A', 'A', 'A', (char)('a' + i)};
        for (int64_t at = 0; at < 180 * SECOND; at += 7 * SECOND / 10) {
            struct rate_verdict verdict;
            do verdict = take(*state, id, limits[i], START + at);
            while (verdict.is_allowed);
            at += verdict.retry_after_s * SECOND;
            assert_true(take(*state, id, limits[i], START + at).is_allowed);
        }
    }
}

/* The current minute alone never takes more than the limit, and a refusal is not counted. */
static void refusals_cost_nothing(void **state)
{
    for (int i = 0; i < 1000; i++) take(*state, "AAAAAAAA", 5, START);
    assert_true(take(*state, "AAAAAAAA", 5, START + 120 * SECOND).is_allowed);
    assert_int_equal(3, take(*state, "AAAAAAAA", 5, START + 120 * SECOND).remaining);
}

static void the_table_grows(void **state)
{
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 2000; i++) {
            char id[TOKEN_ID_BYTES + 1];
            snprintf(id, sizeof id, "%08" PRIu32, i);
            assert_int_equal(1 - round, take(*state, id, 2, START).remaining);
        }
    }
}

/* A request counts in both windows or, if either refuses, in none. */
static void two_limits_hold_together(void **state)
{
    struct rate_verdict verdict;
    const struct rate_limit both[] = {{0, 5}, {1, 2}}, all[] = {{0, 5}};
    for (uint32_t i = 0; i < 4; i++) {
        assert_ok(rate_take(*state, "AAAAAAAA", both, 2, START, &verdict));
        assert_int_equal(i < 2, verdict.is_allowed);
        assert_int_equal(1, verdict.window);
        assert_int_equal(2, verdict.limit);
    }
    for (uint32_t i = 0; i < 4; i++) {
        assert_ok(rate_take(*state, "AAAAAAAA", all, 1, START, &verdict));
        assert_int_equal(i < 3, verdict.is_allowed);
    }
    assert_ok(rate_take(*state, "AAAAAAAA", both, 2, START, &verdict));
    assert_false(verdict.is_allowed);
    assert_true(take(*state, "BBBBBBBB", 5, START).is_allowed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(requests_up_to_the_limit_are_allowed),
        TEST(keys_do_not_share),
        TEST(the_window_slides),
        TEST(retry_after_is_late_enough),
        TEST(refusals_cost_nothing),
        TEST(the_table_grows),
        TEST(two_limits_hold_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
