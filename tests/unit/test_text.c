/* The short way of plain text against the long one through libunistring: both must say the same. */
#include "unit.h"

#include <unistr.h>

#include "entity/plain_text.h"
#include "entity/text.h"

#define CHARACTER_MAX 0x10ffffu
#define ARENA_BYTES   ((size_t)64 << 10)

static const enum text_form forms[] = {TEXT_NFKC, TEXT_NFC_LOWER, TEXT_NFKC_LOWER, TEXT_NFKC_CASEFOLD};

/* A blank at the end makes a text not plain, and cleaning drops it. */
static void check_both_ways(str text, struct arena *arena)
{
    char longer[64] = {0};
    str given = str_of(longer, text.n + 1), fast, slow;
    must(given.n <= sizeof longer);
    memcpy(longer, text.p, text.n);
    longer[text.n] = ' ';
    arena_reset(arena);
    assert_false(plain_text_check(given));
    assert_ok(text_clean(text, arena, &fast));
    assert_ok(text_clean(given, arena, &slow));
    assert_str(slow, fast);
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        assert_ok(text_fold(forms[i], text, arena, &fast));
        if (!(text_seen(text) & TEXT_SEEN_HIGH)) continue; /* folding does not clean ASCII */
        assert_ok(text_fold(forms[i], given, arena, &slow));
        if (!str_eq(slow, fast)) fail_msg("form %zu of \"%.*s\"", i, STR_ARG(text));
    }
}

static str put_character(char *out, uint32_t c)
{
    int n = u8_uctomb((uint8_t *)out, c, 4);
    return str_of(out, n > 0 ? (size_t)n : 0);
}

static void every_plain_letter_folds_as_the_library_says(void **state)
{
    (void)state;
    struct arena arena;
    size_t count = 0;
    arena_init(&arena, ARENA_BYTES);
    for (uint32_t c = 0; c <= CHARACTER_MAX; c++) {
        char bytes[8];
        str character = put_character(bytes, c);
        if (!character.n || !plain_text_check(character)) continue;
        if (c >= 0x80) assert_int_equal(character.n, plain_letter_bytes(character));
        if (c >= 0x80) assert_true(text_is_shown(c));
        check_both_ways(character, &arena);
        count++;
    }
    arena_fini(&arena);
    assert_true(count > 30000);
}

/* Neighbours: plain letters of all scripts, and what might combine with them. */
static void no_neighbour_changes_a_plain_letter(void **state)
{
    static const uint32_t characters[] = {
        'a',    'I',    'i',    's',    '1',    '-',    ' ',    '.',     0xc0,    0xdf,   0xe9,   0xff,
        0x130,  0x131,  0x12e,  0x178,  0x1c4,  0x219,  0x301,  0x307,   0x323,   0x345,  0x391,  0x3a3,
        0x3ac,  0x3b9,  0x3c2,  0x3c3,  0x3cb,  0x410,  0x418,  0x306,   0x439,   0x45f,  0x5d0,  0x5b4,
        0x627,  0x653,  0x64a,  0x654,  0x928,  0x93c,  0x93e,  0x94d,   0x200c,  0x200d, 0x1100, 0x1161,
        0x11a8, 0xac00, 0xac01, 0x304b, 0x3099, 0x30fc, 0x4e00, 0x9fff,  0x1ea0,  0x1eff, 0xfb01, 0xff21,
        0x212b, 0xad,   0x2060, 0x3000, 0x00a0, 0x0f71, 0x0f72, 0x1f680, 0xe0020,
    };
    (void)state;
    struct arena arena;
    uint64_t seed = 1;
    size_t plain = 0;
    arena_init(&arena, ARENA_BYTES);
    for (int i = 0; i < 300000; i++) {
        char text[32];
        size_t n = 0;
        for (int length = 2 + i % 4; length > 0; length--) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            n += put_character(text + n, characters[(seed >> 33) % COUNT_OF(characters)]).n;
        }
        if (!plain_text_check(str_of(text, n))) continue;
        check_both_ways(str_of(text, n), &arena);
        plain++;
    }
    arena_fini(&arena);
    assert_true(plain > 10000);
}

static void damaged_bytes_are_not_plain(void **state)
{
    static const str damaged[] = {
        STR_INIT(""),
        STR_INIT("\xc3"),
        STR_INIT("\xc3("),
        STR_INIT("\xe3\x81"),
        STR_INIT("\xe0\x83\x80"),
        STR_INIT("\xc1\x81"),
        STR_INIT("\xe4\xb8("),
        STR_INIT("\x80"),
        STR_INIT("\xff"),
        STR_INIT("\xed\xa0\x80"),
        STR_INIT("a\x7f"),
        STR_INIT("a\tb"),
        STR_INIT(" a"),
        STR_INIT("a "),
        STR_INIT("a  b"),
        STR_INIT("\xf0\x9f\x9a\x80"),
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(damaged); i++) assert_false(plain_text_check(damaged[i]));
    assert_true(plain_text_check(STR("a b")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_plain_letter_folds_as_the_library_says),
        cmocka_unit_test(no_neighbour_changes_a_plain_letter),
        cmocka_unit_test(damaged_bytes_are_not_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
