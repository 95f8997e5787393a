/* The Range header: which bytes, all bytes, or none. */
#include "unit.h"

#include "api/range.h"

#define BYTES 1000

static void expect(const char *header, enum range_kind kind, uint64_t from, uint64_t to)
{
    struct range range = range_parse(str_of_cstr(header), BYTES);
    if (range.kind != kind || (kind == RANGE_PART && (range.from != from || range.to != to)))
        fail_msg("%s: kind %d, %" PRIu64 " to %" PRIu64, header, (int)range.kind, range.from, range.to);
}

static void one_range_is_a_part(void **state)
{
    (void)state;
    expect("bytes=0-0", RANGE_PART, 0, 1);
    expect("bytes=0-499", RANGE_PART, 0, 500);
    expect("bytes=500-", RANGE_PART, 500, BYTES);
    expect("bytes=999-", RANGE_PART, 999, BYTES);
    expect("bytes=0-999", RANGE_PART, 0, BYTES);
    expect("bytes=0-5000", RANGE_PART, 0, BYTES);
    expect("bytes=-1", RANGE_PART, 999, BYTES);
    expect("bytes=-5000", RANGE_PART, 0, BYTES);
    expect("BYTES= 3-4 ", RANGE_PART, 3, 5);
    expect("bytes=,3-4,,", RANGE_PART, 3, 5);
}

static void what_lies_behind_the_end_cannot_be_had(void **state)
{
    (void)state;
    expect("bytes=1000-", RANGE_UNSATISFIABLE, 0, 0);
    expect("bytes=1000-2000", RANGE_UNSATISFIABLE, 0, 0);
    expect("bytes=-0", RANGE_UNSATISFIABLE, 0, 0);
    expect("bytes=1000-,-0", RANGE_UNSATISFIABLE, 0, 0);
}

static void several_ranges_are_answered_with_everything(void **state)
{
    (void)state;
    expect("bytes=0-1,5-6", RANGE_ALL, 0, 0);
    expect("bytes=0-1, 5000-", RANGE_ALL, 0, 0);
}

static void what_is_no_range_is_ignored(void **state)
{
    (void)state;
    const char *const wrong[] = {"",           "bytes",       "bytes=",     "bytes=,",    "bytes=-",
                                 "bytes=5-4",  "bytes=a-b",   "bytes=1-b",  "bytes=+1-2", "bytes=--1",
                                 "bytes=1",    "items=0-1",   "bytes 0-1",  "bytes=0-1x", "bytes=0-1-2",
                                 "bytes=1 -2", "bytes=0-1,x", "bytes=0x1-2"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) expect(wrong[i], RANGE_ALL, 0, 0);
}

static void numbers_may_be_larger_than_64_bits(void **state)
{
    (void)state;
    expect("bytes=0-99999999999999999999999", RANGE_PART, 0, BYTES);
    expect("bytes=0-18446744073709551615", RANGE_PART, 0, BYTES);
    expect("bytes=-99999999999999999999999", RANGE_PART, 0, BYTES);
    expect("bytes=99999999999999999999999-", RANGE_UNSATISFIABLE, 0, 0);
}

static void a_part_always_lies_inside(void **state)
{
    (void)state;
    const uint64_t ends[] = {0, 1, 2, 499, 998, 999, 1000, 1001, UINT64_MAX - 1, UINT64_MAX};
    const size_t count = sizeof ends / sizeof *ends;
    for (size_t i = 0; i < count * count * count; i++) {
        char header[80];
        uint64_t bytes = ends[i / count / count];
        int n = snprintf(header, sizeof header, "bytes=%" PRIu64 "-%" PRIu64, ends[i % count],
                         ends[i / count % count]);
        struct range range = range_parse(str_of(header, (size_t)n), bytes);
        if (range.kind == RANGE_PART) assert_true(range.from < range.to && range.to <= bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_range_is_a_part),
        cmocka_unit_test(what_lies_behind_the_end_cannot_be_had),
        cmocka_unit_test(several_ranges_are_answered_with_everything),
        cmocka_unit_test(what_is_no_range_is_ignored),
        cmocka_unit_test(numbers_may_be_larger_than_64_bits),
        cmocka_unit_test(a_part_always_lies_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
