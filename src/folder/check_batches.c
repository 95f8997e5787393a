/* Batches one by one, each read in a transaction of its own, so that a server's writes wait for nothing and
 * its log can be emptied in between. */
#include "base/os.h"
#include "folder/check_state.h"
#include "jobs/inputs.h"

/* ---- the row ---- */

static void damage(struct check *check, const struct checked_batch *batch, const char *what)
{
    check_damage(check, batch->name_cstr, ADVICE_RESTORE, "%s", what);
}

/* Each state with what must be so in it. */
static void check_state(struct check *check, const struct checked_batch *checked)
{
    const struct batch *batch = &checked->row.batch;
    bool is_final = batch_state_is_final(batch->state);
    if (is_final != (batch->completed_us != 0) || is_final != (batch->expires_us != 0))
        damage(check, checked, "its times do not fit its state");
    if (is_final && batch_pending_count(batch) != 0)
        damage(check, checked, "final, but its counts do not sum to its identifiers");
    if ((batch->state == BATCH_FAILED) != (batch->error != BATCH_ERROR_NONE))
        damage(check, checked, "its reason to have failed does not fit its state");
    if (batch->is_erased && !is_final) damage(check, checked, "erased, but not final");
    if (batch->state == BATCH_PENDING && (batch->started_us || batch_counts_sum(&batch->counts)))
        damage(check, checked, "pending, but it was begun");
    if (batch->state != BATCH_PENDING && batch->state != BATCH_FAILED && !batch->started_us)
        damage(check, checked, "it was never begun");
}

/* Times are those of the wall clock, which may have been set back in between. */
static void check_times(struct check *check, const struct checked_batch *checked)
{
    const struct batch *batch = &checked->row.batch;
    int64_t begun_us = batch->started_us ? batch->started_us : batch->created_us;
    if (batch->created_us <= 0 || (batch->completed_us && batch->expires_us < batch->completed_us)) {
        damage(check, checked, "its times are impossible");
    } else if (begun_us < batch->created_us || (batch->completed_us && batch->completed_us < begun_us)) {
        check_warn(check, checked->name_cstr, ADVICE_NONE,
                   "its times go back: the clock was set, or they were changed");
    }
}

/* ---- the inputs ---- */

static enum err check_inputs(struct check *check, const struct checked_batch *checked, str encoded)
{
    struct input *inputs;
    size_t count;
    if (!encoded.p != checked->row.batch.is_erased) {
        damage(check, checked,
               encoded.p ? "erased, but its identifiers are there" : "without its identifiers");
        return OK;
    }
    if (!encoded.p) return OK;
    enum err e = inputs_decode(encoded, &check->arena, &inputs, &count);
    if (e == OK && count != checked->row.batch.identifier_count)
        damage(check, checked, "has another number of identifiers than it says");
    return check_error(check, e, checked->name_cstr, ADVICE_RESTORE);
}

static enum err read_inputs(struct check *check, int64_t seq, str *ret)
{
    bool has_row;
    STATEMENT_AUTO s = statement_of(&check->db, "SELECT inputs FROM batch_input WHERE batch_seq = ?");
    bind_i64(&s, seq);
    TRY(statement_step(&s, &has_row));
    *ret = has_row ? column_str(&s, &check->arena) : (str){0};
    return check->arena.is_exhausted ? err_raise(ERR_NOMEM, "no memory for the inputs of a batch") : OK;
}

/* ---- one batch ---- */

static enum err read_batch(struct check *check, struct uuid id, struct checked_batch *batch, str *ret_inputs)
{
    bool has_row;
    TRY(batch_row_get(&check->db, 0, id, &check->arena, &batch->row));
    TRY(read_inputs(check, batch->row.seq, ret_inputs));
    STATEMENT_AUTO s = statement_of(&check->db, "SELECT 1 FROM batch_pieces WHERE batch_seq = ?");
    bind_i64(&s, batch->row.seq);
    TRY(statement_step(&s, &has_row));
    batch->has_pieces = has_row;
    return batch_row_pieces(&check->db, &batch->row, &check->arena, &batch->pieces);
}

static enum err read_together(struct check *check, struct uuid id, struct checked_batch *batch,
                              str *ret_inputs)
{
    TRY(sqlite_run(&check->db, "BEGIN"));
    enum err e = read_batch(check, id, batch, ret_inputs);
    sqlite_abort(&check->db);
    return e;
}

static enum err check_batch(struct check *check, struct uuid id)
{
    struct checked_batch batch;
    str inputs;
    snprintf(batch.name_cstr, sizeof batch.name_cstr, "pieces/%.*s", STR_ARG(UUID_STR(id)));
    arena_reset(&check->arena);
    enum err e = read_together(check, id, &batch, &inputs);
    check->counts.batch_count++;
    check_progress(check);
    if (e != OK) return check_error(check, e, batch.name_cstr, ADVICE_RESTORE);
    check_state(check, &batch);
    check_times(check, &batch);
    TRY(check_inputs(check, &batch, inputs));
    return check_pieces(check, &batch);
}

/* ---- all batches ---- */

/* The next batch in the order of submission. *seq: of the one before. A damaged index may lead back to it. */
static enum err next_batch(struct check *check, int64_t *seq, struct uuid *ret, bool *ret_has_one)
{
    STATEMENT_AUTO s =
        statement_of(&check->db, "SELECT seq, id FROM batch WHERE seq > ? ORDER BY seq LIMIT 1");
    bind_i64(&s, *seq);
    *ret_has_one = false;
    TRY(statement_step(&s, ret_has_one));
    if (!*ret_has_one) return OK;
    int64_t found = column_i64(&s);
    *ret_has_one = found > *seq;
    if (!*ret_has_one) return err_raise(ERR_CORRUPT, "control.db: batches are out of order");
    *seq = found;
    return batch_row_id(&s, ret);
}

enum err check_batches(struct check *check)
{
    int64_t seq = 0;
    for (;;) {
        struct uuid id;
        bool has_one;
        enum err e = next_batch(check, &seq, &id, &has_one);
        TRY(check_error(check, e, "control.db", ADVICE_RESTORE));
        if (!has_one) return OK;
        if (e == OK) TRY(check_batch(check, id));
    }
}
