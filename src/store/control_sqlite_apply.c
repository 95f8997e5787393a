/* A group of writes in three steps.
 *
 *     prepare   what may fail without the database: memory for new batches, syncs and copies of pieces
 *     rows      one transaction; what it refuses (a limit, a final state) is that write's own result
 *     publish   after the commit: the table of active batches and the files follow, and cannot refuse
 *
 * Workers go on meanwhile. What they commit after the copy was made is not in the row: a checkpoint leaves it
 * to the next one, a cancelled batch goes without.
 */
#include "store/control_sqlite_apply.h"

#include "store/budget_row.h"
#include "store/control_metrics.h"
#include "store/control_sqlite_deliveries.h"
#include "store/control_sqlite_erasures.h"
#include "store/control_sqlite_keys.h"
#include "store/control_sqlite_pieces.h"
#include "store/control_sqlite_state.h"
#include "store/idempotency_row.h"
#include "store/piece_file.h"
#include "store/usage_row.h"

/* One write on its way. */
struct step {
    struct control_write *write;
    struct active_batch *batch; /* the one in memory, referenced; for WRITE_SUBMIT the new one; or NULL */
    bool has_snapshot;
    bool has_ended; /* the batch became final here: `end` */
    struct active_snapshot snapshot;
    struct batch end; /* its texts are not to be read */
};

/* ---- prepare ---- */

static enum err prepare_unfinished(struct control_sqlite *c, struct step *step)
{
    step->batch = active_find(&c->active, step->write->batch_id);
    if (!step->batch) return OK;
    if (step->write->kind != WRITE_ERASE) TRY(control_sqlite_sync_pieces(c, step->batch));
    TRY(active_snapshot(&c->active, step->batch, ACTIVE_PIECES_SYNCED, &c->apply_arena, &step->snapshot));
    step->has_snapshot = true;
    return OK;
}

/* Whether the write is of a batch's row and of what memory knows of the batch. */
static bool changes_batch(const struct control_write *write)
{
    switch (write->kind) {
    case WRITE_FINISH:
    case WRITE_CHECKPOINT:
    case WRITE_CANCEL:
    case WRITE_ERASE:
        return true;
    case WRITE_SUBMIT:
    case WRITE_SCRUB:
    case WRITE_CHARGE:
    case WRITE_USAGE:
    case WRITE_OUTCOMES:
    case WRITE_REDELIVER:
    case WRITE_REVOKE_LINKS:
        break;
    }
    return false;
}

static enum err prepare(struct control_sqlite *c, struct step *step)
{
    const struct control_write *write = step->write;
    if (write->kind == WRITE_SUBMIT) return active_batch_new(&write->submission->batch, &step->batch);
    if (!changes_batch(write)) return OK;
    TRY(prepare_unfinished(c, step));
    bool must_be_complete = write->kind == WRITE_FINISH && write->error == BATCH_ERROR_NONE;
    if (must_be_complete && step->has_snapshot && !step->snapshot.is_complete) {
        return err_raise(ERR_STALE, "not all claims of the batch are committed");
    }
    return OK;
}

/* ---- rows ---- */

/* Unfinished batches of the account; stops counting at max. */
static enum err count_unfinished(struct sqlite *db, int64_t account_id, uint32_t max, int64_t *ret)
{
    bool has_row;
    STATEMENT_AUTO s = statement_of(db, "SELECT count(*) FROM (SELECT 1 FROM batch WHERE account_id = ?"
                                        " AND state IN (1, 2) LIMIT ?)");
    bind_i64(&s, account_id);
    bind_i64(&s, max);
    TRY(statement_step(&s, &has_row));
    must(has_row);
    *ret = column_i64(&s);
    return OK;
}

static void become(struct batch *batch, enum batch_state state)
{
    must(batch->state == state || batch_state_may_follow(batch->state, state));
    batch->state = state;
}

