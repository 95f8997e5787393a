/* Settings: values with units, the file, the environment, precedence, and what is said of mistakes. */
#include "unit.h"

#include "base/conf.h"
#include "base/nearest.h"

enum { LISTEN, THREADS, BODY_MAX, TIMEOUT, LEVEL, ALLOW, ITEM_COUNT };

static const struct conf_item items[ITEM_COUNT] = {
    [LISTEN] = {"server.listen", CONF_TEXT, "127.0.0.1:8080", 1, 40, .help_cstr = ""},
    [THREADS] = {"server.threads", CONF_NUMBER, "2", 1, 64, .help_cstr = ""},
    [BODY_MAX] = {"server.body_max", CONF_BYTES, "8MiB", 1024, (int64_t)1 << 30, .help_cstr = ""},
    [TIMEOUT] = {"server.timeout", CONF_DURATION, "30s", 0, (int64_t)86400 * 1000000, .help_cstr = ""},
    [LEVEL] = {"log.level", CONF_CHOICE, "info", .choices_cstr = "error|info|debug", .help_cstr = ""},
    [ALLOW] = {"hooks.allow", CONF_LIST, "localhost", 0, 3, .help_cstr = ""},
};

static int set_up(void **state)
{
    static struct conf conf;
    *state = &conf;
    return conf_init(&conf, items, ITEM_COUNT) != OK;
}

static int tear_down(void **state)
{
    conf_fini(*state);
    return 0;
}

static void set(struct conf *conf, size_t index, const char *text)
{
    assert_ok(conf_set(conf, index, str_of_cstr(text), CONF_FLAG));
}

static void refuse(struct conf *conf, size_t index, const char *text)
{
    assert_err(ERR_INVALID, conf_set(conf, index, str_of_cstr(text), CONF_FLAG));
}

/* Reads the text as "f.conf"; the error must have exactly this sentence. */
static void refuse_file(struct conf *conf, const char *text, const char *sentence)
{
    assert_err(ERR_INVALID, conf_read_text(conf, STR("f.conf"), str_of_cstr(text)));
    assert_string_equal(sentence, err_detail());
}

static void defaults_are_read_like_any_value(void **state)
{
    assert_str(STR("127.0.0.1:8080"), conf_text(*state, LISTEN));
    assert_int_equal(2, conf_number(*state, THREADS));
    assert_int_equal(8 << 20, conf_number(*state, BODY_MAX));
    assert_int_equal(30000000, conf_number(*state, TIMEOUT));
    assert_int_equal(1, conf_number(*state, LEVEL));
    assert_int_equal(1, conf_number(*state, ALLOW));
    assert_str(STR("localhost"), conf_text(*state, ALLOW));
}

static void sizes_have_units(void **state)
{
    static const struct {
        const char *text;
        int64_t bytes;
    } rows[] = {{"1024", 1024},    {"2048B", 2048}, {"1KiB", 1024},  {"64MiB", 64 << 20}, {"1GiB", 1 << 30},
                {"64K", 64 << 10}, {"2M", 2 << 20}, {"1G", 1 << 30}, {"3 MiB", 3 << 20}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set(*state, BODY_MAX, rows[i].text);
        assert_int_equal(rows[i].bytes, conf_number(*state, BODY_MAX));
    }
    const char *const wrong[] = {"",
                                 "MiB",
                                 "-1",
                                 "1.5MiB",
                                 "1kib",
                                 "1TiB",
                                 "0x400",
                                 "1023",
                                 "2GiB",
                                 "1MiBx",
                                 " 1 M B",
                                 "99999999999999999999",
                                 "9999999999999999G"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) refuse(*state, BODY_MAX, wrong[i]);
    assert_int_equal(3 << 20, conf_number(*state, BODY_MAX));
}

