/* enrich: inputs to lines, over a record store in memory. */
#include "unit.h"

#include "fake_records.h"
#include "jobs/enrich.h"
#include "jobs/plan.h"

static struct {
    struct fake_records records;
    struct arena arena;
    struct enrich_output output;
} all;

static int set_up(void **state)
{
    (void)state;
    fake_records_init(&all.records, ENTITY_PERSON, 100);
    arena_init(&all.arena, 16 << 20);
    buf_init(&all.output.results, 16 << 20);
    buf_init(&all.output.unresolved, 16 << 20);
    all.output.counts = (struct batch_counts){0};
    fake_records_add(
        &all.records,
        STR("{\"crustdata_person_id\":7,\"social_handles\":{\"professional_network_identifier\":{"
            "\"profile_url\":\"https://www.linkedin.com/in/ada\"}},\"contact\":{"
            "\"business_emails\":[{\"email\":\"ada@example.com\"}]}}"));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_records_fini(&all.records);
    arena_fini(&all.arena);
    buf_fini(&all.output.results);
    buf_fini(&all.output.unresolved);
    return 0;
}

static enum err run(enum identifier_kind kind, const char *fields_cstr, struct input *inputs, size_t count)
{
    struct enrich_spec spec = {
        .entity = ENTITY_PERSON, .identifier_kind = kind, .identifier_bytes_max = IDENTIFIER_BYTES_MAX};
    assert_ok(plan_compile(ENTITY_PERSON, str_of_cstr(fields_cstr), STR(""), &all.arena, &spec.plan));
    assert_ok(inputs_mark_duplicates(inputs, count, &all.arena));
    return enrich(&spec, inputs, count, &all.records.snapshot, NULL, &all.arena, &all.output);
}

#define DATA                                                                                                 \
    "\"internal_id\":7,\"data\":{\"crustdata_person_id\":7,\"social_handles\":{"                             \
    "\"professional_network_identifier\":{\"profile_url\":\"https://www.linkedin.com/in/ada\"}}}}\n"

static void each_input_gets_its_line(void **state)
{
    (void)state;
    struct input inputs[] = {{.text = STR("https://linkedin.com/in/ada/")},
                             {.text = STR("linkedin.com/in/nobody")},
                             {.text = STR("ADA")},
                             {.text = STR("https://example.com/x")},
                             {.text = STR("https://linkedin.com/in/ada/")},
                             {.text = STR("")},
                             {.text = STR("linkedin.com/in/nobody")}};
    assert_ok(run(IDENTIFIER_PROFILE_URL, "", inputs, 7));
    assert_str(STR("{\"original_identifier\":\"https://linkedin.com/in/ada/\"," DATA
                   "{\"original_identifier\":\"ADA\"," DATA),
               buf_str(&all.output.results));
    assert_str(STR("{\"original_identifier\":\"linkedin.com/in/nobody\",\"reason\":\"not_found\"}\n"
                   "{\"original_identifier\":\"https://example.com/x\",\"reason\":\"invalid_identifier\"}\n"
                   "{\"original_identifier\":\"https://linkedin.com/in/ada/\",\"reason\":\"duplicate\"}\n"
                   "{\"original_identifier\":\"\",\"reason\":\"invalid_identifier\"}\n"
                   "{\"original_identifier\":\"linkedin.com/in/nobody\",\"reason\":\"duplicate\"}\n"),
               buf_str(&all.output.unresolved));
    static const uint32_t counts[OUTCOME_COUNT] = {2, 1, 2, 2, 0, 0, 0};
    assert_memory_equal(counts, all.output.counts.of, sizeof counts);
    assert_int_equal(1, fake_records_calls(&all.records));
}

