/* Plans and their execution: copies where possible, the trimming walk where not. */
#include "entity/project.h"

#include "entity/selection.h"

struct project_plan {
    struct selection selection;
    uint64_t whole;        /* families of which everything is wanted */
    uint64_t some;         /* families that are walked in their whole form */
    uint64_t none;         /* families of which nothing is wanted */
    bool is_default_plain; /* default families are wanted in their default form, no more */
    bool is_default_only;  /* and nothing else is wanted */
    bool is_everything;    /* all families are wanted whole */
};

static void classify(struct project_plan *plan, const uint8_t *default_modes)
{
    const struct field_table *table = plan->selection.table;
    plan->is_default_plain = plan->is_everything = true;
    for (size_t ordinal = 0; ordinal < table->family_count; ordinal++) {
        size_t first = table->families[ordinal];
        size_t n = table->fields[first].end - first;
        uint64_t bit = (uint64_t)1 << ordinal;
        uint8_t mode = plan->selection.modes[first];
        bool is_unchanged = memcmp(plan->selection.modes + first, default_modes + first, n) == 0;
        if (table->default_families & bit) plan->is_default_plain &= is_unchanged;
        if (mode != SELECT_WHOLE) plan->is_everything = false;
        if (mode == SELECT_NONE) plan->none |= bit;
        if (mode == SELECT_WHOLE) plan->whole |= bit;
        if (mode == SELECT_SOME || (mode == SELECT_REST && !is_unchanged)) plan->some |= bit;
    }
    plan->is_default_only =
        plan->is_default_plain && !plan->some && !(plan->whole & ~table->default_families);
}

enum err project_compile(enum entity entity, const str *paths, size_t count, uint64_t families,
                         struct arena *arena, const struct project_plan **ret, size_t *ret_unknown,
                         size_t *ret_unknown_count)
{
    struct project_plan *plan = arena_alloc(arena, sizeof *plan);
    size_t unknown_count = 0;
    if (!plan) return err_raise(ERR_NOMEM, "no memory for a projection plan");
    TRY(selection_init(&plan->selection, entity, arena));
    for (size_t i = 0; i < count; i++) {
        const struct field *field = field_find(plan->selection.table, paths[i]);
        if (field) {
            selection_add(&plan->selection, field);
        } else {
            ret_unknown[unknown_count++] = i;
        }
    }
    *ret_unknown_count = unknown_count;
    if (unknown_count) return err_raise(ERR_INVALID, "%zu unknown fields", unknown_count);
    selection_keep(&plan->selection, families);
    classify(plan, selection_default(entity)->modes);
    *ret = plan;
    return OK;
}

static void add_separator(struct buf *out)
{
    if (out->n && out->p[out->n - 1] != '{') buf_add_char(out, ',');
}

/* The value of a member `"name":value` of the family. */
static str value_of(str member, const struct field *family)
{
    return str_from(member, family->name.n + 3);
}

/* What is selected of a family that is walked. A whole form that is not stored as such is put together at the
 * end of out, and gives way to what is selected of it. */
static void add_some(const struct project_plan *plan, const struct record *record,
                     const struct record_section *section, struct buf *out)
{
    const struct field_table *table = plan->selection.table;
    const struct field *family = &table->fields[table->families[section->family]];
    size_t start = out->n;
    if (!section->is_additions) {
        selection_copy_family(&plan->selection, family, value_of(section->text, family), out);
        return;
    }
    size_t bytes_max = record->default_run.n + section->text.n;
    if (!buf_reserve(out, 2 * bytes_max)) return; /* so that the whole form stays in its place */
    record_add_member(record, section, out);
    size_t end = out->n;
    str whole = str_slice(buf_str(out), start, end);
    selection_copy_family(&plan->selection, family, value_of(whole, family), out);
    if (out->is_failed) return;
    memmove(out->p + start, out->p + end, out->n - end);
    buf_truncate(out, start + (out->n - end));
}

static void add_section(const struct project_plan *plan, const struct record *record,
                        const struct record_section *section, struct buf *out)
{
    uint64_t bit = (uint64_t)1 << section->family;
    if (plan->none & bit) return;
    bool wants_more_than_default = (plan->whole | plan->some) & bit;
    if (wants_more_than_default ? !section->is_whole : !section->is_default) return;
    size_t before = out->n;
    add_separator(out);
    size_t start = out->n;
    if (plan->some & bit) {
        add_some(plan, record, section, out);
    } else {
        record_add_member(record, section, out);
    }
    if (out->n == start && !out->is_failed) buf_truncate(out, before);
}

/* Adds section by section what the default run, if it was copied, does not hold. */
static void add_sections(const struct project_plan *plan, const struct record *record, struct buf *out)
{
    const struct field_table *table = plan->selection.table;
    uint64_t done = plan->is_default_plain ? table->default_families : 0;
    struct record_section section = {0};
    while (record_next_section(record, &section)) {
        if (section.family >= table->family_count) continue; /* damaged, or of a newer enrichd */
        if (!((done >> section.family) & 1)) add_section(plan, record, &section, out);
    }
}

void project_record(const struct project_plan *plan, const struct record *record, struct buf *out)
{
    bool is_split = record->text.n != record->all_run.n;
    buf_add_char(out, '{');
    if (plan->is_everything && !is_split) {
        buf_add(out, record->all_run);
    } else {
        if (plan->is_default_plain) buf_add(out, record->default_run);
        if (!plan->is_default_only) add_sections(plan, record, out);
    }
    buf_add_char(out, '}');
}

enum record_part project_part(const struct project_plan *plan)
{
    return plan->is_default_only ? RECORD_PART_DEFAULT : RECORD_PART_ALL;
}

size_t project_bytes_estimate(const struct project_plan *plan, size_t default_bytes_average,
                              size_t all_bytes_average)
{
    if (plan->is_default_only) return default_bytes_average;
    size_t wanted = (size_t)__builtin_popcountll(plan->whole | plan->some);
    size_t more = all_bytes_average > default_bytes_average ? all_bytes_average - default_bytes_average : 0;
    return default_bytes_average + more * wanted / plan->selection.table->family_count;
}