/* Brings the row to what the snapshot knows, as far as its list goes. */
static void take_snapshot(struct batch *batch, const struct step *step)
{
    if (!step->has_snapshot) return;
    if (batch->state != step->snapshot.state) become(batch, step->snapshot.state);
    batch->started_us = step->snapshot.started_us;
    batch->counts = piece_list_counts(&step->snapshot.list, step->snapshot.list.count);
}

/* Ends the batch before its time: what stands before the first gap is kept, all other identifiers get the
 * outcome of the rest. */
static void fail_batch(struct batch *batch, struct step *step, enum batch_error error, str message)
{
    enum outcome rest = error == BATCH_ERROR_CANCELLED ? OUTCOME_CANCELLED : OUTCOME_ERROR;
    if (step->has_snapshot) step->snapshot.list.count = piece_list_prefix(&step->snapshot.list);
    take_snapshot(batch, step);
    batch->counts.of[rest] += batch_pending_count(batch);
    batch->error = error;
    batch->error_message = message;
    become(batch, BATCH_FAILED);
}

/* The final state is set: its time, its event, and what its key's budget gets back. */
static enum err end_batch(struct control_sqlite *c, struct step *step, struct batch_row *row,
                          int64_t retention_us)
{
    uint32_t delivered = row->batch.is_erased ? 0 : batch_result_count(&row->batch);
    int64_t before_us = row->batch.started_us ? row->batch.started_us : row->batch.created_us;
    row->batch.completed_us = batch_step_us(os_now_us(), before_us);
    row->batch.expires_us = row->batch.completed_us + retention_us;
    TRY(budget_row_settle_batch(&c->writer, row->seq, delivered));
    step->has_ended = true;
    step->end = row->batch;
    return delivery_row_insert(&c->writer, row, &c->apply_arena);
}

static enum err store_pieces(struct control_sqlite *c, const struct batch_row *row, const struct step *step)
{
    if (!step->has_snapshot) return OK;
    return batch_row_store_pieces(&c->writer, row->seq, &step->snapshot.list, &c->apply_arena);
}

static void return_batch(struct control_write *write, const struct batch *batch)
{
    if (!write->ret_batch) return;
    *write->ret_batch = *batch;
    write->ret_batch->error_message = STR("");
    write->ret_batch->fields = STR("");
    write->ret_batch->families = STR("");
    write->ret_batch->webhook_url = STR("");
    write->ret_batch->request_id = STR("");
}

/* Whether the submission's idempotency key decides the write: the first answer again, or a refusal. */
static enum err is_settled_by_key(struct control_sqlite *c, struct control_write *write, bool *ret)
{
    const struct submission *submission = write->submission;
    struct batch_row first;
    struct uuid id;
    *ret = false;
    if (!submission->idempotency_key.n) return OK;
    enum err e = idempotency_row_find(&c->writer, submission, &id);
    if (e == ERR_NOT_FOUND) return OK;
    if (e == OK) {
        TRY(batch_row_get(&c->writer, submission->batch.account_id, id, &c->apply_arena, &first));
        return_batch(write, &first.batch);
        write->result = ERR_EXISTS;
    } else if (e == ERR_CONFLICT) {
        write->result = ERR_CONFLICT;
    } else {
        return e;
    }
    *ret = true;
    return OK;
}

static enum err submit_row(struct control_sqlite *c, struct step *step)
{
    const struct submission *submission = step->write->submission;
    int64_t unfinished, seq;
    bool is_settled;
    TRY(is_settled_by_key(c, step->write, &is_settled));
    if (is_settled) return OK;
    TRY(count_unfinished(&c->writer, submission->batch.account_id, submission->active_max, &unfinished));
    if (unfinished >= submission->active_max) {
        step->write->result = ERR_LIMIT;
        return OK;
    }
    struct budget budget;
    int64_t day = submission->batch.created_us / DAY_US;
    TRY(budget_row_of_key(&c->writer, submission->batch.key_id, day, &budget));
    if (!budget_has_room(&budget, submission->batch.identifier_count)) {
        step->write->result = ERR_SPENT;
        return OK;
    }
    enum err e = batch_row_insert(&c->writer, &submission->batch, &seq);
    if (e == ERR_EXISTS) step->write->result = ERR_NOT_FOUND;
    if (e != OK) return e == ERR_EXISTS ? OK : e;
    TRY(batch_row_insert_inputs(&c->writer, seq, submission->inputs));
    TRY(budget_row_charge_batch(&c->writer, &budget, seq, submission->batch.identifier_count));
    return submission->idempotency_key.n ? idempotency_row_insert(&c->writer, submission) : OK;
}

