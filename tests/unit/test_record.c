/* record: import lines to stored form and back; project: what comes out of it. */
#include "unit.h"

#include "entity/project.h"

static struct arena arena;
static struct buf stored;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 16 << 20);
    buf_init(&stored, 16 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    buf_fini(&stored);
    return 0;
}

static struct record import(enum entity entity, str line)
{
    struct record_source source;
    struct record record;
    buf_clear(&stored);
    assert_ok(record_parse(entity, line, &arena, &source));
    assert_ok(record_encode(entity, &source, &stored));
    assert_int_equal(0, stored.n % 8);
    assert_int_equal(stored.n, record_stored_bytes(buf_str(&stored)));
    assert_ok(record_check(buf_str(&stored), &record));
    return record;
}

/* The projection of the record by comma-separated fields. */
static str projected(enum entity entity, const struct record *record, str fields)
{
    str paths[16];
    size_t count = 0;
    while (str_split(&fields, ',', &paths[count])) count++;
    const struct project_plan *plan;
    size_t unknown[16], unknown_count;
    assert_ok(project_compile(entity, paths, count, FAMILIES_ALL, &arena, &plan, unknown, &unknown_count));
    struct buf out;
    buf_init(&out, 1 << 20);
    project_record(plan, record, &out);
    assert_ok(buf_check(&out));
    str copy = arena_copy(&arena, buf_str(&out));
    buf_fini(&out);
    return copy;
}

#define PERSON                                                                                               \
    "{ \"skills\": {\"professional_network_skills\": [\"C\", \"\\u00e9\\/\"]}, \"crustdata_person_id\": 42," \
    " \"years_of_experience_raw\": 5.00, \"metadata\": null, "                                               \
    "\"experience\": {\"employment_details\": {\"current\": [{\"title\": \"CTO\", \"name\": \"A\", \"x\": "  \
    "1},"                                                                                                    \
    " {\"name\": \"B\"}, null], \"past\": []}}, "                                                            \
    "\"social_handles\": {\"professional_network_identifier\": {\"profile_url\": "                           \
    "\"https://www.linkedin.com/in/Example-42\", \"further_profile_urls\": "                                 \
    "[\"linkedin.com/in/example-42-old\"]}}, "                                                               \
    "\"contact\": {\"business_emails\": [{\"email\": \"E.42@Example.com\"}, {\"email\": \"broken\"}]}, "     \
    "\"basic_profile\": {\"name\": \"Zo\xc3\xab\", \"location\": {\"city\": \"Delft\", \"full_location\": "  \
    "\"Delft, NL\"},"                                                                                        \
    " \"normalized_title\": {\"similarity\": 0.90}}}"

#define DEFAULTS                                                                                             \
    "\"crustdata_person_id\":42,\"basic_profile\":{\"name\":\"Zo\xc3\xab\",\"location\":{\"city\":"          \
    "\"Delft\"}},"                                                                                           \
    "\"social_handles\":{\"professional_network_identifier\":{\"profile_url\":"                              \
    "\"https://www.linkedin.com/in/Example-42\",\"further_profile_urls\":[\"linkedin.com/in/"                \
    "example-42-old\"]}}"

static void default_fields_leave_out_what_is_not_default(void **state)
{
    (void)state;
    struct record record = import(ENTITY_PERSON, STR(PERSON));
    assert_int_equal(42, record.id);
    assert_str(STR("{" DEFAULTS "}"), projected(ENTITY_PERSON, &record, STR("")));
    assert_str(STR("{" DEFAULTS "}"),
               projected(ENTITY_PERSON, &record, STR("honors,social_handles,basic_profile.name")));
}

static void families_come_whole_and_byte_for_byte(void **state)
{
    (void)state;
    struct record record = import(ENTITY_PERSON, STR(PERSON));
    assert_str(STR("{" DEFAULTS ",\"skills\":{\"professional_network_skills\":[\"C\",\"\\u00e9\\/\"]},"
                   "\"years_of_experience_raw\":5.00,\"metadata\":null}"),
               projected(ENTITY_PERSON, &record, STR("years_of_experience_raw,skills,metadata")));
}

