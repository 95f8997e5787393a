/* What is decided from a request's head alone, in which order: key, rate, route, version, content type. */
#include "api_help.h"

#include "api/header.h"
#include "base/os.h"

static struct api_world world;

static int set_up(void **state)
{
    (void)state;
    api_world_init(&world);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    api_world_fini(&world);
    return 0;
}

/* One request with this Authorization (none if NULL) and perhaps one more header. */
static void ask(const char *method, const char *target, const char *authorization, const char *name,
                const char *value)
{
    const char *headers[5] = {NULL};
    size_t n = 0;
    if (authorization) {
        headers[n++] = "Authorization";
        headers[n++] = authorization;
    }
    headers[n++] = name;
    headers[n] = value;
    api_begin(&world, method, target, headers);
}

static const char *bearer(void)
{
    snprintf(world.authorization, sizeof world.authorization, "Bearer %.*s", (int)sizeof world.text,
             world.text);
    return world.authorization;
}

static void expect_401(const char *authorization)
{
    static const str expected =
        STR_INIT("{\"error\":{\"type\":\"authentication_error\",\"message\":\"Invalid API key in "
                 "request\",\"metadata\":[]},\"message\":\"Invalid API key in request\"}\n");
    ask("GET", "/batch/x", authorization, NULL, NULL);
    api_expect_error(&world, 401, "Invalid API key in request");
    assert_str(expected, buf_str(&world.call.response.body));
    assert_str(STR("Bearer"), api_answer_header(&world, "WWW-Authenticate"));
    assert_int_equal(0, api_answer_header_count(&world, "x-ratelimit-limit"));
    assert_int_equal(0, world.call.key.account_id);
}

static void a_key_that_is_not_valid_is_always_the_same_401(void **state)
{
    (void)state;
    char other[TOKEN_TEXT_BYTES], text[80];
    struct token token;
    expect_401(NULL);
    expect_401("");
    expect_401("Bearer");
    expect_401("Bearer nonsense");
    expect_401("Basic dXNlcjpwYXNz");
    token_new(other, &token);
    snprintf(text, sizeof text, "Bearer %.*s", (int)sizeof other, other);
    expect_401(text);

    world.keys.key.revoked_us = 1;
    expect_401(bearer());
    world.keys.key.revoked_us = 0;
    world.keys.key.expires_us = os_now_us() - 1;
    expect_401(bearer());
    world.keys.key.expires_us = os_now_us() + 60000000;
    ask("GET", "/nothing", bearer(), NULL, NULL);
    assert_int_equal(404, world.call.response.status);
    world.keys.key.token.hash[31] ^= 1;
    expect_401(bearer());
}

static void both_schemes_are_understood(void **state)
{
    (void)state;
    const char *const schemes[] = {"Bearer ", "bearer ", "Token ", "TOKEN   "};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        char text[80];
        snprintf(text, sizeof text, "%s%.*s", schemes[i], (int)sizeof world.text, world.text);
        ask("GET", "/nothing", text, NULL, NULL);
        assert_int_equal(404, world.call.response.status);
        assert_int_equal(7, world.call.key.account_id);
    }
}

static void a_store_that_fails_is_503_not_401(void **state)
{
    (void)state;
    world.keys.key_error = ERR_IO;
    ask("GET", "/batch/x", bearer(), NULL, NULL);
    api_expect_error(&world, 503, "unavailable");
}

static void unknown_paths_ask_for_a_key_first(void **state)
{
    (void)state;
    const char *const paths[] = {"/",         "/nothing",  "/batch/", "/batch/x/y",
                                 "//healthz", "/healthz/", "/filesx"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        ask("GET", paths[i], NULL, NULL, NULL);
        api_expect_error(&world, 401, "authentication_error");
        ask("GET", paths[i], bearer(), NULL, NULL);
        api_expect_error(&world, 404, "not_found");
        assert_int_equal(1, api_answer_header_count(&world, "x-ratelimit-remaining"));
    }
}

static void public_paths_never_ask_for_a_key(void **state)
{
    (void)state;
    const char *const paths[] = {"/healthz", "/readyz", "/files/x/output/results.jsonl.gz"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        ask("GET", paths[i], NULL, NULL, NULL);
        assert_false(api_call_is_answered(&world.call));
        ask("HEAD", paths[i], "Bearer wrong", NULL, NULL);
        assert_false(api_call_is_answered(&world.call));
        ask("POST", paths[i], NULL, NULL, NULL);
        api_expect_error(&world, 405, "method_not_allowed");
        assert_str(STR("GET, HEAD"), api_answer_header(&world, "Allow"));
    }
}