static void originals_are_echoed_exactly(void **state)
{
    (void)state;
    struct input inputs[] = {{.text = STR(" \"Ada\\\" <ada@example.com>\t")},
                             {.text = STR("\xc3\xa9\xe2\x80\xa8/\x7f")}};
    assert_ok(run(IDENTIFIER_BUSINESS_EMAIL, "", inputs, 2));
    assert_true(str_ends(
        buf_str(&all.output.unresolved),
        STR("{\"original_identifier\":\"\xc3\xa9\xe2\x80\xa8/\x7f\",\"reason\":\"invalid_identifier\"}\n")));
    str both = all.output.results.n ? buf_str(&all.output.results) : buf_str(&all.output.unresolved);
    assert_true(str_starts(both, STR("{\"original_identifier\":\" \\\"Ada\\\\\\\" <ada@example.com>\\t\",")));
}

static void selected_fields_are_added(void **state)
{
    (void)state;
    struct input inputs[] = {{.text = STR("ada@example.com")}};
    assert_ok(run(IDENTIFIER_BUSINESS_EMAIL, "contact.business_emails.email", inputs, 1));
    str line = buf_str(&all.output.results);
    assert_true(str_find(line, STR("\"contact\":{\"business_emails\":[{\"email\":\"ada@example.com\"}]}")) !=
                SIZE_MAX);
    assert_true(str_find(line, STR("profile_url")) != SIZE_MAX);
}

static void claims_without_any_key_work(void **state)
{
    (void)state;
    struct input inputs[] = {{.text = STR("x")}, {.text = STR("@")}, {.text = STR("x")}};
    assert_ok(run(IDENTIFIER_BUSINESS_EMAIL, "", inputs, 3));
    assert_int_equal(0, all.output.results.n);
    assert_int_equal(2, all.output.counts.of[OUTCOME_INVALID]);
    assert_int_equal(1, all.output.counts.of[OUTCOME_DUPLICATE]);
}

static void failures_of_the_store_are_passed_on(void **state)
{
    (void)state;
    struct input inputs[] = {{.text = STR("ada@example.com")}};
    fake_records_fail(&all.records, ERR_IO, 1);
    assert_err(ERR_IO, run(IDENTIFIER_BUSINESS_EMAIL, "", inputs, 1));
    fake_records_fail(&all.records, ERR_CORRUPT, 1);
    assert_err(ERR_CORRUPT, run(IDENTIFIER_BUSINESS_EMAIL, "", inputs, 1));
    assert_ok(run(IDENTIFIER_BUSINESS_EMAIL, "", inputs, 1));
}

/* Whatever the cap, the answer is complete or an error. */
static void scarce_memory_is_reported(void **state)
{
    (void)state;
    struct input inputs[] = {{.text = STR("ada@example.com")}, {.text = STR("nobody@example.com")}};
    struct enrich_spec spec = {.entity = ENTITY_PERSON,
                               .identifier_kind = IDENTIFIER_BUSINESS_EMAIL,
                               .identifier_bytes_max = IDENTIFIER_BYTES_MAX};
    assert_ok(plan_compile(ENTITY_PERSON, STR(""), STR(""), &all.arena, &spec.plan));
    uint32_t refused = 0, done = 0;
    for (size_t bytes = 16; bytes < 4096; bytes += 16) {
        struct arena small;
        struct enrich_output out = {0};
        arena_init(&small, bytes);
        buf_init(&out.results, bytes);
        buf_init(&out.unresolved, bytes);
        enum err e = enrich(&spec, inputs, 2, &all.records.snapshot, NULL, &small, &out);
        assert_true(e == OK || e == ERR_NOMEM);
        if (e == OK) assert_int_equal(2, batch_counts_sum(&out.counts));
        e == OK ? done++ : refused++;
        arena_fini(&small);
        buf_fini(&out.results);
        buf_fini(&out.unresolved);
    }
    assert_true(refused > 10 && done > 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_input_gets_its_line),  TEST(originals_are_echoed_exactly),
        TEST(selected_fields_are_added), TEST(claims_without_any_key_work),
        TEST(scarce_memory_is_reported), TEST(failures_of_the_store_are_passed_on),
    };
    return cmocka_run_group_tests_name("enrich", tests, NULL, NULL);
}
