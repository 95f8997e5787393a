/* additions: texts that contain shorter ones in pieces, there and back, and damaged steps. */
#include "unit.h"

#include "base/hash.h"
#include "entity/additions.h"

static struct buf steps, whole;

static int set_up(void **state)
{
    (void)state;
    buf_init(&steps, 1 << 16);
    buf_init(&whole, 1 << 16);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_fini(&steps);
    buf_fini(&whole);
    return 0;
}

static void assert_round_trip(str base, str text)
{
    buf_clear(&whole);
    assert_true(additions_apply(base, buf_str(&steps), &whole));
    assert_str(text, buf_str(&whole));
    assert_true(whole.n <= base.n + steps.n);
}

#define LONG "\"profile_picture_permalink\":\"https://media.example.net/x.jpg\""

static void members_that_are_left_out_are_added(void **state)
{
    static const struct {
        str base, whole;
    } rows[] = {
        {STR_INIT("{" LONG "}"), STR_INIT("{" LONG ",\"more\":1}")},
        {STR_INIT("{" LONG "}"), STR_INIT("{\"more\":1," LONG "}")},
        {STR_INIT("{" LONG ",\"a\":{\"b\":2}}"), STR_INIT("{" LONG ",\"a\":{\"c\":3,\"b\":2},\"d\":4}")},
        {STR_INIT("{" LONG ",\"raw\":\"x\"}"), STR_INIT("{" LONG ",\"raw_more\":\"x\",\"raw\":\"x\"}")},
        {STR_INIT(LONG), STR_INIT(LONG)},
        {STR_INIT(""), STR_INIT("")},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buf_clear(&steps);
        if (rows[i].whole.n) assert_true(additions_find(rows[i].base, rows[i].whole, &steps));
        assert_round_trip(rows[i].base, rows[i].whole);
    }
}

static void what_is_not_contained_is_not_found(void **state)
{
    (void)state;
    buf_clear(&steps);
    buf_add(&steps, STR("before"));
    assert_false(additions_find(STR("{\"a\":1}"), STR("{\"b\":2,\"c\":3}"), &steps));
    assert_false(additions_find(STR("abcdef"), STR("abc"), &steps));
    assert_false(additions_find(STR(""), STR("longer steps than text"), &steps));
    assert_str(STR("before"), buf_str(&steps));
    struct buf tiny;
    buf_init(&tiny, 2);
    assert_false(additions_find(STR(LONG), STR(LONG "and more"), &tiny));
    assert_true(tiny.is_failed);
    buf_fini(&tiny);
}

/* Pieces of a random text, over few letters so that wrong places look right: found or not, never wrong. */
static void random_texts(void **state)
{
    uint64_t seed = 1, found = 0;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char base[256], text[256];
        size_t base_bytes = 0, bytes = 1 + (size_t)(seed >> 7) % 250;
        bool is_kept = true;
        for (size_t i = 0; i < bytes; i++) {
            seed = hash_u64(seed + 0x9e3779b97f4a7c15u);
            text[i] = (char)('a' + seed % (round % 2 ? 3 : 20));
            if (seed >> 32 & 0x1f) {
                if (is_kept) base[base_bytes++] = text[i];
            } else {
                is_kept = !is_kept;
            }
        }
        buf_clear(&steps);
        if (!additions_find(str_of(base, base_bytes), str_of(text, bytes), &steps)) continue;
        assert_round_trip(str_of(base, base_bytes), str_of(text, bytes));
        found++;
    }
    assert_true(found > 1000);
}

static void damaged_steps_stay_inside(void **state)
{
    (void)state;
    str base = STR("{" LONG "}");
    assert_true(additions_find(base, STR("{" LONG ",\"more\":1}"), &steps));
    char *copy = malloc(steps.n);
    for (size_t i = 0; i < steps.n; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(copy, steps.p, steps.n);
            copy[i] = (char)((unsigned char)copy[i] ^ 1u << bit);
            buf_clear(&whole);
            if (additions_apply(base, str_of(copy, steps.n), &whole))
                assert_true(whole.n <= base.n + steps.n);
        }
        buf_clear(&whole);
        assert_true(i == 0 || !additions_apply(base, str_slice(buf_str(&steps), 0, i), &whole));
    }
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(members_that_are_left_out_are_added, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_contained_is_not_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_steps_stay_inside, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
