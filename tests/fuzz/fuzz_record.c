/* Import lines and stored records of any bytes: nothing crashes, and what was imported comes out again.
 *
 * The first byte picks: even, a line to import; odd, bytes to open as a stored record.
 */
#include "entity/project.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void project_all(enum entity entity, const struct record *record, struct arena *arena)
{
    static const str fields[ENTITY_COUNT][3] = {
        [ENTITY_PERSON] = {STR_INIT("basic_profile"), STR_INIT("experience.employment_details.current.title"),
                           STR_INIT("contact")},
        [ENTITY_COMPANY] = {STR_INIT("headcount"), STR_INIT("web_traffic.domain_traffic.*.mom_pct"),
                            STR_INIT("people.*.experience.employment_details.current.employee_title")},
    };
    struct buf out;
    size_t unknown[3], unknown_count;
    buf_init(&out, 1 << 20);
    for (size_t count = 0; count <= 3; count++) {
        const struct project_plan *plan;
        if (project_compile(entity, fields[entity], count, FAMILIES_ALL, arena, &plan, unknown,
                            &unknown_count) == OK) {
            project_record(plan, record, &out);
        }
        buf_clear(&out);
    }
    buf_fini(&out);
}

static void import_line(enum entity entity, str line, struct arena *arena)
{
    struct record_source source;
    struct record record;
    struct buf stored;
    buf_init(&stored, 1 << 20);
    if (record_parse(entity, line, arena, &source) == OK && record_encode(entity, &source, &stored) == OK) {
        must(record_check(buf_str(&stored), &record) == OK && record.id == source.id);
        for (size_t i = 0; i < source.key_count; i++) must(record_has_key(&record, source.keys[i].key));
        project_all(entity, &record, arena);
    }
    buf_fini(&stored);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct record record;
    if (size < 1) return 0;
    enum entity entity = data[0] & 2 ? ENTITY_COMPANY : ENTITY_PERSON;
    str rest = str_of(data + 1, size - 1);
    arena_init(&arena, 8 << 20);
    if (!(data[0] & 1)) {
        import_line(entity, rest, &arena);
    } else if (record_open(rest, &record) == OK) {
        project_all(entity, &record, &arena);
        record_has_key(&record, (struct key){KEY_EMAIL, STR("a@b.example")});
    }
    arena_fini(&arena);
    return 0;
}
