/* The body of POST /batch/person/enrich: what is taken from it, and the sentence for everything that is
 * wrong. */
#include "api_help.h"

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

/* The body must be accepted; what was read is in the result. */
static const struct job_request *accept(str body)
{
    api_submit(&world, body);
    if (api_call_is_answered(&world.call))
        fail_msg("%.*s: %.*s", STR_ARG(body), STR_ARG(buf_str(&world.call.response.body)));
    return &world.call.job;
}

static void refuse(str body, const char *text)
{
    api_submit(&world, body);
    api_expect_error(&world, 400, text);
}

static void expect_inputs(const struct job_request *job, size_t count, const str *texts)
{
    assert_int_equal(count, job->input_count);
    for (size_t i = 0; i < count; i++) assert_str(texts[i], job->inputs[i].text);
}

static void the_least_body_gets_the_defaults(void **state)
{
    (void)state;
    const struct job_request *job = accept(STR("{\"business_emails\":[\"a@b.example\"]}"));
    expect_inputs(job, 1, (const str[]){STR("a@b.example")});
    assert_int_equal(7, job->account_id);
    assert_int_equal(ENTITY_PERSON, job->entity);
    assert_int_equal(IDENTIFIER_BUSINESS_EMAIL, job->identifier_kind);
    assert_int_equal(100, job->chunk_size);
    assert_str(STR(""), job->fields);
    assert_str(STR(""), job->webhook_url);
}

static void a_full_body_is_read(void **state)
{
    (void)state;
    const struct job_request *job =
        accept(STR(" {\"professional_network_profile_urls\": [\"x\",\"x\"], \"fields\": [\"skills\"],\n"
                   "\"webhook_url\":\"https:\\/\\/hook.example\\/x\", \"chunk_size\": 10 } "));
    expect_inputs(job, 2, (const str[]){STR("x"), STR("x")});
    assert_int_equal(IDENTIFIER_PROFILE_URL, job->identifier_kind);
    assert_int_equal(10, job->chunk_size);
    assert_str(STR("skills"), job->fields);
    assert_str(STR("https://hook.example/x"), job->webhook_url);
}

static void items_of_a_text_are_trimmed_and_those_of_an_array_are_not(void **state)
{
    (void)state;
    const struct job_request *job = accept(STR("{\"business_emails\":\" a@b.co ,,\\tc@d.co\\n, \"}"));
    expect_inputs(job, 2, (const str[]){STR("a@b.co"), STR("c@d.co")});
    job = accept(STR("{\"business_emails\":[\" a@b.co \",\"\",\"x,y\"]}"));
    expect_inputs(job, 3, (const str[]){STR(" a@b.co "), STR(""), STR("x,y")});
}

/* They are invalid identifiers, which is the job's business. */
static void strange_identifiers_do_not_fail_the_job(void **state)
{
    (void)state;
    const struct job_request *job = accept(STR("{\"business_emails\":[\"a\\u0000b\",\"\\ud83d\\ude00\"]}"));
    expect_inputs(job, 2, (const str[]){STR("a\0b"), STR("\xf0\x9f\x98\x80")});
}

static void what_is_no_object_is_refused(void **state)
{
    (void)state;
    refuse(STR(""), "empty");
    refuse(STR("[]"), "an array");
    refuse(STR("null"), "null");
    refuse(STR("\"x\""), "a string");
    refuse(STR("{"), "byte");
    refuse(STR("{} {}"), "byte");
    refuse(STR("{}x"), "byte 2");
    refuse(STR("\xef\xbb\xbf{}"), "invalid_request");
    refuse(STR("{\"business_emails\":[\"\xff\"]}"), "byte");
    refuse(STR("{\"business_emails\":[\"\\ud800\"]}"), "byte");
    refuse(STR("{\"business_emails\":[\"a@b.co\",]}"), "byte");
    refuse(STR("{'business_emails':'a@b.co'}"), "byte");
}

