/* str, arena, buf, queue, time and hash. */
#include "unit.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/crc.h"
#include "base/hash.h"
#include "base/time.h"

static void str_compares_and_cuts(void **state)
{
    (void)state;
    assert_true(str_eq(STR("abc"), STR("abc")));
    assert_false(str_eq(STR("abc"), STR("abd")));
    assert_true(str_eq((str){0}, STR("")));
    assert_true(str_eq_nocase(STR("LinkedIn"), STR("linkedin")));
    assert_true(str_cmp(STR("a"), STR("ab")) < 0);
    assert_true(str_cmp(STR("b"), STR("ab")) > 0);
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_false(str_starts(STR("a"), STR("ab")));
    assert_true(str_ends(STR("abc"), STR("bc")));
    assert_str(STR("x y"), str_trim(STR(" \t\r\nx y\v ")));
    assert_str(STR(""), str_trim(STR("   ")));
    assert_str(STR("bc"), str_slice(STR("abcd"), 1, 3));
    assert_str(STR(""), str_slice(STR("abcd"), 9, 3));
    assert_int_equal(2, str_find(STR("aabc"), STR("bc")));
    assert_true(str_find(STR("aabc"), STR("x")) == SIZE_MAX);
    assert_true(str_find_char(STR("abc"), 'a', 1) == SIZE_MAX);
}

static void str_splits_at_separators(void **state)
{
    (void)state;
    str rest = STR("a,,b");
    str field;
    assert_true(str_split(&rest, ',', &field));
    assert_str(STR("a"), field);
    assert_true(str_split(&rest, ',', &field));
    assert_str(STR(""), field);
    assert_true(str_split(&rest, ',', &field));
    assert_str(STR("b"), field);
    assert_false(str_split(&rest, ',', &field));
}

static void numbers_are_digits_within_bounds(void **state)
{
    (void)state;
    uint64_t value = 7;
    assert_ok(str_to_u64(STR("18446744073709551615"), UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    assert_err(ERR_LIMIT, str_to_u64(STR("18446744073709551616"), UINT64_MAX, &value));
    assert_err(ERR_LIMIT, str_to_u64(STR("1001"), 1000, &value));
    const str bad[] = {STR_INIT(""),   STR_INIT("+1"), STR_INIT("-1"),
                       STR_INIT(" 1"), STR_INIT("1x"), STR_INIT("0x1")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_err(ERR_INVALID, str_to_u64(bad[i], 9, &value));
    assert_true(value == UINT64_MAX);
}

static void cstr_refuses_nul_and_overflow(void **state)
{
    (void)state;
    char out[4];
    assert_ok(str_to_cstr(STR("abc"), out, sizeof out));
    assert_string_equal("abc", out);
    assert_err(ERR_LIMIT, str_to_cstr(STR("abcd"), out, sizeof out));
    assert_err(ERR_INVALID, str_to_cstr(STR("a\0b"), out, sizeof out));
}

static void arena_zeroes_aligns_and_keeps_its_cap(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 10000);
    for (size_t n = 0; n < 100; n++) {
        char *p = arena_alloc(&arena, n);
        assert_non_null(p);
        assert_int_equal(0, (uintptr_t)p % 16);
        for (size_t i = 0; i < n; i++) assert_int_equal(0, p[i]);
        memset(p, 0xff, n);
    }
    assert_null(arena_alloc(&arena, 9000));
    assert_true(arena.is_exhausted);
    assert_null(arena_array(&arena, SIZE_MAX / 2, 3));
    arena_reset(&arena);
    assert_false(arena.is_exhausted);
    assert_non_null(arena_alloc(&arena, 9000));
    assert_str(STR(""), arena_copy(&arena, STR("")));
    arena_fini(&arena);
}

static void buf_grows_to_its_cap_and_stays_failed(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 10);
    buf_add(&buf, STR("12345"));
    buf_add_i64(&buf, -42);
    buf_add(&buf, STR("toolong"));
    assert_true(buf.is_failed);
    assert_err(ERR_NOMEM, buf_check(&buf));
    buf_add(&buf, STR("x"));
    assert_str(STR("12345-42"), buf_str(&buf));
    buf_truncate(&buf, 2);
    assert_true(buf.is_failed);
    buf_clear(&buf);
    buf_add_format(&buf, "%d", 123456789);
    assert_str(STR("123456789"), buf_str(&buf));
    buf_fini(&buf);
}

static void numbers_print_in_full_range(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    buf_add_i64(&buf, INT64_MIN);
    buf_add_char(&buf, ' ');
    buf_add_u64(&buf, UINT64_MAX);
    buf_add_char(&buf, ' ');
    buf_add_u64(&buf, 0);
    assert_str(STR("-9223372036854775808 18446744073709551615 0"), buf_str(&buf));
    buf_fini(&buf);
}

static void timestamps_have_the_contracts_form(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    time_add_text(&buf, 1781266983945900);
    assert_str(STR("2026-06-12T12:23:03.945900+00:00"), buf_str(&buf));
    assert_int_equal(TIME_TEXT_BYTES, buf.n);
    buf_fini(&buf);
}

/* SipHash-1-3 values from a plain implementation that reproduces its authors' SipHash-2-4 vector; the CRC
 * check value of RFC 1952's polynomial. */
static void hashes_match_references(void **state)
{
    (void)state;
    struct hash_key key = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
    assert_true(hash_bytes(key, STR("")) == 0xabac0158050fc4dcu);
    assert_true(hash_bytes(key, STR("\0")) == 0xc9f49bf37d57ca93u);
    assert_true(hash_bytes(key, STR("\0\1\2\3\4\5\6\7")) == 0x369095118d299a8eu);
    assert_true(crc32_add(0, STR("123456789")) == 0xcbf43926u);
    assert_true(crc32_add(crc32_add(0, STR("1234")), STR("56789")) == 0xcbf43926u);
}

static void every_byte_and_the_key_make_the_fast_hash(void **state)
{
    (void)state;
    char bytes[40] = {0};
    struct hash_key key = {1, 2};
    for (size_t n = 0; n <= sizeof bytes; n++) {
        uint64_t whole = hash_bytes_fast(key, str_of(bytes, n));
        assert_true(whole == hash_bytes_fast(key, str_of(bytes, n)));
        assert_true(whole != hash_bytes_fast((struct hash_key){1, 3}, str_of(bytes, n)));
        assert_true(whole != hash_bytes_fast((struct hash_key){2, 2}, str_of(bytes, n)));
        if (n) assert_true(whole != hash_bytes_fast(key, str_of(bytes, n - 1))); /* one zero less */
        for (size_t i = 0; i < n; i++) {
            bytes[i] = 1;
            assert_true(whole != hash_bytes_fast(key, str_of(bytes, n)));
            bytes[i] = 0;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(str_compares_and_cuts),
        cmocka_unit_test(str_splits_at_separators),
        cmocka_unit_test(numbers_are_digits_within_bounds),
        cmocka_unit_test(cstr_refuses_nul_and_overflow),
        cmocka_unit_test(arena_zeroes_aligns_and_keeps_its_cap),
        cmocka_unit_test(buf_grows_to_its_cap_and_stays_failed),
        cmocka_unit_test(numbers_print_in_full_range),
        cmocka_unit_test(timestamps_have_the_contracts_form),
        cmocka_unit_test(hashes_match_references),
        cmocka_unit_test(every_byte_and_the_key_make_the_fast_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