static void leaves_keep_nesting_and_arrays(void **state)
{
    (void)state;
    struct record record = import(ENTITY_PERSON, STR(PERSON));
    assert_str(STR("{" DEFAULTS
                   ",\"experience\":{\"employment_details\":{\"current\":[{\"title\":\"CTO\"},{},null]}}}"),
               projected(ENTITY_PERSON, &record, STR("experience.employment_details.current.title")));
    assert_str(
        STR("{" DEFAULTS
            ",\"experience\":{\"employment_details\":{\"current\":[{\"title\":\"CTO\",\"name\":\"A\"},"
            "{\"name\":\"B\"},null],\"past\":[]}}}"),
        projected(ENTITY_PERSON, &record,
                  STR("experience.employment_details.current.name,experience.employment_details.past.name,"
                      "experience.employment_details.current.title")));
    assert_str(STR("{" DEFAULTS "}"), projected(ENTITY_PERSON, &record,
                                                STR("education.schools.school,metadata.updated_at,"
                                                    "professional_network.location.city")));
}

static void fields_beside_the_default_form_widen_their_family(void **state)
{
    (void)state;
    struct record record = import(ENTITY_PERSON, STR(PERSON));
    str whole = projected(ENTITY_PERSON, &record, STR("basic_profile"));
    assert_true(str_find(whole, STR("\"location\":{\"city\":\"Delft\",\"full_location\":\"Delft, NL\"}")) !=
                SIZE_MAX);
    assert_true(str_find(whole, STR("\"normalized_title\":{\"similarity\":0.90}")) != SIZE_MAX);
    assert_true(str_find(whole, STR("\"basic_profile\"")) ==
                str_find(str_from(whole, 0), STR("\"basic_profile\"")));
    str some = projected(ENTITY_PERSON, &record, STR("basic_profile.normalized_title.similarity,skills"));
    assert_true(str_find(some, STR("\"location\":{\"city\":\"Delft\"}")) != SIZE_MAX);
    assert_true(str_find(some, STR("\"normalized_title\":{\"similarity\":0.90}")) != SIZE_MAX);
    str rest = str_from(some, str_find(some, STR("basic_profile")) + 1);
    assert_true(str_find(rest, STR("basic_profile")) == SIZE_MAX);
}

static void everything_is_everything(void **state)
{
    (void)state;
    const struct field_table *table = fields_of(ENTITY_PERSON);
    struct buf all;
    buf_init(&all, 10000);
    for (size_t i = 0; i < table->family_count && i < 16; i++) {
        if (i) buf_add_char(&all, ',');
        buf_add(&all, table->fields[table->families[i]].name);
    }
    struct record record = import(ENTITY_PERSON, STR(PERSON));
    str out = projected(ENTITY_PERSON, &record, buf_str(&all));
    const str parts[] = {STR_INIT("full_location"), STR_INIT("E.42@Example.com"), STR_INIT("\"x\":1"),
                         STR_INIT("5.00")};
    for (size_t i = 0; i < 4; i++) assert_true(str_find(out, parts[i]) != SIZE_MAX);
    buf_fini(&all);
}

static void a_step_of_a_map_matches_every_key(void **state)
{
    (void)state;
    struct record record = import(
        ENTITY_COMPANY,
        STR("{\"crustdata_company_id\":7,\"web_traffic\":{\"domain_traffic\":{\"a.example\":{\"monthly_"
            "visitors\":1,\"mom_pct\":2},"
            "\"b.example\":{\"mom_pct\":3}}},\"people\":{\"founders\":[{\"experience\":{\"employment_"
            "details\":{\"current\":"
            "[{\"employee_title\":\"CEO\",\"employer_name\":\"X\"}]}},\"name\":\"F\"}],\"cxos\":[]}}"));
    assert_str(STR("{\"crustdata_company_id\":7,\"web_traffic\":{\"domain_traffic\":{\"a.example\":{"
                   "\"monthly_visitors\":1}}}}"),
               projected(ENTITY_COMPANY, &record, STR("web_traffic.domain_traffic.*.monthly_visitors")));
    assert_str(STR("{\"crustdata_company_id\":7,\"people\":{\"founders\":[{\"experience\":{\"employment_"
                   "details\":{\"current\":"
                   "[{\"employee_title\":\"CEO\"}]}}}],\"cxos\":[]}}"),
               projected(ENTITY_COMPANY, &record,
                         STR("people.*.experience.employment_details.current.employee_title")));
}