static enum err count_results(struct control_sqlite *c, const struct batch *batch)
{
    struct usage usage = {
        .account_id = batch->account_id,
        .day = batch->completed_us / DAY_US,
        .endpoint = batch_endpoint(batch),
        .status_class = 2,
        .results = batch_result_count(batch),
    };
    memcpy(usage.key_id, batch->key_id, sizeof usage.key_id);
    return usage.results ? usage_row_add(&c->writer, &usage) : OK;
}

static enum err charge_answer(struct control_sqlite *c, struct control_write *write)
{
    struct budget budget;
    TRY(budget_row_of_key(&c->writer, write->charged_key, os_now_us() / DAY_US, &budget));
    if (budget_has_room(&budget, write->records))
        return budget_row_charge_answer(&c->writer, &budget, write->records);
    write->result = ERR_SPENT;
    return OK;
}

static enum err add_usages(struct control_sqlite *c, const struct control_write *write)
{
    int64_t now_us = os_now_us();
    for (size_t i = 0; i < write->usage_count; i++) {
        TRY(usage_row_add(&c->writer, &write->usages[i]));
        TRY(control_sqlite_key_used(&c->writer, write->usages[i].key_id, now_us));
    }
    return OK;
}

static enum err add_outcomes(struct control_sqlite *c, const struct control_write *write)
{
    for (size_t i = 0; i < write->outcome_count; i++)
        TRY(delivery_row_add_outcome(&c->writer, &write->outcomes[i]));
    return OK;
}

static enum err redeliver(struct control_sqlite *c, struct control_write *write, const struct batch_row *row)
{
    enum err e = delivery_row_again(&c->writer, row);
    if (e != ERR_NOT_FOUND) return e;
    write->result = ERR_CONFLICT;
    return OK;
}

static enum err revoke_links(struct control_sqlite *c, struct batch_row *row)
{
    row->batch.link_epoch++;
    return batch_row_update(&c->writer, row);
}

/* Finishes a batch that is in its row as it is in the snapshot. */
static enum err finish_row(struct control_sqlite *c, struct step *step, struct batch_row *row)
{
    const struct control_write *write = step->write;
    if (batch_state_is_final(row->batch.state) || !step->has_snapshot) {
        step->write->result = ERR_CONFLICT;
        return OK;
    }
    if (write->error == BATCH_ERROR_NONE) {
        take_snapshot(&row->batch, step);
        must(batch_pending_count(&row->batch) == 0);
        become(&row->batch, BATCH_COMPLETED);
    } else {
        fail_batch(&row->batch, step, write->error, write->error_message);
    }
    TRY(end_batch(c, step, row, write->retention_us));
    TRY(store_pieces(c, row, step));
    TRY(count_results(c, &row->batch));
    return batch_row_update(&c->writer, row);
}

/* A checkpoint never covers all claims: finishing is then under way, and if it fails there is a claim left
 * that leads to it again. */
static enum err checkpoint_row(struct control_sqlite *c, struct step *step, struct batch_row *row)
{
    if (batch_state_is_final(row->batch.state) || !step->has_snapshot || step->snapshot.is_complete)
        return OK;
    take_snapshot(&row->batch, step);
    TRY(store_pieces(c, row, step));
    return batch_row_update(&c->writer, row);
}

