/* Identifiers: every spelling of the *_rows.h tables, one after the other and under want of memory. */
#include "unit.h"

#include "business_email_rows.h"
#include "company_key_rows.h"
#include "profile_url_rows.h"

#define ARENA_BYTES (2 * IDENTIFIER_ARENA_BYTES)

static const struct group {
    enum identifier_kind kind;
    const struct row *rows;
    size_t count;
} groups[] = {
#define GROUP(kind, rows)                                                                                    \
    {                                                                                                        \
        kind, rows, sizeof(rows) / sizeof *(rows)                                                            \
    }
    GROUP(IDENTIFIER_PROFILE_URL, profile_rows),
    GROUP(IDENTIFIER_BUSINESS_EMAIL, email_rows),
    GROUP(IDENTIFIER_COMPANY_URL, company_url_rows),
    GROUP(IDENTIFIER_DOMAIN, domain_rows),
    GROUP(IDENTIFIER_NAME, name_rows),
    GROUP(IDENTIFIER_COMPANY_ID, company_id_rows),
};
#define GROUP_COUNT (sizeof groups / sizeof *groups)

typedef void check_row(enum identifier_kind kind, const struct row *row);

static size_t for_each_row(check_row *check)
{
    size_t rows = 0;
    for (const struct group *group = groups; group < groups + GROUP_COUNT; group++) {
        for (size_t i = 0; i < group->count; i++) check(group->kind, &group->rows[i]);
        rows += group->count;
    }
    return rows;
}

static void check_key(enum identifier_kind kind, const struct row *row)
{
    struct arena arena;
    struct key key = {0};
    arena_init(&arena, ARENA_BYTES);
    enum err outcome = identifier_key(kind, row->input, &arena, &key);
    enum err expected = row->kind ? OK : ERR_INVALID;
    if (outcome != expected) fail_msg("\"%.*s\": %s", STR_ARG(row->input), err_name(outcome));
    if (key.kind != row->kind || !str_eq(key.text, row->text)) {
        fail_msg("\"%.*s\" gave kind %d, \"%.*s\"", STR_ARG(row->input), (int)key.kind, STR_ARG(key.text));
    }
    arena_fini(&arena);
}

static void each_spelling_gives_its_key(void **state)
{
    (void)state;
    assert_true(for_each_row(check_key) >= 200);
}

static void check_display(enum identifier_kind kind, const struct row *row)
{
    struct arena arena;
    struct key key, again;
    arena_init(&arena, ARENA_BYTES);
    if (identifier_key(kind, row->input, &arena, &key) == OK) {
        str display = key_display(key, &arena);
        assert_true(display.n > 0);
        assert_ok(identifier_key(kind, display, &arena, &again));
        assert_str(key.text, again.text);
        assert_true(key_eq(key, again));
    }
    arena_fini(&arena);
}

static void what_is_displayed_gives_the_same_key(void **state)
{
    (void)state;
    for_each_row(check_display);
}

/* A blank in front changes nothing but that the usual spellings are no longer recognised as such and take the
 * long way.
 */
static void check_both_ways(enum identifier_kind kind, str input)
{
    char longer[512] = " ";
    struct arena arena;
    struct key key = {0}, expected = {0};
    must(input.n < sizeof longer);
    memcpy(longer + 1, input.p, input.n);
    arena_init(&arena, ARENA_BYTES);
    enum err outcome = identifier_key(kind, input, &arena, &key);
    assert_err(identifier_key(kind, str_of(longer, 1 + input.n), &arena, &expected), outcome);
    if (!key_eq(key, expected)) fail_msg("\"%.*s\" gave \"%.*s\"", STR_ARG(input), STR_ARG(key.text));
    arena_fini(&arena);
}

static void check_row_both_ways(enum identifier_kind kind, const struct row *row)
{
    if (row->input.n < 400) check_both_ways(kind, row->input);
}

static str pick(uint64_t *state, const str *parts, size_t count)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return parts[(*state >> 33) % count];
}

/* Texts of usual and unusual parts, many of which only just miss the usual spelling. */
static void usual_spellings_take_a_short_way_to_the_same_key(void **state)
{
    static const str schemes[] = {STR_INIT(""),
                                  STR_INIT("https://"),
                                  STR_INIT("http://"),
                                  STR_INIT("https:/"),
                                  STR_INIT("HTTPS://"),
                                  STR_INIT("www."),
                                  STR_INIT("https://www."),
                                  STR_INIT("https://www."),
                                  STR_INIT("http://www.www.")};
    static const str hosts[] = {STR_INIT("linkedin.com/in/"),
                                STR_INIT("linkedin.com/in/"),
                                STR_INIT("linkedin.com/in"),
                                STR_INIT("linkedin.com//in/"),
                                STR_INIT("linkedin.com/pub/"),
                                STR_INIT("LinkedIn.com/in/"),
                                STR_INIT("linkedin.com.example/in/"),
                                STR_INIT("in/"),
                                STR_INIT("@"),
                                STR_INIT("maren.okafor@")};
    static const str words[] = {STR_INIT(""),
                                STR_INIT("a"),
                                STR_INIT("-"),
                                STR_INIT("maren"),
                                STR_INIT("okafor-1"),
                                STR_INIT("."),
                                STR_INIT("acme.org.."),
                                STR_INIT("_"),
                                STR_INIT("/"),
                                STR_INIT("Maren"),
                                STR_INIT("ACoAAB1"),
                                STR_INIT("de"),
                                STR_INIT("@"),
                                STR_INIT("+1"),
                                STR_INIT("acme.example"),
                                STR_INIT("ACME.org"),
                                STR_INIT("9"),
                                STR_INIT("%41"),
                                STR_INIT("?x=1"),
                                STR_INIT("\xc3\xa9"),
                                STR_INIT("\xc3\x87"
                                         "a\xc4\x9f"
                                         "la"),
                                STR_INIT("e\xcc\x81"),
                                STR_INIT("\xe5\xbc\xa0"),
                                STR_INIT("\xc3\x9f"),
                                STR_INIT(","),
                                STR_INIT(">"),
                                STR_INIT(X50 X50),
                                STR_INIT("\x01")};
    uint64_t seed = 1;
    (void)state;
    for_each_row(check_row_both_ways);
    for (int i = 0; i < 100000; i++) {
        char text[512];
        const str parts[] = {pick(&seed, schemes, sizeof schemes / sizeof *schemes),
                             pick(&seed, hosts, sizeof hosts / sizeof *hosts),
                             pick(&seed, words, sizeof words / sizeof *words),
                             pick(&seed, words, sizeof words / sizeof *words),
                             pick(&seed, words, sizeof words / sizeof *words)};
        size_t n = 0;
        for (size_t part = i % 2 ? 0 : 1; part < 5; n += parts[part++].n)
            memcpy(text + n, parts[part].p, parts[part].n);
        check_both_ways(i % 3 ? IDENTIFIER_PROFILE_URL : IDENTIFIER_BUSINESS_EMAIL, str_of(text, n));
    }
}

