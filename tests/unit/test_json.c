/* json: what is refused at the door, escaping; json_text: cutting. */
#include "unit.h"

#include "base/json.h"
#include "base/json_span.h"
#include "base/json_text.h"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 4 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static enum err parse(str text)
{
    yyjson_val *value;
    return json_parse(&arena, text, &value);
}

static void accepts_json(void **state)
{
    (void)state;
    const str good[] = {STR_INIT("{}"), STR_INIT(" [1, 2.50, \"a\\u0000b\", null] \n"), STR_INIT("1e400"),
                        STR_INIT("{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}")};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_ok(parse(good[i]));
}

static void refuses_what_is_not_json(void **state)
{
    (void)state;
    const str bad[] = {
        STR_INIT(""),
        STR_INIT("{"),
        STR_INIT("{}x"),
        STR_INIT("{} {}"),
        STR_INIT("[1,]"),
        STR_INIT("NaN"),
        STR_INIT("'a'"),
        STR_INIT("\"\xff\""),
        STR_INIT("\"\xc0\x80\""),
        STR_INIT("\"\\ud800\""),
        STR_INIT("\xef\xbb\xbf{}"),
        STR_INIT("\"\x01\""),
        STR_INIT("// x\n1"),
        STR_INIT("01"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_err(ERR_INVALID, parse(bad[i]));
}

static void refuses_duplicate_keys_in_small_and_large_objects(void **state)
{
    (void)state;
    assert_err(ERR_INVALID, parse(STR("{\"a\":1,\"b\":2,\"a\":3}")));
    assert_non_null(strstr(err_detail(), "\"a\""));
    assert_err(ERR_INVALID, parse(STR("[{\"x\":{\"k\":1,\"\\u006b\":2}}]")));
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_add_char(&text, '{');
    for (int i = 0; i < 1000; i++) buf_add_format(&text, "\"k%d\":%d,", i, i);
    size_t n = text.n;
    buf_add(&text, STR("\"last\":1}"));
    assert_ok(parse(buf_str(&text)));
    buf_truncate(&text, n);
    buf_add(&text, STR("\"k7\":1}"));
    assert_err(ERR_INVALID, parse(buf_str(&text)));
    buf_fini(&text);
}

static void refuses_depth_over_the_limit(void **state)
{
    (void)state;
    char text[2 * (JSON_DEPTH_MAX + 1)];
    size_t n = JSON_DEPTH_MAX;
    memset(text, '[', n);
    memset(text + n, ']', n);
    assert_ok(parse(str_of(text, 2 * n)));
    n++;
    memset(text, '[', n);
    memset(text + n, ']', n);
    assert_err(ERR_INVALID, parse(str_of(text, 2 * n)));
    assert_ok(parse(STR("[[[]],[[]],[[]]]")));
}

static void sizes_are_checked_without_parsing(void **state)
{
    (void)state;
    assert_ok(json_check_size(STR("{\"a\":[1,2,\"[[[[,,,,\\\",\"]}"), 4));
    assert_err(ERR_LIMIT, json_check_size(STR("[1,2,3,4]"), 3));
    assert_non_null(strstr(err_detail(), "at byte 6"));
    char open[JSON_DEPTH_MAX + 1];
    memset(open, '[', sizeof open);
    assert_ok(json_check_size(str_of(open, JSON_DEPTH_MAX), 1000));
    assert_err(ERR_INVALID, json_check_size(str_of(open, sizeof open), 1000));
    assert_ok(json_check_size(STR("]]]]\""), 0));
    char commas[1000]; /* which are counted in stretches first */
    memset(commas, ',', sizeof commas);
    for (size_t n = 0; n < sizeof commas; n++) {
        assert_ok(json_check_size(str_of(commas, n), n));
        assert_err(ERR_LIMIT, json_check_size(str_of(commas, n + 1), n));
    }
    commas[500] = commas[999] = '"';
    assert_ok(json_check_size(str_of(commas, sizeof commas), 500));
    assert_err(ERR_LIMIT, json_check_size(str_of(commas, sizeof commas), 499));
}

static void says_when_memory_is_out(void **state)
{
    (void)state;
    struct arena small;
    arena_init(&small, 64);
    yyjson_val *value;
    assert_err(ERR_NOMEM, json_parse(&small, STR("[1,2,3,4,5,6,7,8,9,10]"), &value));
    arena_fini(&small);
}

static void numbers_keep_their_text(void **state)
{
    (void)state;
    yyjson_val *value;
    assert_ok(json_parse(&arena, STR("[5.0,1E2,-0,123456789012345678901234567890]"), &value));
    assert_str(STR("5.0"), json_str(yyjson_arr_get(value, 0)));
    assert_str(STR("1E2"), json_str(yyjson_arr_get(value, 1)));
    assert_str(STR("123456789012345678901234567890"), json_str(yyjson_arr_get(value, 3)));
}

static void escapes_what_json_demands_and_no_more(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    json_add_str(&out, STR("a\"\\/\b\f\n\r\t\x01\x7f\xc3\xa9"));
    assert_str(STR("\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7f\xc3\xa9\""), buf_str(&out));
    buf_clear(&out);
    json_add_str_lossy(&out, STR("a\xff\xc3\xa9\xed\xa0\x80"));
    assert_str(STR("\"a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""), buf_str(&out));
    buf_fini(&out);
}

static void compacts_without_touching_strings(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    json_text_compact(&out, STR(" { \"a b\" : [ 1 , 2.50 ] ,\n\t\"c\\\" \" : \" x\\\\\" } "));
    assert_str(STR("{\"a b\":[1,2.50],\"c\\\" \":\" x\\\\\"}"), buf_str(&out));
    buf_fini(&out);
}

static void walks_members_and_elements(void **state)
{
    (void)state;
    struct json_text_walk walk = json_text_walk(STR("{\"a\":{\"}\":[1]},\"b\\\"\":\"]\",\"c\":null}"));
    assert_true(json_text_next(&walk));
    assert_str(STR("a"), walk.key);
    assert_str(STR("{\"}\":[1]}"), walk.value);
    assert_true(json_text_next(&walk));
    assert_str(STR("b\\\""), walk.key);
    assert_str(STR("\"]\""), walk.value);
    assert_true(json_text_next(&walk));
    assert_str(STR("null"), walk.value);
    assert_false(json_text_next(&walk));
    walk = json_text_walk(STR("[]"));
    assert_false(json_text_next(&walk));
    walk = json_text_walk(STR("[-1.5e3,[2]]"));
    assert_true(json_text_next(&walk));
    assert_str(STR("-1.5e3"), walk.value);
    assert_true(json_text_next(&walk));
    assert_str(STR("[2]"), walk.value);
}

static void walking_cut_off_text_stays_inside(void **state)
{
    (void)state;
    const str whole = STR("{\"a\":{\"b\":[1,\"x\\\\\\\"y\"]},\"c\":[[],{}],\"d\":tru");
    for (size_t n = 0; n <= whole.n; n++) {
        char *copy = malloc(n + 1);
        memcpy(copy, whole.p, n);
        struct json_text_walk walk = json_text_walk(str_of(copy, n));
        for (int steps = 0; json_text_next(&walk); steps++) assert_true(steps < 100);
        free(copy);
    }
}

static struct json_doc read_doc(str text)
{
    struct json_doc doc;
    assert_ok(json_read(&arena, text, &doc));
    return doc;
}

static void compact_text_is_recognised(void **state)
{
    static const str compact[] = {
        STR_INIT("{}"),
        STR_INIT("[]"),
        STR_INIT("1.50"),
        STR_INIT("null"),
        STR_INIT("\" \""),
        STR_INIT("\"\""),
        STR_INIT("[true,false,null,-1e5,\"a b\",{},[[]]]"),
        STR_INIT("{\"\":\"\",\"a\\\"\":\"\\\"\\\"\",\"b\":{\"\\u0041 \":[1,2]}}"),
        STR_INIT("\"\\\\\""),
        STR_INIT("[\"\\\"\",\"\\n\",\"\xc3\xa9\\ud83d\\ude80\"]"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof compact / sizeof *compact; i++) {
        struct json_doc doc = read_doc(compact[i]);
        if (!doc.is_compact) fail_msg("%.*s is compact", STR_ARG(compact[i]));
        /* A blank anywhere between tokens is noticed: wherever the text stays valid and the same without it.
         */
        for (size_t at = 0; at <= compact[i].n; at++) {
            char longer[128], again[128];
            struct buf out = {.p = again, .room = sizeof again, .max_bytes = sizeof again};
            str text = str_of(longer, compact[i].n + 1);
            memcpy(longer, compact[i].p, at);
            longer[at] = ' ';
            memcpy(longer + at + 1, compact[i].p + at, compact[i].n - at);
            if (parse(text) != OK) continue;
            json_text_compact(&out, text);
            doc = read_doc(text);
            assert_int_equal(out.n == text.n, doc.is_compact);
        }
    }
}

static void members_are_found_by_their_places(void **state)
{
    str text = STR("{\"a\":{\"}\":[1]},\"b\\\"\":\"]\",\"\\u0063\":null,\"\":{},\"e\":-1.0}");
    static const str keys[] = {STR_INIT("a"), STR_INIT("b\""), STR_INIT("c"), STR_INIT(""), STR_INIT("e")};
    static const str values[] = {STR_INIT("{\"}\":[1]}"), STR_INIT("\"]\""), STR_INIT("null"), STR_INIT("{}"),
                                 STR_INIT("-1.0")};
    (void)state;
    struct json_doc doc = read_doc(text);
    struct json_span_walk walk = json_span_walk(&doc, doc.root, text);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        assert_true(json_span_next(&walk));
        assert_str(keys[i], json_str(walk.key));
        assert_str(values[i], walk.value_text);
    }
    assert_false(json_span_next(&walk));
    walk = json_span_walk(&doc, yyjson_obj_get(doc.root, "a"), str_slice(text, 5, 14));
    assert_true(json_span_next(&walk));
    assert_str(STR("[1]"), walk.value_text);
    assert_false(json_span_next(&walk));
    doc = read_doc(STR("{}"));
    walk = json_span_walk(&doc, doc.root, doc.text);
    assert_false(json_span_next(&walk));
}

/* More keys than are compared one by one, and keys that differ in the middle only. */
static void similar_keys_are_no_duplicates(void **state)
{
    (void)state;
    assert_ok(parse(STR("{\"abc\":1,\"adc\":2,\"aec\":3,\"\":4}")));
    assert_err(ERR_INVALID, parse(STR("{\"abc\":1,\"adc\":2,\"aec\":3,\"adc\":4}")));
    assert_err(ERR_INVALID, parse(STR("{\"\":1,\"a\":2,\"\":3}")));
    assert_err(ERR_INVALID, parse(STR("{\"a\\u0000b\":1}")));
    assert_err(ERR_INVALID, parse(STR("{\"\\u0000\":1}")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compact_text_is_recognised),
        cmocka_unit_test(members_are_found_by_their_places),
        cmocka_unit_test(similar_keys_are_no_duplicates),
        cmocka_unit_test(accepts_json),
        cmocka_unit_test(refuses_what_is_not_json),
        cmocka_unit_test(refuses_duplicate_keys_in_small_and_large_objects),
        cmocka_unit_test(refuses_depth_over_the_limit),
        cmocka_unit_test(sizes_are_checked_without_parsing),
        cmocka_unit_test(says_when_memory_is_out),
        cmocka_unit_test(numbers_keep_their_text),
        cmocka_unit_test(escapes_what_json_demands_and_no_more),
        cmocka_unit_test(compacts_without_touching_strings),
        cmocka_unit_test(walks_members_and_elements),
        cmocka_unit_test(walking_cut_off_text_stays_inside),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