static enum err cancel_row(struct control_sqlite *c, struct step *step, struct batch_row *row)
{
    if (batch_state_is_final(row->batch.state)) {
        if (row->batch.error != BATCH_ERROR_CANCELLED) step->write->result = ERR_CONFLICT;
        return OK;
    }
    fail_batch(&row->batch, step, BATCH_ERROR_CANCELLED, STR(""));
    TRY(end_batch(c, step, row, step->write->retention_us));
    TRY(store_pieces(c, row, step));
    return batch_row_update(&c->writer, row);
}

static enum err erase_row(struct control_sqlite *c, struct step *step, struct batch_row *row)
{
    if (row->batch.is_erased) return OK;
    row->batch.is_erased = true;
    if (!batch_state_is_final(row->batch.state)) {
        fail_batch(&row->batch, step, BATCH_ERROR_CANCELLED, STR(""));
        TRY(end_batch(c, step, row, 0));
    }
    TRY(batch_row_delete_content(&c->writer, row->seq));
    return batch_row_update(&c->writer, row);
}

static enum err change_row(struct control_sqlite *c, struct step *step, struct batch_row *row)
{
    switch (step->write->kind) {
    case WRITE_FINISH:
        return finish_row(c, step, row);
    case WRITE_CHECKPOINT:
        return checkpoint_row(c, step, row);
    case WRITE_CANCEL:
        return cancel_row(c, step, row);
    case WRITE_ERASE:
        return erase_row(c, step, row);
    case WRITE_REDELIVER:
        return redeliver(c, step->write, row);
    case WRITE_REVOKE_LINKS:
        return revoke_links(c, row);
    case WRITE_SUBMIT:
    case WRITE_SCRUB:
    case WRITE_CHARGE:
    case WRITE_USAGE:
    case WRITE_OUTCOMES:
        break;
    }
    must(false && "the others change no row of a batch");
    return ERR_INVALID;
}

static enum err store_scrubbed_pieces(struct control_sqlite *c, struct batch_row *row,
                                      const struct control_write *write)
{
    struct piece_list list;
    if (!write->pairs) return OK;
    TRY(piece_list_init(&list, write->pair_count, &c->apply_arena));
    for (uint32_t i = 0; i < list.count; i++) {
        list.numbers[i] = i;
        list.pairs[i] = write->pairs[i];
    }
    must(write->moved_count <= row->batch.counts.of[OUTCOME_MATCHED]);
    row->batch.counts.of[OUTCOME_MATCHED] -= write->moved_count;
    row->batch.counts.of[OUTCOME_SUPPRESSED] += write->moved_count;
    return batch_row_store_pieces(&c->writer, row->seq, &list, &c->apply_arena);
}

static enum err scrub_row(struct control_sqlite *c, struct control_write *write)
{
    struct batch_row row;
    enum err e = batch_row_get(&c->writer, 0, write->scrubbed_id, &c->apply_arena, &row);
    if (e != OK && e != ERR_NOT_FOUND) return e;
    if (e == ERR_NOT_FOUND || row.batch.is_erased || !batch_state_is_final(row.batch.state)) {
        write->result = ERR_NOT_FOUND;
        return OK;
    }
    TRY(store_scrubbed_pieces(c, &row, write));
    for (size_t i = 0; i < write->tally_count; i++) TRY(erasure_row_add(&c->writer, &write->tallies[i]));
    if (write->inputs.p) TRY(batch_row_replace_inputs(&c->writer, row.seq, write->inputs));
    row.batch.suppression_seq = write->suppression_seq;
    row.batch.has_waste = write->has_waste;
    return batch_row_update(&c->writer, &row);
}