static void keys_are_known_and_stand_once(void **state)
{
    (void)state;
    refuse(STR("{\"emails\":[\"a@b.co\"]}"),
           "Unknown key 'emails'. Allowed: professional_network_profile_urls, "
           "business_emails, fields, webhook_url, chunk_size");
    refuse(STR("{\"business_emails\":\"a@b.co\",\"business_emails\":\"c@d.co\"}"), "duplicate key");
    refuse(STR("{\"business_emails\":\"a@b.co\",\"Fields\":[]}"), "Unknown key 'Fields'");
    refuse(STR("{}"), "exactly one of professional_network_profile_urls or business_emails is required");
    refuse(STR("{\"business_emails\":\"a@b.co\",\"professional_network_profile_urls\":\"x\"}"),
           "only one of");
    refuse(STR("{\"business_emails\":\"a@b.co\",\"professional_network_profile_urls\":[]}"), "only one of");
}

static void depth_is_limited(void **state)
{
    (void)state;
    char body[200] = "{\"fields\":";
    size_t n = strlen(body);
    memset(body + n, '[', 40);
    memset(body + n + 40, ']', 40);
    body[n + 80] = '}';
    refuse(str_of(body, n + 81), "nested deeper than 32");
}

static void lists_are_lists_of_strings(void **state)
{
    (void)state;
    refuse(STR("{\"business_emails\":7}"), "business_emails must be an array of strings or one string");
    refuse(STR("{\"business_emails\":null}"), "not null");
    refuse(STR("{\"business_emails\":{}}"), "not an object");
    refuse(STR("{\"business_emails\":[\"a@b.co\",7]}"), "business_emails[1] must be a string, not a number");
    refuse(STR("{\"business_emails\":[[]]}"), "business_emails[0] must be a string, not an array");
    refuse(STR("{\"business_emails\":[]}"), "business_emails must not be empty");
    refuse(STR("{\"business_emails\":\" , ,\"}"), "business_emails must not be empty");
    refuse(STR("{\"business_emails\":\"a@b.co\",\"fields\":[true]}"),
           "fields[0] must be a string, not true or false");
}

/* {"business_emails":<count items>} as an array or a text; the caller frees. */
static struct buf body_of(size_t count, bool is_array)
{
    struct buf body;
    buf_init(&body, 1 << 20);
    buf_add(&body, is_array ? STR("{\"business_emails\":[") : STR("{\"business_emails\":\""));
    for (size_t i = 0; i < count; i++) {
        if (i) buf_add_char(&body, ',');
        buf_add_format(&body, is_array ? "\"%zu@b.co\"" : "%zu@b.co", i);
    }
    buf_add(&body, is_array ? STR("]}") : STR("\"}"));
    assert_ok(buf_check(&body));
    return body;
}

static void the_number_of_identifiers_is_limited(void **state)
{
    (void)state;
    for (int is_array = 0; is_array < 2; is_array++) {
        struct buf most = body_of(10000, is_array);
        assert_int_equal(10000, accept(buf_str(&most))->input_count);
        struct buf more = body_of(10001, is_array);
        refuse(buf_str(&more), "10000");
        buf_fini(&most);
        buf_fini(&more);
    }
}

static void the_chunk_size_is_a_whole_number_in_range(void **state)
{
    (void)state;
    const char *const fine[] = {"10", "11", "1000"};
    const char *const wrong[] = {"9",       "1001", "0",    "-10",   "100.0", "1e2",
                                 "\"100\"", "null", "true", "[100]", "{}",    "99999999999999999999"};
    char body[100];
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        snprintf(body, sizeof body, "{\"business_emails\":\"a@b.co\",\"chunk_size\":%s}", fine[i]);
        accept(str_of_cstr(body));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(body, sizeof body, "{\"business_emails\":\"a@b.co\",\"chunk_size\":%s}", wrong[i]);
        refuse(str_of_cstr(body), "chunk_size must be a whole number from 10 to 1000");
    }
}

