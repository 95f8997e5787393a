/* inputs: duplicates and the stored form; claim_size: how a batch is cut. */
#include "unit.h"

#include "jobs/claim_size.h"
#include "jobs/inputs.h"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 256 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

/* The prefix and a number below modulus each. */
static struct input *make(size_t count, const char *prefix_cstr, unsigned modulus)
{
    struct input *inputs = arena_array(&arena, count, sizeof *inputs);
    for (unsigned i = 0; i < count; i++) {
        char text[128];
        int n = snprintf(text, sizeof text, "%s%u@example.com", prefix_cstr, i % modulus);
        inputs[i].text = arena_copy(&arena, str_of(text, (size_t)n));
    }
    return inputs;
}

static void round_trip(struct input *inputs, size_t count)
{
    struct buf encoded;
    struct input *decoded;
    size_t decoded_count;
    buf_init(&encoded, 64 << 20);
    buf_add(&encoded, STR("before"));
    assert_ok(inputs_encode(inputs, count, &encoded));
    assert_ok(inputs_decode(str_from(buf_str(&encoded), 6), &arena, &decoded, &decoded_count));
    assert_int_equal(count, decoded_count);
    for (size_t i = 0; i < count; i++) {
        assert_str(inputs[i].text, decoded[i].text);
        assert_int_equal(inputs[i].is_duplicate, decoded[i].is_duplicate);
    }
    buf_fini(&encoded);
}

static void lists_come_back_as_they_were(void **state)
{
    (void)state;
    struct input odd[] = {{STR(""), false},     {STR("a\0b"), true}, {STR("\xff\xfe"), false},
                          {STR("long"), false}, {STR(""), true},     {STR("https://x/\n"), false}};
    odd[3].text = str_of(arena_alloc(&arena, 100000), 100000);
    round_trip(odd, 6);
    round_trip(odd, 1);
    round_trip(make(10000, "a-rather-long-name-", 10000), 10000);
}

static void later_equals_are_duplicates(void **state)
{
    (void)state;
    struct input *inputs = make(1000, "person-", 300);
    assert_ok(inputs_mark_duplicates(inputs, 1000, &arena));
    for (size_t i = 0; i < 1000; i++) assert_int_equal(i >= 300, inputs[i].is_duplicate);
    inputs[500].text = STR("PERSON-200@example.com"); /* bytes count, not meaning */
    assert_ok(inputs_mark_duplicates(inputs, 1000, &arena));
    assert_false(inputs[500].is_duplicate);
    round_trip(inputs, 1000);
}

static void scarce_memory_is_reported(void **state)
{
    (void)state;
    struct arena small;
    struct buf encoded;
    struct input *inputs = make(1000, "", 1000);
    arena_init(&small, 64);
    buf_init(&encoded, 16);
    assert_err(ERR_NOMEM, inputs_mark_duplicates(inputs, 1000, &small));
    assert_err(ERR_NOMEM, inputs_encode(inputs, 1000, &encoded));
    buf_fini(&encoded);
    arena_fini(&small);
}

/* Whatever byte is damaged, decoding ends with an error or with other inputs, and within the memory. */
static void damage_is_survived(void **state)
{
    (void)state;
    struct buf encoded;
    struct input *decoded;
    size_t count, refused = 0;
    buf_init(&encoded, 1 << 20);
    assert_ok(inputs_encode(make(50, "slug-", 50), 50, &encoded));
    for (size_t i = 0; i < encoded.n; i++) {
        encoded.p[i] = (char)~encoded.p[i];
        enum err e = inputs_decode(buf_str(&encoded), &arena, &decoded, &count);
        refused += e == ERR_CORRUPT || e == ERR_NOMEM;
        encoded.p[i] = (char)~encoded.p[i];
        assert_true(inputs_decode(str_slice(buf_str(&encoded), 0, i), &arena, &decoded, &count) != OK);
        arena_reset(&arena);
    }
    assert_true(refused > 0);
    buf_fini(&encoded);
}

/* What must hold for every cut: whole chunks a part, and pieces near the wanted size where the chunk allows.
 */
static void cuts_keep_whole_chunks(void **state)
{
    (void)state;
    static const size_t lines[] = {1, 150, 1235, 4070, 100000, 1 << 30};
    for (uint32_t chunk = 10; chunk <= 1000; chunk++) {
        for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
            struct claim_size size = claim_size(chunk, lines[i], 256 << 10);
            uint64_t part = (uint64_t)size.claim_identifiers * size.part_claims;
            size_t target = lines[i] < (256 << 10) ? (256 << 10) / lines[i] : 1;
            assert_true(size.claim_identifiers >= 1 && size.part_claims >= 1);
            assert_int_equal(0, part % chunk);
            assert_true(size.claim_identifiers <= target || size.claim_identifiers == chunk);
        }
    }
}

static void cuts_for_common_jobs(void **state)
{
    (void)state;
    static const struct {
        uint32_t chunk;
        size_t line;
        uint32_t claim, part_claims;
    } rows[] = {
        {100, 1235, 200, 1},  {100, 4070, 50, 2},  {10, 1235, 210, 1}, {1000, 1235, 200, 5},
        {1000, 4070, 50, 20}, {997, 1235, 997, 1}, {64, 4070, 64, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct claim_size size = claim_size(rows[i].chunk, rows[i].line, 256 << 10);
        assert_int_equal(rows[i].claim, size.claim_identifiers);
        assert_int_equal(rows[i].part_claims, size.part_claims);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_come_back_as_they_were), cmocka_unit_test(later_equals_are_duplicates),
        cmocka_unit_test(scarce_memory_is_reported),    cmocka_unit_test(damage_is_survived),
        cmocka_unit_test(cuts_keep_whole_chunks),       cmocka_unit_test(cuts_for_common_jobs),
    };
    return cmocka_run_group_tests_name("inputs", tests, set_up, tear_down);
}