static void unknown_fields_are_named(void **state)
{
    (void)state;
    const struct project_plan *plan;
    const str paths[] = {STR_INIT("nope"), STR_INIT("skills"),   STR_INIT("basic_profile.nope"),
                         STR_INIT(""),     STR_INIT("people.*"), STR_INIT("social_handles.twitter_handle")};
    size_t unknown[6], count;
    assert_err(ERR_INVALID,
               project_compile(ENTITY_PERSON, paths, 6, FAMILIES_ALL, &arena, &plan, unknown, &count));
    assert_int_equal(5, count);
    assert_int_equal(0, unknown[0]);
    assert_int_equal(2, unknown[1]);
}

static void keys_are_found_and_others_not(void **state)
{
    (void)state;
    struct record record = import(ENTITY_PERSON, STR(PERSON));
    assert_int_equal(3, record.key_count);
    assert_true(record_has_key(&record, (struct key){KEY_PROFILE, STR("example-42")}));
    assert_true(record_has_key(&record, (struct key){KEY_PROFILE, STR("example-42-old")}));
    assert_true(record_has_key(&record, (struct key){KEY_EMAIL, STR("e.42@example.com")}));
    assert_true(record_has_key(&record, (struct key){KEY_ID, STR("42")}));
    assert_false(record_has_key(&record, (struct key){KEY_ID, STR("43")}));
    assert_false(record_has_key(&record, (struct key){KEY_EMAIL, STR("example-42")}));
}

static void company_keys(void **state)
{
    (void)state;
    struct record record = import(
        ENTITY_COMPANY,
        STR("{\"crustdata_company_id\":7,\"basic_info\":{\"name\":\"Larkspur  "
            "Systems\",\"primary_domain\":null,"
            "\"all_domains\":[\"WWW.Larkspur.example\"],\"website\":\"https://pages.example.com/larkspur\","
            "\"professional_network_url\":\"https://www.linkedin.com/company/example-larkspur\","
            "\"professional_network_id\":\"90000417\"}}"));
    assert_int_equal(4, record.key_count);
    assert_true(record_has_key(&record, (struct key){KEY_DOMAIN, STR("larkspur.example")}));
    assert_true(record_has_key(&record, (struct key){KEY_NAME, STR("larkspur systems")}));
    assert_true(record_has_key(&record, (struct key){KEY_COMPANY_PROFILE, STR("example-larkspur")}));
    assert_true(record_has_key(&record, (struct key){KEY_COMPANY_PROFILE, STR("90000417")}));
}

static void an_enrich_line_is_a_record(void **state)
{
    (void)state;
    struct record record =
        import(ENTITY_PERSON, STR("{\"original_identifier\":\"x\",\"internal_id\":9,\"data\": "
                                  "{\"crustdata_person_id\": 9, \"skills\": {}}}"));
    assert_int_equal(9, record.id);
    assert_str(STR("{\"crustdata_person_id\":9,\"skills\":{}}"),
               projected(ENTITY_PERSON, &record, STR("skills")));
    struct record_source source;
    assert_err(ERR_INVALID,
               record_parse(ENTITY_PERSON, STR("{\"internal_id\":8,\"data\":{\"crustdata_person_id\":9}}"),
                            &arena, &source));
}

static void bad_lines_say_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        str line;
        const char *word;
    } rows[] = {
        {STR_INIT("[]"), "object"},
        {STR_INIT("{\"crustdata_person_id\":1,}"), "byte"},
        {STR_INIT("{}"), "crustdata_person_id is missing"},
        {STR_INIT("{\"crustdata_person_id\":0}"), "whole number"},
        {STR_INIT("{\"crustdata_person_id\":1.0}"), "whole number"},
        {STR_INIT("{\"crustdata_person_id\":-4}"), "whole number"},
        {STR_INIT("{\"crustdata_person_id\":\"1\"}"), "whole number"},
        {STR_INIT("{\"crustdata_person_id\":9223372036854775808}"), "whole number"},
        {STR_INIT("{\"crustdata_person_id\":1,\"skills\":[]}"), "skills must be an object"},
        {STR_INIT("{\"crustdata_person_id\":1,\"skills\":{},\"skills\":{}}"), "duplicate key"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct record_source source;
        assert_err(ERR_INVALID, record_parse(ENTITY_PERSON, rows[i].line, &arena, &source));
        if (!strstr(err_detail(), rows[i].word))
            fail_msg("\"%s\" does not name \"%s\"", err_detail(), rows[i].word);
    }
}

