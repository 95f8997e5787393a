/* cmd/options: what a command line sets, and what is refused. */
#include "unit.h"

#include "cmd/data_dir.h"

static struct {
    const char *data;
    bool is_strict;
    uint64_t count;
    size_t memory_bytes;
} values;

/* Parses the words up to a NULL. Returns the number of arguments that are left, or -1 - exit code. */
static int parse(const char **ret_first, const char *const *words)
{
    const struct option options[] = {
        DATA_DIR_OPTION(&values.data),
        {.name_cstr = "strict", .help_cstr = "be strict", .flag = &values.is_strict},
        {.name_cstr = "count",
         .value_cstr = "N",
         .help_cstr = "how many",
         .number = &values.count,
         .number_max = 10},
        {.name_cstr = "memory", .value_cstr = "SIZE", .help_cstr = "how much", .bytes = &values.memory_bytes},
    };
    const struct command command = {.name_cstr = "enrichd test",
                                    .arguments_cstr = "FILE...",
                                    .about_cstr = "Tests.",
                                    .options = options,
                                    .option_count = sizeof options / sizeof *options};
    static char *argv[16];
    int argc = 0, exit_code;
    argv[argc++] = (char *)(uintptr_t) "test";
    for (; *words; words++) argv[argc++] = (char *)(uintptr_t)*words;
    memset(&values, 0, sizeof values);
    if (!options_parse(&command, &argc, argv, &exit_code)) return -1 - exit_code;
    *ret_first = argc > 1 ? argv[1] : NULL;
    return argc - 1;
}

#define PARSE(...) parse(&first, (const char *const[]){__VA_ARGS__, NULL})

static void values_are_set(void **state)
{
    const char *first;
    (void)state;
    assert_int_equal(2, PARSE("a", "--data", "x", "--strict", "b", "--count=10"));
    assert_string_equal("a", first);
    assert_string_equal("x", values.data);
    assert_true(values.is_strict);
    assert_int_equal(10, values.count);
    assert_int_equal(0, PARSE("--memory", "3G", "--memory=2K"));
    assert_int_equal(2048, values.memory_bytes);
    assert_int_equal(0, PARSE("--memory=17"));
    assert_int_equal(17, values.memory_bytes);
    assert_int_equal(0, PARSE("--data=a=b"));
    assert_string_equal("a=b", values.data);
}

static void arguments_that_look_like_options(void **state)
{
    const char *first;
    (void)state;
    assert_int_equal(2, PARSE("-", "--", "--strict"));
    assert_string_equal("-", first);
    assert_false(values.is_strict);
    assert_int_equal(0, PARSE("--data", "--strict"));
    assert_string_equal("--strict", values.data);
}

static void mistakes_are_refused(void **state)
{
    const char *first;
    const int refused = -1 - EXIT_USAGE;
    (void)state;
    assert_int_equal(refused, PARSE("--stict"));
    assert_int_equal(refused, PARSE("-x"));
    assert_int_equal(refused, PARSE("--strict=yes"));
    assert_int_equal(refused, PARSE("--data"));
    assert_int_equal(refused, PARSE("--data="));
    assert_int_equal(refused, PARSE("--count", "11"));
    assert_int_equal(refused, PARSE("--count", "-1"));
    assert_int_equal(refused, PARSE("--memory", "1T"));
    assert_int_equal(refused, PARSE("--memory", "18446744073709551615K"));
    assert_int_equal(refused, PARSE("--memory", "K"));
    assert_int_equal(refused, PARSE("--="));
    assert_int_equal(-1, PARSE("--help"));
    assert_int_equal(-1, PARSE("-h"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_set),
        cmocka_unit_test(arguments_that_look_like_options),
        cmocka_unit_test(mistakes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
