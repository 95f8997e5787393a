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
        cmocka_unit_test(an_exhausted_arena_is_reported),
        cmocka_unit_test(the_longest_input_is_bounded),
        cmocka_unit_test(a_key_outlives_its_input),
        cmocka_unit_test(keys_are_shown_as_people_write_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