static void durations_need_units(void **state)
{
    static const struct {
        const char *text;
        int64_t us;
    } rows[] = {{"250ms", 250000},   {"5s", 5000000}, {"2m", 120000000}, {"1h", 3600000000},
                {"1d", 86400000000}, {"0", 0},        {"0s", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set(*state, TIMEOUT, rows[i].text);
        assert_int_equal(rows[i].us, conf_number(*state, TIMEOUT));
    }
    const char *const wrong[] = {"", "5", "s", "-5s", "5 sec", "1.5h", "2d", "5S", "9999999999999999d"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) refuse(*state, TIMEOUT, wrong[i]);
}

static void limits_are_inclusive_and_named(void **state)
{
    set(*state, THREADS, "1");
    set(*state, THREADS, "64");
    refuse(*state, THREADS, "0");
    assert_string_equal("\"0\" is out of range: allowed is 1 to 64", err_detail());
    refuse(*state, BODY_MAX, "1");
    assert_string_equal("\"1\" is out of range: allowed is 1KiB to 1GiB", err_detail());
    refuse(*state, LEVEL, "trace");
    assert_string_equal("\"trace\" is none of error|info|debug", err_detail());
    refuse(*state, LISTEN, "");
    refuse(*state, LISTEN, "12345678901234567890123456789012345678901");
    assert_err(ERR_INVALID, conf_set(*state, LISTEN, STR("a\0b"), CONF_FLAG));
}

static void a_file_has_sections_comments_and_blanks(void **state)
{
    assert_ok(
        conf_read_text(*state, STR("f.conf"),
                       STR("# first\n\n[server]\r\n  threads =  7 \nbody_max=1MiB\n[log]\nlevel = debug")));
    assert_int_equal(7, conf_number(*state, THREADS));
    assert_int_equal(1 << 20, conf_number(*state, BODY_MAX));
    assert_int_equal(2, conf_number(*state, LEVEL));
    assert_str(STR("127.0.0.1:8080"), conf_text(*state, LISTEN));
}

static void a_list_has_commas_and_lines_of_a_file_add_up(void **state)
{
    struct conf *conf = *state;
    assert_ok(conf_read_text(conf, STR("f.conf"), STR("[hooks]\nallow = 10.0.0.0/8\nallow = a, b\n")));
    assert_int_equal(3, conf_number(conf, ALLOW));
    assert_str(STR("10.0.0.0/8"), conf->values[ALLOW].list[0]);
    assert_str(STR("b"), conf->values[ALLOW].list[2]);
    set(conf, ALLOW, " x ,, y,z");
    assert_int_equal(3, conf_number(conf, ALLOW));
    assert_str(STR("x"), conf->values[ALLOW].list[0]);
    assert_str(STR("z"), conf->values[ALLOW].list[2]);
    refuse(conf, ALLOW, "1,2,3,4");
}

static void mistakes_in_a_file_are_reported_with_their_place(void **state)
{
    refuse_file(*state, "[server]\n\nthread = 7\n",
                "f.conf:3: unknown key \"thread\", did you mean \"threads\"?");
    refuse_file(*state, "[server]\nxyzzy = 7\n", "f.conf:2: unknown key \"xyzzy\"");
    refuse_file(*state, "[sever]\n", "f.conf:1: unknown section \"sever\", did you mean \"server\"?");
    refuse_file(*state, "[server]\nlevel = info\n", "f.conf:2: unknown key \"level\"");
    refuse_file(*state, "threads = 7\n", "f.conf:1: a [section] must come first");
    refuse_file(*state, "[server\n", "f.conf:1: a section is written [name]");
    refuse_file(*state, "[server]\nthreads\n", "f.conf:2: expected \"key = value\" or \"[section]\"");
    refuse_file(*state, "[server]\nthreads = many\n",
                "f.conf:2: server.threads: \"many\" is not a whole number");
    refuse_file(*state, "[log]\nlevel = info\nlevel = debug\n",
                "f.conf:3: log.level was set in line 2 already");
}

static void a_missing_file_changes_nothing(void **state)
{
    assert_err(ERR_NOT_FOUND, conf_read_file(*state, "/nonexistent/enrichd.conf"));
    assert_int_equal(2, conf_number(*state, THREADS));
}

static void the_environment_has_names_in_capitals(void **state)
{
    const char *const ours[] = {"HOME=/",    "ENRICHD_SERVER_BODY_MAX=2MiB",  "ENRICHD_LOG_LEVEL=error",
                                "ENRICHD=x", "ENRICHD_SERVICE_HOST=10.0.0.1", "XENRICHD_SERVER_THREADS=9",
                                NULL};
    assert_ok(conf_read_environment(*state, STR("ENRICHD_"), ours));
    assert_int_equal(2 << 20, conf_number(*state, BODY_MAX));
    assert_int_equal(0, conf_number(*state, LEVEL));
    assert_int_equal(2, conf_number(*state, THREADS));

    const char *const unknown[] = {"ENRICHD_SERVER_BODYMAX=1MiB", NULL};
    assert_err(ERR_INVALID, conf_read_environment(*state, STR("ENRICHD_"), unknown));
    const char *const wrong[] = {"ENRICHD_SERVER_THREADS=0", NULL};
    assert_err(ERR_INVALID, conf_read_environment(*state, STR("ENRICHD_"), wrong));
    assert_non_null(strstr(err_detail(), "ENRICHD_SERVER_THREADS"));
}

static void the_later_source_wins_and_origins_are_told(void **state)
{
    struct conf *conf = *state;
    const char *const environment[] = {"ENRICHD_SERVER_TIMEOUT=3s", "ENRICHD_SERVER_BODY_MAX=3MiB", NULL};
    const char *const expected[ITEM_COUNT] = {
        [LISTEN] = "default",       [THREADS] = "f.conf:2", [BODY_MAX] = "environment",
        [TIMEOUT] = "command line", [LEVEL] = "default",    [ALLOW] = "default",
    };
    assert_ok(
        conf_read_text(conf, STR("f.conf"), STR("[server]\nthreads = 3\nbody_max = 2MiB\ntimeout = 2s\n")));
    assert_ok(conf_read_environment(conf, STR("ENRICHD_"), environment));
    set(conf, TIMEOUT, "4s");
    assert_int_equal(3 << 20, conf_number(conf, BODY_MAX));
    assert_int_equal(4000000, conf_number(conf, TIMEOUT));
    for (size_t i = 0; i < ITEM_COUNT; i++) {
        struct buf origin;
        buf_init(&origin, 100);
        conf_add_origin(conf, i, &origin);
        assert_str(str_of_cstr(expected[i]), buf_str(&origin));
        buf_fini(&origin);
    }
}

static str nearest_of(const char *given, const char *const *names)
{
    struct nearest nearest = nearest_to(str_of_cstr(given));
    for (; *names; names++) nearest_offer(&nearest, str_of_cstr(*names));
    return nearest.name;
}

static void the_nearest_name_is_one_or_two_edits_away(void **state)
{
    (void)state;
    const char *const names[] = {"serve", "import", "key", "config", NULL};
    assert_str(STR("serve"), nearest_of("server", names));
    assert_str(STR("serve"), nearest_of("srve", names));
    assert_str(STR("import"), nearest_of("imporrtt", names));
    assert_str(STR("key"), nearest_of("ky", names));
    assert_str(STR(""), nearest_of("yk", names));
    assert_str(STR(""), nearest_of("backup", names));
    assert_str(STR(""), nearest_of("", names));
    char longest[200] = {0};
    memset(longest, 'a', sizeof longest - 1);
    assert_str(STR(""), nearest_of(longest, names));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(defaults_are_read_like_any_value),
        TEST(sizes_have_units),
        TEST(durations_need_units),
        TEST(limits_are_inclusive_and_named),
        TEST(a_file_has_sections_comments_and_blanks),
        TEST(a_list_has_commas_and_lines_of_a_file_add_up),
        TEST(mistakes_in_a_file_are_reported_with_their_place),
        TEST(a_missing_file_changes_nothing),
        TEST(the_environment_has_names_in_capitals),
        TEST(the_later_source_wins_and_origins_are_told),
        cmocka_unit_test(the_nearest_name_is_one_or_two_edits_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
