/* inputs: duplicates and the stored form; claim_size: how a batch is cut. */
#include "unit.h"

#include "base/crc.h"
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
    str encoded;
    struct input *decoded;
    size_t decoded_count;
    assert_ok(inputs_encode(inputs, count, &arena, &encoded));
    assert_ok(inputs_decode(encoded, &arena, &decoded, &decoded_count));
    assert_int_equal(count, decoded_count);
    for (size_t i = 0; i < count; i++) {
        assert_str(inputs[i].text, decoded[i].text);
        assert_int_equal(inputs[i].is_duplicate, decoded[i].is_duplicate);
    }
}

static void lists_come_back_as_they_were(void **state)
{
    (void)state;
    struct input odd[] = {{STR(""), false},     {STR("a\0b"), true}, {STR("\xff\xfe"), false},
                          {STR("long"), false}, {STR(""), true},     {STR("https://x/\n"), false},
                          {STR("http"), false}, {STR("http"), true}, {STR("https://x/\n/y"), false}};
    odd[3].text = str_of(arena_alloc(&arena, 100000), 100000);
    round_trip(odd, 9);
    round_trip(odd, 1);
    round_trip(make(10000, "a-rather-long-name-", 10000), 10000);
    struct input shared[40]; /* from nothing to all of it, and one that is the other's beginning */
    char text[40];
    for (size_t i = 0; i < 40; i++) {
        memset(text, 'a', sizeof text);
        text[i] = 'b';
        shared[i] = (struct input){arena_copy(&arena, str_of(text, i % 2 ? i + 1 : sizeof text)), false};
    }
    round_trip(shared, 40);
}

static void what_profile_urls_share_is_stored_once(void **state)
{
    (void)state;
    str encoded;
    assert_ok(inputs_encode(make(10000, "https://www.linkedin.com/in/", 10000), 10000, &arena, &encoded));
    assert_true(encoded.n < 10000 * strlen("1234@example.com") + 30000);
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
    str encoded;
    size_t count;
    struct input *inputs = make(1000, "", 1000);
    arena_init(&small, 64);
    assert_err(ERR_NOMEM, inputs_mark_duplicates(inputs, 1000, &small));
    assert_err(ERR_NOMEM, inputs_encode(inputs, 1000, &small, &encoded));
    assert_ok(inputs_encode(inputs, 1000, &arena, &encoded));
    assert_err(ERR_NOMEM, inputs_decode(encoded, &small, &inputs, &count));
    arena_fini(&small);
}

static enum err decode(str encoded)
{
    struct input *decoded;
    size_t count;
    return inputs_decode(encoded, &arena, &decoded, &count);
}

static void damage_is_noticed(void **state)
{
    (void)state;
    str encoded;
    assert_ok(inputs_encode(make(50, "slug-", 50), 50, &arena, &encoded));
    char *bytes = (char *)(uintptr_t)encoded.p;
    for (size_t i = 0; i < encoded.n; i++) {
        bytes[i] = (char)~bytes[i];
        assert_err(ERR_CORRUPT, decode(encoded));
        bytes[i] = (char)~bytes[i];
        assert_err(ERR_CORRUPT, decode(str_slice(encoded, 0, i)));
    }
    assert_ok(decode(encoded));
}

/* A checksum over the content, as if it had been stored like this. */
static enum err decode_content(str content)
{
    char encoded[64];
    uint32_t crc = crc32_add(0, content);
    for (int i = 0; i < 4; i++) encoded[i] = (char)(uint8_t)(crc >> (8 * i));
    memcpy(encoded + 4, content.p, content.n);
    return decode(str_of(encoded, 4 + content.n));
}

static void impossible_lists_are_refused(void **state)
{
    (void)state;
    assert_ok(decode_content(STR("\1\2\0\4ab")));
    assert_err(ERR_CORRUPT, decode_content(STR("\1\1\0\4ab")));                 /* longer than all together */
    assert_err(ERR_CORRUPT, decode_content(STR("\1\2\0\6ab")));                 /* than what is there */
    assert_err(ERR_CORRUPT, decode_content(STR("\1\2\1\4ab")));                 /* shared with nothing */
    assert_err(ERR_CORRUPT, decode_content(STR("\2\6\0\4ab\2\2c")));            /* shares more than it has */
    assert_err(ERR_CORRUPT, decode_content(STR("\1\2\0\4abc")));                /* something behind it */
    assert_err(ERR_CORRUPT, decode_content(STR("\177\2\0\4ab")));               /* fewer than their number */
    assert_err(ERR_CORRUPT, decode_content(STR("\1\377\377\377\377\377\1\0"))); /* terabytes */
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
        cmocka_unit_test(lists_come_back_as_they_were),
        cmocka_unit_test(later_equals_are_duplicates),
        cmocka_unit_test(scarce_memory_is_reported),
        cmocka_unit_test(damage_is_noticed),
        cmocka_unit_test(impossible_lists_are_refused),
        cmocka_unit_test(what_profile_urls_share_is_stored_once),
        cmocka_unit_test(cuts_keep_whole_chunks),
        cmocka_unit_test(cuts_for_common_jobs),
    };
    return cmocka_run_group_tests_name("inputs", tests, set_up, tear_down);
}
