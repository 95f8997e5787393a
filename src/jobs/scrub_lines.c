/* Line by line; only their heads are read. */
#include "jobs/scrub_lines.h"

#include "jobs/enrich.h"
#include "jobs/result_line.h"

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

static enum err fate_of_result(struct scrub_lines *scrub, const struct result_line *line, enum fate *ret)
{
    int64_t id;
    enum fate by_id, by_identifier;
    TRY(result_line_id(line, &id));
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
        struct result_line line;
        enum fate fate;
        TRY(result_line_read(line_text, scrub->arena, &line));
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
        struct result_line line;
        enum fate fate;
        TRY(result_line_read(line_text, scrub->arena, &line));
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
