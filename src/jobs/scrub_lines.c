/* Only the head of a line is read: `{"original_identifier":"...","internal_id":7,` */
#include "jobs/scrub_lines.h"

#include "base/json.h"
#include "jobs/enrich.h"

static const str line_head = STR_INIT("{\"original_identifier\":");
static const str id_head = STR_INIT(",\"internal_id\":");

struct line {
    str original;
    str rest; /* behind the identifier */
};

static enum err damaged(void)
{
    return err_raise(ERR_CORRUPT, "a result line without its identifier");
}

/* The bytes of a JSON string with its quotes. */
static enum err string_end(str text, size_t *ret)
{
    if (!text.n || text.p[0] != '"') return damaged();
    for (size_t at = 1; at < text.n; at++) {
        if (text.p[at] == '\\')
            at++;
        else if (text.p[at] == '"') {
            *ret = at + 1;
            return OK;
        }
    }
    return damaged();
}

static enum err read_line(str text, struct arena *arena, struct line *ret)
{
    size_t end;
    yyjson_val *value;
    if (!str_starts(text, line_head)) return damaged();
    str rest = str_from(text, line_head.n);
    TRY(string_end(rest, &end));
    str quoted = str_slice(rest, 0, end);
    ret->rest = str_from(rest, end);
    ret->original = str_slice(quoted, 1, quoted.n - 1);
    if (str_find_char(quoted, '\\', 0) == SIZE_MAX) return OK;
    TRY(json_parse(arena, quoted, &value));
    ret->original = json_str(value);
    return OK;
}

static enum err read_id(str rest, int64_t *ret)
{
    uint64_t id;
    str digits = str_from(rest, id_head.n);
    size_t end = str_find_char(digits, ',', 0);
    if (!str_starts(rest, id_head) || end == SIZE_MAX ||
        str_to_u64(str_slice(digits, 0, end), INT64_MAX, &id) != OK)
        return err_raise(ERR_CORRUPT, "a result line without its record's id");
    *ret = (int64_t)id;
    return OK;
}

/* ---- who goes ---- */

enum fate { STAYS, IS_SUPPRESSED, IS_ERASED };

static enum fate fate_of(const struct suppression_entry *entry)
{
    return !entry ? STAYS : entry->is_erasure ? IS_ERASED : IS_SUPPRESSED;
}

static bool was_erased(const struct scrub_lines *scrub, str original)
{
    for (size_t i = 0; i < scrub->erased_count; i++) {
        if (str_eq(scrub->erased[i], original)) return true;
    }
    return false;
}

static enum err fate_of_identifier(struct scrub_lines *scrub, str original, enum fate *ret)
{
    struct key key;
    *ret = was_erased(scrub, original) ? IS_ERASED : STAYS;
    if (*ret == IS_ERASED) return OK;
    enum err e = identifier_key(scrub->identifier_kind, original, scrub->arena, &key);
    if (e == ERR_INVALID) return OK;
    TRY(e);
    *ret = fate_of(suppression_find(scrub->set, scrub->entity, key));
    return OK;
}

static enum err fate_of_result(struct scrub_lines *scrub, const struct line *line, enum fate *ret)
{
    int64_t id;
    enum fate by_id, by_identifier;
    TRY(read_id(line->rest, &id));
    TRY(fate_of_identifier(scrub, line->original, &by_identifier));
    by_id = fate_of(suppression_find_id(scrub->set, scrub->entity, id));
    *ret = by_id > by_identifier ? by_id : by_identifier;
    return OK;
}

static enum err note_erased(struct scrub_lines *scrub, str original)
{
    if (was_erased(scrub, original)) return OK;
    if (scrub->erased_count == scrub->erased_room) {
        size_t room = scrub->erased_room ? scrub->erased_room * 2 : 16;
        str *erased = arena_array(scrub->arena, room, sizeof *erased);
        if (!erased) return err_raise(ERR_NOMEM, "no memory for what is erased");
        if (scrub->erased_count) memcpy(erased, scrub->erased, scrub->erased_count * sizeof *erased);
        scrub->erased = erased;
        scrub->erased_room = room;
    }
    str copy = arena_copy(scrub->arena, original);
    if (!copy.p) return err_raise(ERR_NOMEM, "no memory for what is erased");
    scrub->erased[scrub->erased_count++] = copy;
    return OK;
}

/* ---- lines ---- */

static void add_line(struct buf *out, str text)
{
    buf_add(out, text);
    buf_add_char(out, '\n');
}

static enum err scrub_results(struct scrub_lines *scrub, str text, struct buf *results, struct buf *moved,
                              struct scrubbed *ret)
{
    str line_text;
    while (str_split(&text, '\n', &line_text)) {
        struct line line;
        enum fate fate;
        TRY(read_line(line_text, scrub->arena, &line));
        TRY(fate_of_result(scrub, &line, &fate));
        if (fate == STAYS) {
            add_line(results, line_text);
            ret->result_count++;
            continue;
        }
        ret->moved_count++;
        if (fate == IS_ERASED) TRY(note_erased(scrub, line.original));
        if (fate == IS_SUPPRESSED) {
            enrich_add_unresolved(line.original, OUTCOME_SUPPRESSED, moved);
            ret->unresolved_count++;
        }
    }
    ret->is_changed = ret->moved_count > 0;
    return OK;
}

static enum err scrub_unresolved(struct scrub_lines *scrub, str text, struct buf *unresolved,
                                 struct scrubbed *ret)
{
    str line_text;
    while (str_split(&text, '\n', &line_text)) {
        struct line line;
        enum fate fate;
        TRY(read_line(line_text, scrub->arena, &line));
        TRY(fate_of_identifier(scrub, line.original, &fate));
        if (fate == IS_ERASED) {
            ret->is_changed = true;
        } else {
            add_line(unresolved, line_text);
            ret->unresolved_count++;
        }
    }
    return OK;
}

enum err scrub_claim_lines(struct scrub_lines *scrub, str results, str unresolved, struct buf *ret_results,
                           struct buf *ret_unresolved, struct scrubbed *ret)
{
    struct scrubbed scrubbed = {0};
    struct buf moved;
    buf_init(&moved, SIZE_MAX / 2);
    enum err e = scrub_results(scrub, results, ret_results, &moved, &scrubbed);
    if (e == OK) e = scrub_unresolved(scrub, unresolved, ret_unresolved, &scrubbed);
    buf_add(ret_unresolved, buf_str(&moved));
    if (e == OK) e = buf_check(&moved);
    buf_fini(&moved);
    TRY(e);
    TRY(buf_check(ret_results));
    TRY(buf_check(ret_unresolved));
    *ret = scrubbed;
    return OK;
}

enum err scrub_inputs(struct scrub_lines *scrub, struct input *inputs, size_t count, bool *ret_changed)
{
    *ret_changed = false;
    for (size_t i = 0; i < count; i++) {
        enum fate fate;
        TRY(fate_of_identifier(scrub, inputs[i].text, &fate));
        if (fate != IS_ERASED) continue;
        inputs[i].text = STR("");
        *ret_changed = true;
    }
    return OK;
}
