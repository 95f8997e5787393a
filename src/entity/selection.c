/* Modes from paths, and the trimming copy. */
#include "entity/selection.h"

#include <pthread.h>

#include "base/json_text.h"

static const struct field *field_at(const struct selection *selection, size_t i)
{
    return &selection->table->fields[i];
}

static bool has_field_that_is_not_default(const struct field_table *table, size_t i)
{
    for (size_t below = i + 1; below < table->fields[i].end; below++) {
        if (!table->fields[below].is_default) return true;
    }
    return false;
}

#define FIELDS_MAX 512

static uint8_t default_modes[ENTITY_COUNT][FIELDS_MAX];
static struct selection defaults[ENTITY_COUNT];

static void make_defaults(void)
{
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        const struct field_table *table = fields_of((enum entity)entity);
        must(table->count <= FIELDS_MAX);
        for (size_t i = 0; i < table->count; i++) {
            if (!table->fields[i].is_default) continue;
            default_modes[entity][i] = has_field_that_is_not_default(table, i) ? SELECT_REST : SELECT_WHOLE;
        }
        defaults[entity] = (struct selection){table, default_modes[entity]};
    }
}

const struct selection *selection_default(enum entity entity)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    must(pthread_once(&once, make_defaults) == 0);
    return &defaults[entity];
}

enum err selection_init(struct selection *selection, enum entity entity, struct arena *arena)
{
    const struct selection *from = selection_default(entity);
    str modes = arena_copy(arena, str_of(from->modes, from->table->count));
    if (!modes.p) return err_raise(ERR_NOMEM, "no memory for a selection");
    *selection = (struct selection){from->table, (uint8_t *)(uintptr_t)modes.p};
    return OK;
}

void selection_add(struct selection *selection, const struct field *field)
{
    selection->modes[field_index(selection->table, field)] = SELECT_WHOLE;
    for (uint16_t above = field->parent; above != FIELD_NONE; above = field_at(selection, above)->parent) {
        if (selection->modes[above] == SELECT_NONE) selection->modes[above] = SELECT_SOME;
    }
}

void selection_keep(struct selection *selection, uint64_t families)
{
    for (size_t i = 0; i < selection->table->count; i++) {
        if (!((families >> field_at(selection, i)->family) & 1)) selection->modes[i] = SELECT_NONE;
    }
}

/* Steps through a field's children, remembering the place: members mostly come in the table's order. */
struct children {
    const struct selection *selection;
    size_t first, end, next;
};

static struct children children_of(const struct selection *selection, size_t i)
{
    return (struct children){selection, i + 1, field_at(selection, i)->end, i + 1};
}

static size_t find_in(const struct children *children, size_t from, size_t to, str name)
{
    for (size_t i = from; i < to; i = field_at(children->selection, i)->end) {
        if (str_eq(field_at(children->selection, i)->name, name)) return i;
    }
    return SIZE_MAX;
}

/* The child of that name; SIZE_MAX if the table has none. */
static size_t find_child(struct children *children, str name)
{
    size_t i = find_in(children, children->next, children->end, name);
    if (i == SIZE_MAX) i = find_in(children, children->first, children->next, name);
    if (i != SIZE_MAX) children->next = field_at(children->selection, i)->end;
    return i;
}

/* The child whose mode governs a member: the one of its name, or the "*" of a map. SIZE_MAX if the table has
 * neither. */
static size_t governing_child(struct children *children, str name)
{
    size_t i = find_child(children, name);
    if (i != SIZE_MAX && children->selection->modes[i] != SELECT_NONE) return i;
    size_t any = find_in(children, children->first, children->end, STR("*"));
    return any != SIZE_MAX ? any : i;
}

static bool copy_value(const struct selection *selection, size_t i, str value, struct buf *out);

static void add_name(struct buf *out, str name)
{
    buf_add_char(out, '"');
    buf_add(out, name);
    buf_add(out, STR("\":"));
}

static bool copy_member(const struct selection *selection, struct children *children, bool keeps_unknown,
                        const struct json_text_walk *member, struct buf *out)
{
    size_t before = out->n;
    size_t child = governing_child(children, member->key);
    if (child == SIZE_MAX && !keeps_unknown) return false;
    add_name(out, member->key);
    if (child == SIZE_MAX) {
        buf_add(out, member->value);
        return true;
    }
    if (copy_value(selection, child, member->value, out)) return true;
    if (!out->is_failed) buf_truncate(out, before);
    return false;
}

/* Appends the object's selected members with its braces; says whether there were any. */
static bool copy_object(const struct selection *selection, size_t i, str object, struct buf *out)
{
    bool keeps_unknown = selection->modes[i] == SELECT_REST;
    bool has_any = keeps_unknown;
    bool needs_comma = false;
    struct children children = children_of(selection, i);
    struct json_text_walk member = json_text_walk(object);
    buf_add_char(out, '{');
    while (json_text_next(&member)) {
        size_t before = out->n;
        if (needs_comma) buf_add_char(out, ',');
        if (copy_member(selection, &children, keeps_unknown, &member, out)) {
            has_any = needs_comma = true;
        } else if (!out->is_failed) {
            buf_truncate(out, before);
        }
    }
    buf_add_char(out, '}');
    return has_any;
}

/* An array keeps its length: elements without anything selected become {}, those that are no objects null. */
static void copy_array(const struct selection *selection, size_t i, str array, struct buf *out)
{
    bool needs_comma = false;
    struct json_text_walk element = json_text_walk(array);
    buf_add_char(out, '[');
    while (json_text_next(&element)) {
        if (needs_comma) buf_add_char(out, ',');
        needs_comma = true;
        if (element.value.p[0] == '{') {
            copy_object(selection, i, element.value, out);
        } else {
            buf_add(out, selection->modes[i] == SELECT_REST ? element.value : STR("null"));
        }
    }
    buf_add_char(out, ']');
}

/* Appends what is selected of a value; false if that is nothing (what was appended is then to be cut off).
 * The depth of the calls is that of the field table. */
static bool copy_value(const struct selection *selection, size_t i, str value, struct buf *out)
{
    enum select_mode mode = selection->modes[i];
    if (mode == SELECT_NONE) return false;
    if (mode == SELECT_WHOLE) {
        buf_add(out, value);
        return true;
    }
    if (value.n && value.p[0] == '{') return copy_object(selection, i, value, out);
    if (value.n && value.p[0] == '[') {
        copy_array(selection, i, value, out);
        return true;
    }
    if (mode == SELECT_REST) buf_add(out, value);
    return mode == SELECT_REST;
}

void selection_copy_family(const struct selection *selection, const struct field *family, str value,
                           struct buf *out)
{
    size_t before = out->n;
    add_name(out, family->name);
    if (!copy_value(selection, field_index(selection->table, family), value, out) && !out->is_failed) {
        buf_truncate(out, before);
    }
}
