/* Line by line; only their heads are read. */
#include "jobs/scrub_lines.h"

#include "jobs/enrich.h"
#include "jobs/result_line.h"

/* ---- who goes ---- */

/* The entry that makes it go; NULL: it stays. */
typedef const struct suppression_entry *fate;

static fate was_erased(const struct scrub_lines *scrub, str original)
{
    for (size_t i = 0; i < scrub->erased_count; i++) {
        if (str_eq(scrub->erased[i].original, original)) return scrub->erased[i].by;
    }
    return NULL;
}

static enum err fate_of_identifier(struct scrub_lines *scrub, str original, fate *ret)
{
    struct key key;
    *ret = was_erased(scrub, original);
    if (*ret) return OK;
    enum err e = identifier_key(scrub->identifier_kind, original, scrub->arena, &key);
    if (e == ERR_INVALID) return OK;
    TRY(e);
    *ret = suppression_find(scrub->set, scrub->entity, key);
    return OK;
}

static enum err fate_of_result(struct scrub_lines *scrub, const struct result_line *line, fate *ret)
{
    int64_t id;
    fate by_identifier;
    TRY(result_line_id(line, &id));
    TRY(fate_of_identifier(scrub, line->original, &by_identifier));
    fate by_id = suppression_find_id(scrub->set, scrub->entity, id);
    *ret = by_id && (!by_identifier || by_id->is_erasure) ? by_id : by_identifier;
    return OK;
}

static enum err no_memory(void)
{
    return err_raise(ERR_NOMEM, "no memory for what is erased");
}

/* Room for one more in an array of the arena. */
static enum err grow(struct arena *arena, void **items, size_t count, size_t *room, size_t item_bytes)
{
    if (count < *room) return OK;
    size_t wanted = *room ? *room * 2 : 16;
    void *more = arena_array(arena, wanted, item_bytes);
    if (!more) return no_memory();
    if (count) memcpy(more, *items, count * item_bytes);
    *items = more;
    *room = wanted;
    return OK;
}

static enum err note_erased(struct scrub_lines *scrub, str original, fate by)
{
    if (was_erased(scrub, original)) return OK;
    void *items = scrub->erased;
    TRY(grow(scrub->arena, &items, scrub->erased_count, &scrub->erased_room, sizeof *scrub->erased));
    scrub->erased = items;
    str copy = arena_copy(scrub->arena, original);
    if (!copy.p) return no_memory();
    scrub->erased[scrub->erased_count++] = (struct scrub_erased){copy, by};
    return OK;
}

/* The tally of the erasure that an entry is of, a new one at the first time. */
static enum err tally_of(struct scrub_lines *scrub, fate by, struct erasure_tally **ret)
{
    size_t i = 0;
    while (i < scrub->tally_count && scrub->tallies[i].erasure_id != by->erasure_id) i++;
    if (i == scrub->tally_count) {
        void *items = scrub->tallies;
        TRY(grow(scrub->arena, &items, i, &scrub->tally_room, sizeof *scrub->tallies));
        scrub->tallies = items;
        scrub->tallies[scrub->tally_count++] = (struct erasure_tally){.erasure_id = by->erasure_id};
    }
    *ret = &scrub->tallies[i];
    return OK;
}

static enum err count_line(struct scrub_lines *scrub, fate by)
{
    struct erasure_tally *tally;
    TRY(tally_of(scrub, by, &tally));
    tally->lines++;
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
        fate by;
        TRY(result_line_read(line_text, scrub->arena, &line));
        TRY(fate_of_result(scrub, &line, &by));
        if (!by) {
            add_line(results, line_text);
            ret->result_count++;
            continue;
        }
        ret->moved_count++;
        if (by->is_erasure) {
            TRY(note_erased(scrub, line.original, by));
            TRY(count_line(scrub, by));
        } else {
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
        fate by;
        TRY(result_line_read(line_text, scrub->arena, &line));
        TRY(fate_of_identifier(scrub, line.original, &by));
        if (by && by->is_erasure) {
            ret->is_changed = true;
            TRY(count_line(scrub, by));
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
        fate by;
        struct erasure_tally *tally;
        TRY(fate_of_identifier(scrub, inputs[i].text, &by));
        if (!by || !by->is_erasure) continue;
        inputs[i].text = STR("");
        TRY(tally_of(scrub, by, &tally));
        tally->inputs++;
        *ret_changed = true;
    }
    return OK;
}