/* Failure is that of the transaction; a refusal goes into the write's result. */
static enum err write_row(struct control_sqlite *c, struct step *step)
{
    struct control_write *write = step->write;
    struct batch_row row;
    if (write->kind == WRITE_SUBMIT) return submit_row(c, step);
    if (write->kind == WRITE_SCRUB) return scrub_row(c, write);
    if (write->kind == WRITE_CHARGE) return charge_answer(c, write);
    if (write->kind == WRITE_USAGE) return add_usages(c, write);
    if (write->kind == WRITE_OUTCOMES) return add_outcomes(c, write);
    bool is_server = write->kind == WRITE_FINISH || write->kind == WRITE_CHECKPOINT;
    int64_t account_id = is_server ? 0 : write->account_id;
    enum err e = batch_row_get(&c->writer, account_id, write->batch_id, &c->apply_arena, &row);
    if (e == ERR_NOT_FOUND) {
        write->result = e;
        return OK;
    }
    TRY(e);
    TRY(change_row(c, step, &row));
    return_batch(write, &row.batch);
    return OK;
}

static enum err write_rows(struct control_sqlite *c, struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (steps[i].write->result == OK) TRY(write_row(c, &steps[i]));
    }
    return OK;
}

static enum err transact(struct control_sqlite *c, struct step *steps, size_t count)
{
    TRY(sqlite_begin(&c->writer));
    enum err e = write_rows(c, steps, count);
    if (e == OK) return sqlite_commit(&c->writer);
    sqlite_abort(&c->writer);
    return e;
}

/* ---- publish ---- */

static void publish(struct control_sqlite *c, struct step *step)
{
    struct control_write *write = step->write;
    if (write->result != OK) return;
    if (step->has_ended) control_metrics_ended(&step->end);
    switch (write->kind) {
    case WRITE_SUBMIT:
        counter_add(&control_metrics.submitted[write->submission->batch.entity], 1);
        active_add(&c->active, step->batch);
        step->batch = NULL;
        return;
    case WRITE_CHECKPOINT:
        if (step->has_snapshot) active_saved(&c->active, step->batch, step->snapshot.serial);
        return;
    case WRITE_FINISH:
    case WRITE_CANCEL:
        active_remove(&c->active, write->batch_id);
        return;
    case WRITE_ERASE:
        active_remove(&c->active, write->batch_id);
        batch_cache_drop(&c->batches, write->batch_id);
        write->result = piece_file_erase(c->pieces_cstr, write->batch_id);
        return;
    case WRITE_REVOKE_LINKS:
        batch_cache_drop(&c->batches, write->batch_id);
        return;
    case WRITE_SCRUB:
        batch_cache_drop(&c->batches, write->scrubbed_id);
        return;
    case WRITE_OUTCOMES:
        for (size_t i = 0; i < write->outcome_count; i++) control_metrics_tried(&write->outcomes[i]);
        return;
    case WRITE_CHARGE:
    case WRITE_USAGE:
    case WRITE_REDELIVER:
        return;
    }
}

static bool has_erasure(struct control_write *const *writes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (writes[i]->kind == WRITE_ERASE || writes[i]->kind == WRITE_SCRUB) return true;
    }
    return false;
}

static void apply(struct control_sqlite *c, struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) steps[i].write->result = prepare(c, &steps[i]);
    int64_t began_us = os_monotonic_us();
    enum err e = transact(c, steps, count);
    durations_add(&control_metrics.transactions, os_monotonic_us() - began_us);
    if (e != OK) counter_add(&control_metrics.transactions_failed, 1);
    for (size_t i = 0; i < count; i++) {
        if (e != OK) steps[i].write->result = e;
        publish(c, &steps[i]);
        active_unref(&c->active, steps[i].batch);
    }
}

void control_sqlite_apply(struct control *control, struct control_write **writes, size_t count)
{
    struct control_sqlite *c = control_sqlite_of(control);
    must(c->mode == CONTROL_SERVE);
    pthread_mutex_lock(&c->writer_lock);
    struct step *steps = arena_array(&c->apply_arena, count, sizeof *steps);
    for (size_t i = 0; i < count; i++) {
        writes[i]->result = steps ? OK : ERR_NOMEM;
        if (steps) steps[i].write = writes[i];
    }
    if (steps) apply(c, steps, count);
    if (has_erasure(writes, count)) sqlite_empty_log(&c->writer);
    arena_reset(&c->apply_arena);
    pthread_mutex_unlock(&c->writer_lock);
}