static void unknown_families_are_left_out_and_named(void **state)
{
    (void)state;
    struct record_source source;
    assert_ok(
        record_parse(ENTITY_PERSON, STR("{\"crustdata_person_id\":1,\"shoe_size\":44}"), &arena, &source));
    assert_str(STR("shoe_size"), source.ignored);
    assert_int_equal(0, source.family_count);
}

static void tombstones_have_only_an_id(void **state)
{
    (void)state;
    struct record record;
    buf_clear(&stored);
    assert_ok(record_encode_tombstone(77, &stored));
    assert_ok(record_check(buf_str(&stored), &record));
    assert_true(record.is_tombstone);
    assert_int_equal(77, record.id);
    assert_int_equal(0, record.key_count);
}

/* Any flipped byte is noticed by the check, and opening and projecting the damaged bytes stays inside them.
 */
static void damage_is_noticed_and_harmless(void **state)
{
    (void)state;
    import(ENTITY_PERSON, STR(PERSON));
    size_t n = stored.n;
    char *copy = malloc(n);
    for (size_t i = 0; i < n; i++) {
        struct record record;
        memcpy(copy, stored.p, n);
        copy[i] = (char)(copy[i] ^ 0x55);
        if (i != 4) assert_int_not_equal(OK, record_check(str_of(copy, n), &record));
        if (record_open(str_of(copy, n), &record) != OK) continue;
        projected(ENTITY_PERSON, &record,
                  STR("skills,basic_profile,experience.employment_details.current.title"));
        record_has_key(&record, (struct key){KEY_EMAIL, STR("nobody@example.com")});
    }
    for (size_t cut = 0; cut < n; cut++) {
        struct record record;
        char *part = malloc(cut + 1);
        memcpy(part, stored.p, cut);
        assert_err(ERR_CORRUPT, record_open(str_of(part, cut), &record));
        free(part);
    }
    free(copy);
}

static void exhausted_memory_is_an_error(void **state)
{
    (void)state;
    for (size_t bytes = 64; bytes < 20000; bytes += 512) {
        struct arena small;
        struct record_source source;
        arena_init(&small, bytes);
        enum err e = record_parse(ENTITY_PERSON, STR(PERSON), &small, &source);
        assert_true(e == OK || e == ERR_NOMEM);
        arena_fini(&small);
    }
    struct buf tiny;
    struct record_source source;
    buf_init(&tiny, 100);
    assert_ok(record_parse(ENTITY_PERSON, STR(PERSON), &arena, &source));
    assert_err(ERR_NOMEM, record_encode(ENTITY_PERSON, &source, &tiny));
    assert_int_equal(0, tiny.n);
    buf_fini(&tiny);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_fields_leave_out_what_is_not_default),
        cmocka_unit_test(families_come_whole_and_byte_for_byte),
        cmocka_unit_test(leaves_keep_nesting_and_arrays),
        cmocka_unit_test(fields_beside_the_default_form_widen_their_family),
        cmocka_unit_test(everything_is_everything),
        cmocka_unit_test(a_step_of_a_map_matches_every_key),
        cmocka_unit_test(unknown_fields_are_named),
        cmocka_unit_test(keys_are_found_and_others_not),
        cmocka_unit_test(company_keys),
        cmocka_unit_test(an_enrich_line_is_a_record),
        cmocka_unit_test(bad_lines_say_what_is_wrong),
        cmocka_unit_test(unknown_families_are_left_out_and_named),
        cmocka_unit_test(tombstones_have_only_an_id),
        cmocka_unit_test(damage_is_noticed_and_harmless),
        cmocka_unit_test(exhausted_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
