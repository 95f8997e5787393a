/* Lists of fields, one path a line, behind a byte whose last bit picks the entity: an answer to any list that
 * is taken is JSON.
 */
#include "base/json.h"
#include "entity/project.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PATHS_MAX 32

static const str lines[ENTITY_COUNT] = {
    [ENTITY_PERSON] = STR_INIT(
        "{\"crustdata_person_id\":7,\"basic_profile\":{\"name\":\"Ann "
        "\\u00e9\",\"headline\":null,\"languages\":[]},"
        "\"contact\":{\"business_emails\":[{\"email\":\"ann@acme.example\",\"status\":\"verified\"}]},"
        "\"experience\":{\"employment_details\":{\"current\":[{\"title\":\"CTO\",\"name\":\"Acme\",\"x\":[{"
        "\"y\":1}]}],"
        "\"past\":[{\"title\":\"Dev\"},{}]}},\"skills\":{\"professional_network_skills\":[\"C\",\"SQL\"]}}"),
    [ENTITY_COMPANY] = STR_INIT(
        "{\"crustdata_company_id\":9,\"basic_info\":{\"name\":\"Acme\",\"primary_domain\":\"acme.example\","
        "\"industries\":[]},"
        "\"headcount\":{\"total\":12,\"by_role_absolute\":{\"engineering\":3}},\"web_traffic\":{\"domain_"
        "traffic\":"
        "{\"a.example\":{\"mom_pct\":1.5,\"visits\":7}}},\"people\":{\"cxos\":[{\"name\":\"Ann\"}]}}"),
};

static size_t split(str rest, str paths[PATHS_MAX])
{
    size_t count = 0;
    while (count < PATHS_MAX && str_split(&rest, '\n', &paths[count])) count++;
    return count;
}

static void project(const struct project_plan *plan, enum entity entity, struct arena *arena)
{
    struct record_source source;
    struct record record;
    struct buf stored, out;
    yyjson_val *root;
    buf_init(&stored, 1 << 20);
    buf_init(&out, 1 << 20);
    must(record_parse(entity, lines[entity], arena, &source) == OK);
    must(record_encode(entity, &source, &stored) == OK && record_open(buf_str(&stored), &record) == OK);
    project_record(plan, &record, &out);
    must(!out.is_failed && json_parse(arena, buf_str(&out), &root) == OK && yyjson_is_obj(root));
    buf_fini(&out);
    buf_fini(&stored);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    str paths[PATHS_MAX];
    size_t unknown[PATHS_MAX], unknown_count;
    const struct project_plan *plan;
    if (size < 1) return 0;
    enum entity entity = data[0] & 1 ? ENTITY_COMPANY : ENTITY_PERSON;
    size_t count = split(str_of(data + 1, size - 1), paths);
    arena_init(&arena, 8 << 20);
    enum err e = project_compile(entity, paths, count, FAMILIES_ALL, &arena, &plan, unknown, &unknown_count);
    must(e == OK || e == ERR_INVALID);
    must(e == OK || (unknown_count > 0 && unknown_count <= count));
    if (e == OK) project(plan, entity, &arena);
    arena_fini(&arena);
    return 0;
}