/* With less memory than it takes a row may fail for that reason, but never give another answer. */
static void check_caps(enum identifier_kind kind, const struct row *row)
{
    bool is_enough = false;
    for (size_t cap = 1; cap <= ARENA_BYTES && !is_enough; cap += cap / 8 + 1) {
        struct arena arena;
        struct key key = {0};
        arena_init(&arena, cap);
        enum err outcome = identifier_key(kind, row->input, &arena, &key);
        is_enough = !arena.is_exhausted;
        if (outcome == ERR_NOMEM) assert_true(arena.is_exhausted && key.kind == 0);
        if (outcome == OK) assert_true(key.kind == row->kind && str_eq(key.text, row->text));
        if (outcome != ERR_NOMEM) assert_err(row->kind ? OK : ERR_INVALID, outcome);
        arena_fini(&arena);
    }
    assert_true(is_enough);
}

static void an_exhausted_arena_is_reported(void **state)
{
    (void)state;
    for_each_row(check_caps);
}

static void the_longest_input_is_bounded(void **state)
{
    (void)state;
    static char input[IDENTIFIER_BYTES_MAX + 1];
    struct arena arena;
    struct key key;
    memset(input, ' ', sizeof input);
    memcpy(input, "maren", 5);
    arena_init(&arena, ARENA_BYTES);
    assert_ok(identifier_key(IDENTIFIER_NAME, str_of(input, IDENTIFIER_BYTES_MAX), &arena, &key));
    assert_str(STR("maren"), key.text);
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        assert_err(ERR_INVALID, identifier_key(groups[i].kind, str_of(input, sizeof input), &arena, &key));
        assert_err(ERR_INVALID, identifier_key(groups[i].kind, (str){0}, &arena, &key));
    }
    arena_fini(&arena);
}

/* The key must not point into the input, which its caller may reuse. */
static void a_key_outlives_its_input(void **state)
{
    (void)state;
    struct arena arena;
    struct key key;
    arena_init(&arena, ARENA_BYTES);
    for (const struct group *group = groups; group < groups + GROUP_COUNT; group++) {
        char input[64];
        memcpy(input, group->rows[0].input.p, group->rows[0].input.n);
        assert_ok(identifier_key(group->kind, str_of(input, group->rows[0].input.n), &arena, &key));
        memset(input, 0, sizeof input);
        assert_str(group->rows[0].text, key.text);
    }
    arena_fini(&arena);
}

static void keys_are_shown_as_people_write_them(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    struct key profile = {KEY_PROFILE, STR(MAREN)}, member = {KEY_MEMBER, STR("ACoAABexample")};
    struct key person = {KEY_MEMBER, STR("example")}, number = {KEY_MEMBER_NUMBER, STR("12345")};
    struct key page = {KEY_COMPANY_PROFILE, STR("acme")}, email = {KEY_EMAIL, STR("maren@acme.example")};
    assert_str(STR("https://www.linkedin.com/in/" MAREN), key_display(profile, &arena));
    assert_str(STR("https://www.linkedin.com/in/ACoAABexample"), key_display(member, &arena));
    assert_str(STR("urn:li:person:example"), key_display(person, &arena));
    assert_str(STR("urn:li:member:12345"), key_display(number, &arena));
    assert_str(STR("https://www.linkedin.com/company/acme"), key_display(page, &arena));
    assert_str(STR("maren@acme.example"), key_display(email, &arena));
    assert_false(key_eq(profile, (struct key){KEY_MEMBER, profile.text}));
    arena_fini(&arena);
    arena_init(&arena, 1);
    assert_str(STR(""), key_display(profile, &arena));
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_spelling_gives_its_key),
        cmocka_unit_test(what_is_displayed_gives_the_same_key),
        cmocka_unit_test(usual_spellings_take_a_short_way_to_the_same_key),
        cmocka_unit_test(an_exhausted_arena_is_reported),
        cmocka_unit_test(the_longest_input_is_bounded),
        cmocka_unit_test(a_key_outlives_its_input),
        cmocka_unit_test(keys_are_shown_as_people_write_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