static void the_webhook_url_is_checked(void **state)
{
    (void)state;
    refuse(STR("{\"business_emails\":\"a@b.co\",\"webhook_url\":7}"),
           "webhook_url must be a string, not a number");
    refuse(STR("{\"business_emails\":\"a@b.co\",\"webhook_url\":\"\"}"), "webhook_url must be an absolute");
    refuse(STR("{\"business_emails\":\"a@b.co\",\"webhook_url\":\"http://u@h/\"}"),
           "webhook_url must not hold a user");
}

static void unknown_fields_come_with_a_list_of_the_known_ones(void **state)
{
    (void)state;
    refuse(STR("{\"business_emails\":\"a@b.co\",\"fields\":[\"skills\",\"nope\",\"basic_profile.x\"]}"),
           "\"metadata\":[{\"invalid_fields\":[\"nope\",\"basic_profile.x\"],\"available_fields\":[\"");
    str body = buf_str(&world.call.response.body);
    assert_true(str_find(body, STR("Unknown fields: nope, basic_profile.x")) != SIZE_MAX);
    assert_true(str_find(body, STR("\"basic_profile.name\"")) != SIZE_MAX);
    refuse(STR("{\"business_emails\":\"a@b.co\",\"fields\":[\"\"]}"), "\"invalid_fields\":[\"\"]");
    refuse(STR("{\"business_emails\":\"a@b.co\",\"fields\":[\" skills\"]}"),
           "\"invalid_fields\":[\" skills\"]");
    refuse(STR("{\"business_emails\":\"a@b.co\",\"fields\":[\"skills\\u0000\"]}"), "invalid_fields");
    assert_str(STR("skills"),
               accept(STR("{\"business_emails\":\"a@b.co\",\"fields\":\" skills ,\"}"))->fields);
    assert_str(STR(""), accept(STR("{\"business_emails\":\"a@b.co\",\"fields\":[]}"))->fields);
}

/* Known clients stop for good when they read these words. */
static void no_message_repeats_the_words_that_mean_an_empty_account(void **state)
{
    (void)state;
    const char *const bodies[] = {"{\"Credit_Quota\":1}",
                                  "{\"business_emails\":\"a@b.co\",\"fields\":[\"credits\"]}"};
    for (size_t i = 0; i < 2; i++) {
        api_submit(&world, str_of_cstr(bodies[i]));
        str body = buf_str(&world.call.response.body);
        str message = str_slice(body, 0, str_find(body, STR("\"metadata\"")));
        assert_int_equal(400, world.call.response.status);
        for (size_t at = 0; at < message.n; at++) {
            assert_false(str_starts_nocase(str_from(message, at), STR("credit")));
            assert_false(str_starts_nocase(str_from(message, at), STR("quota")));
        }
    }
}

static void a_draining_server_takes_nothing(void **state)
{
    (void)state;
    flag_raise(&world.api.is_draining);
    api_submit(&world, STR("{\"business_emails\":\"a@b.co\"}"));
    api_expect_error(&world, 503, "unavailable");
    api_submit(&world, STR("{}"));
    api_expect_error(&world, 400, "exactly one of");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_least_body_gets_the_defaults),
        TEST(a_full_body_is_read),
        TEST(items_of_a_text_are_trimmed_and_those_of_an_array_are_not),
        TEST(strange_identifiers_do_not_fail_the_job),
        TEST(what_is_no_object_is_refused),
        TEST(keys_are_known_and_stand_once),
        TEST(depth_is_limited),
        TEST(lists_are_lists_of_strings),
        TEST(the_number_of_identifiers_is_limited),
        TEST(the_chunk_size_is_a_whole_number_in_range),
        TEST(the_webhook_url_is_checked),
        TEST(unknown_fields_come_with_a_list_of_the_known_ones),
        TEST(no_message_repeats_the_words_that_mean_an_empty_account),
        TEST(a_draining_server_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