static void a_wrong_method_is_told_the_right_ones(void **state)
{
    (void)state;
    ask("PUT", "/batch/x", bearer(), NULL, NULL);
    api_expect_error(&world, 405, "PUT is not allowed here");
    assert_str(STR("GET, HEAD, DELETE"), api_answer_header(&world, "Allow"));
    ask("PUT", "/batch/x", NULL, NULL, NULL);
    api_expect_error(&world, 401, "authentication_error");
    ask("OPTIONS", "/batch", bearer(), NULL, NULL);
    api_expect_error(&world, 405, "method_not_allowed");
}

static void the_version_is_checked_on_post(void **state)
{
    (void)state;
    ask("POST", "/batch/person/enrich", bearer(), NULL, NULL);
    api_expect_error(&world, 400, "\"Missing required header: x-api-version\"");
    ask("POST", "/batch/person/enrich", bearer(), "X-Api-Version", "2024-01-01");
    api_expect_error(&world, 400, "2025-11-01");
    ask("POST", "/batch/person/enrich", bearer(), "X-Api-Version", " 2025-11-01 ");
    assert_true(world.call.wants_body);
    ask("GET", "/batch/x", bearer(), NULL, NULL);
    assert_false(api_call_is_answered(&world.call));
}

static void the_content_type_is_json_or_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        bool is_json;
    } rows[] = {
        {"application/json", true}, {"Application/JSON; charset=utf-8", true}, {"application/json;x", true},
        {"text/json", false},       {"application/json-patch+json", false},    {"", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(rows[i].is_json, media_type_is_json(str_of_cstr(rows[i].type)));
}

static void the_rate_is_limited_and_told(void **state)
{
    (void)state;
    world.api.limits.requests_per_minute = 2;
    for (int left = 1; left >= 0; left--) {
        ask("GET", "/nothing", bearer(), NULL, NULL);
        api_expect_error(&world, 404, "not_found");
        assert_str(STR("2"), api_answer_header(&world, "x-ratelimit-limit"));
        assert_str(left ? STR("1") : STR("0"), api_answer_header(&world, "x-ratelimit-remaining"));
    }
    ask("GET", "/nothing", bearer(), NULL, NULL);
    api_expect_error(&world, 429, "rate_limit_exceeded");
    assert_int_equal(1, api_answer_header_count(&world, "x-ratelimit-reset"));
    ask("GET", "/healthz", NULL, NULL, NULL);
    assert_false(api_call_is_answered(&world.call));
}

static void a_sane_request_id_is_kept(void **state)
{
    (void)state;
    const char *const sane[] = {"a", "req-1_2.3",
                                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"};
    const char *const insane[] = {
        "",     "a b",      "a\r\nX: y",
        "a\"b", "\xc3\xa9", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0"};
    for (size_t i = 0; i < sizeof sane / sizeof *sane; i++) {
        ask("GET", "/healthz", NULL, "X-Request-Id", sane[i]);
        assert_str(str_of_cstr(sane[i]), api_answer_header(&world, "X-Request-Id"));
    }
    for (size_t i = 0; i < sizeof insane / sizeof *insane; i++) {
        struct uuid id;
        ask("GET", "/healthz", NULL, "X-Request-Id", insane[i]);
        assert_ok(uuid_parse(api_answer_header(&world, "X-Request-Id"), &id));
    }
}

static void tags_are_compared_weakly(void **state)
{
    (void)state;
    assert_true(etag_list_matches(STR("\"a\""), STR("\"a\"")));
    assert_true(etag_list_matches(STR(" \"b\" , W/\"a\""), STR("\"a\"")));
    assert_true(etag_list_matches(STR("\"a\""), STR("W/\"a\"")));
    assert_true(etag_list_matches(STR(" * "), STR("\"a\"")));
    assert_false(etag_list_matches(STR(""), STR("\"a\"")));
    assert_false(etag_list_matches(STR("a"), STR("\"a\"")));
    assert_false(etag_list_matches(STR("\"ab\""), STR("\"a\"")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_that_is_not_valid_is_always_the_same_401),
        TEST(both_schemes_are_understood),
        TEST(a_store_that_fails_is_503_not_401),
        TEST(unknown_paths_ask_for_a_key_first),
        TEST(public_paths_never_ask_for_a_key),
        TEST(a_wrong_method_is_told_the_right_ones),
        TEST(the_version_is_checked_on_post),
        TEST(the_content_type_is_json_or_nothing),
        TEST(the_rate_is_limited_and_told),
        TEST(a_sane_request_id_is_kept),
        TEST(tags_are_compared_weakly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
