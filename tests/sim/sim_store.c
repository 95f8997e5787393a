/* Rows, transactions and claims. */
#include "sim/sim_store.h"

#include <zlib.h>

#include "base/os.h"
#include "sim/threads.h"

#define ROWS_MAX 512

#define ARENA_BYTES_MAX ((size_t)64 << 20)

static struct sim_store *store_of(struct control *control)
{
    return (struct sim_store *)control;
}

static void *memory(size_t n)
{
    void *p = calloc(1, n ? n : 1);
    must(p);
    return p;
}

static str copy(str s)
{
    char *p = memory(s.n);
    if (s.n) memcpy(p, s.p, s.n);
    return str_of(p, s.n);
}

/* ---- finding ---- */

static struct sim_row *find_in(struct sim_row *const *rows, uint32_t count, struct uuid id)
{
    for (uint32_t i = 0; i < count; i++) {
        if (uuid_eq(rows[i]->batch.id, id)) return rows[i];
    }
    return NULL;
}

const struct sim_row *sim_store_find(const struct sim_store *store, struct uuid id)
{
    return find_in(store->rows, store->row_count, id);
}

const struct sim_row *sim_store_find_key(const struct sim_store *store, str idempotency_key)
{
    for (uint32_t i = 0; i < store->row_count; i++) {
        if (str_eq(store->rows[i]->idempotency_key, idempotency_key)) return store->rows[i];
    }
    return NULL;
}

/* The watch of a batch that is on the disk. */
static struct sim_watch *watch_of(struct sim_store *store, struct uuid id)
{
    const struct sim_row *row = sim_store_find(store, id);
    must(row && "claims are of batches that are on the disk");
    return sim_watch_of(&store->watch, id, batch_claim_count(&row->batch));
}

static enum err sync_file(struct sim_store *store, struct active_batch *batch, uint64_t serial)
{
    bool is_failing = store->faults.sync && threads_chance(store->faults.sync);
    if (!is_failing) sim_file_sync(sim_store_find(store, batch->id)->file);
    active_sync_end(&store->active, batch, serial, !is_failing); /* may wait for the table's lock */
    if (is_failing) {
        sim_watch_sync_failed(watch_of(store, batch->id));
    } else {
        sim_watch_sync_end(watch_of(store, batch->id));
    }
    return is_failing ? ERR_IO : OK;
}

static enum err sync_pieces(struct sim_store *store, struct active_batch *batch)
{
    uint64_t serial;
    enum err e = OK;
    pthread_mutex_lock(&batch->file_lock);
    threads_hold();
    bool is_needed = active_sync_begin(&store->active, batch, &serial);
    sim_watch_sync_begin(watch_of(store, batch->id));
    threads_release();
    threads_yield();
    if (is_needed) {
        threads_hold();
        e = sync_file(store, batch, serial);
        threads_release();
    }
    pthread_mutex_unlock(&batch->file_lock);
    return e;
}

/* ---- transactions ---- */

struct step {
    struct control_write *write;
    struct active_batch *batch;
    bool has_snapshot;
    struct active_snapshot snapshot;
};

struct transaction {
    struct sim_row **rows;
    uint32_t count;
};

static enum err prepare(struct sim_store *store, struct step *step, struct arena *arena)
{
    const struct control_write *write = step->write;
    if (write->kind == WRITE_SUBMIT) return active_batch_new(&write->submission->batch, &step->batch);
    if (write->kind == WRITE_USAGE || write->kind == WRITE_OUTCOMES) return OK;
    step->batch = active_find(&store->active, write->batch_id);
    if (!step->batch) return OK;
    if (write->kind != WRITE_ERASE) TRY(sync_pieces(store, step->batch));
    TRY(active_snapshot(&store->active, step->batch, ACTIVE_PIECES_SYNCED, arena, &step->snapshot));
    step->has_snapshot = true;
    bool is_completing = write->kind == WRITE_FINISH && write->error == BATCH_ERROR_NONE;
    return is_completing && !step->snapshot.is_complete ? ERR_STALE : OK;
}

static struct piece_list copy_pieces(const struct piece_list *list)
{
    struct piece_list result = {memory(list->count * sizeof *list->numbers),
                                memory(list->count * sizeof *list->pairs), list->count};
    if (list->count) {
        memcpy(result.numbers, list->numbers, list->count * sizeof *list->numbers);
        memcpy(result.pairs, list->pairs, list->count * sizeof *list->pairs);
    }
    return result;
}

static void submit(struct transaction *transaction, struct step *step)
{
    const struct submission *submission = step->write->submission;
    uint32_t unfinished = 0;
    for (uint32_t i = 0; i < transaction->count; i++) {
        struct sim_row *row = transaction->rows[i];
        unfinished +=
            row->batch.account_id == submission->batch.account_id && !batch_state_is_final(row->batch.state);
        if (!submission->idempotency_key.n || !str_eq(row->idempotency_key, submission->idempotency_key))
            continue;
        if (row->created_us <= os_now_us() - IDEMPOTENCY_US) continue;
        bool is_same = memcmp(row->body_hash, submission->body_hash, SHA256_BYTES) == 0;
        step->write->result = is_same ? ERR_EXISTS : ERR_CONFLICT;
        if (step->write->ret_batch) *step->write->ret_batch = row->batch;
        return;
    }
    if (unfinished >= submission->active_max) {
        step->write->result = ERR_LIMIT;
        return;
    }
    must(transaction->count < ROWS_MAX);
    struct sim_row *row = memory(sizeof *row);
    *row = (struct sim_row){.batch = submission->batch,
                            .inputs = copy(submission->inputs),
                            .idempotency_key = copy(submission->idempotency_key),
                            .created_us = os_now_us(),
                            .file = memory(sizeof(struct sim_file))};
    row->batch.fields = copy(submission->batch.fields);
    row->batch.webhook_url = copy(submission->batch.webhook_url);
    memcpy(row->body_hash, submission->body_hash, SHA256_BYTES);
    transaction->rows[transaction->count++] = row;
}

static void take_snapshot(struct sim_row *row, const struct step *step)
{
    if (!step->has_snapshot) return;
    row->batch.state = step->snapshot.state;
    row->batch.started_us = step->snapshot.started_us;
    row->batch.counts = piece_list_counts(&step->snapshot.list, step->snapshot.list.count);
    row->pieces = copy_pieces(&step->snapshot.list);
}

static void end(struct sim_row *row, enum batch_state state, int64_t retention_us)
{
    row->batch.state = state;
    int64_t before_us = row->batch.started_us ? row->batch.started_us : row->batch.created_us;
    row->batch.completed_us = batch_step_us(os_now_us(), before_us);
    row->batch.expires_us = row->batch.completed_us + retention_us;
    if (!row->batch.webhook_url.n) return;
    row->delivery = (struct delivery){
        .id = uuid_new(),
        .batch_id = row->batch.id,
        .account_id = row->batch.account_id,
        .url = row->batch.webhook_url,
        .state = DELIVERY_PENDING,
        .created_us = row->batch.completed_us,
        .next_us = row->batch.completed_us,
    };
}

static void fail(struct sim_row *row, struct step *step, enum batch_error error, int64_t retention_us)
{
    enum outcome rest = error == BATCH_ERROR_CANCELLED ? OUTCOME_CANCELLED : OUTCOME_ERROR;
    if (step->has_snapshot) step->snapshot.list.count = piece_list_prefix(&step->snapshot.list);
    take_snapshot(row, step);
    row->batch.counts.of[rest] += batch_pending_count(&row->batch);
    row->batch.error = error;
    end(row, BATCH_FAILED, retention_us);
}

static void finish(struct sim_row *row, struct step *step)
{
    const struct control_write *write = step->write;
    if (batch_state_is_final(row->batch.state) || !step->has_snapshot) {
        step->write->result = ERR_CONFLICT;
    } else if (write->error == BATCH_ERROR_NONE) {
        take_snapshot(row, step);
        end(row, BATCH_COMPLETED, write->retention_us);
    } else {
        fail(row, step, write->error, write->retention_us);
    }
}

static void change(struct sim_row *row, struct step *step)
{
    struct control_write *write = step->write;
    bool is_final = batch_state_is_final(row->batch.state);
    switch (write->kind) {
    case WRITE_FINISH:
        finish(row, step);
        return;
    case WRITE_CHECKPOINT:
        if (!is_final && step->has_snapshot && !step->snapshot.is_complete) take_snapshot(row, step);
        return;
    case WRITE_CANCEL:
        if (!is_final) {
            fail(row, step, BATCH_ERROR_CANCELLED, write->retention_us);
        } else if (row->batch.error != BATCH_ERROR_CANCELLED) {
            write->result = ERR_CONFLICT;
        }
        return;
    case WRITE_ERASE:
        if (!is_final) fail(row, step, BATCH_ERROR_CANCELLED, 0);
        row->batch.is_erased = true;
        row->inputs = (str){0};
        row->pieces = (struct piece_list){0};
        return;
    case WRITE_SUBMIT:
    case WRITE_SCRUB:
    case WRITE_CHARGE:
    case WRITE_USAGE:
    case WRITE_OUTCOMES:
    case WRITE_REDELIVER:
    case WRITE_REVOKE_LINKS:
        break;
    }
    must(false);
}

/* A row that this transaction may change, in place of the one that it had. */
static struct sim_row *own_row(struct transaction *transaction, const struct sim_row *old)
{
    struct sim_row *row = memory(sizeof *row);
    *row = *old;
    for (uint32_t i = 0; i < transaction->count; i++) {
        if (transaction->rows[i] == old) transaction->rows[i] = row;
    }
    return row;
}

static void add_outcome(struct transaction *transaction, const struct delivery_outcome *outcome)
{
    for (uint32_t i = 0; i < transaction->count; i++) {
        if (!uuid_eq(transaction->rows[i]->delivery.id, outcome->delivery_id)) continue;
        struct sim_row *row = own_row(transaction, transaction->rows[i]);
        must(row->delivery.state == DELIVERY_PENDING &&
             "an event that has come to its end is not sent again");
        row->delivery.state = outcome->state;
        row->delivery.next_us = outcome->next_us;
        row->delivery.tried++;
        return;
    }
    must(false && "attempts are of deliveries that are recorded");
}

static void write_row(struct transaction *transaction, struct step *step)
{
    struct control_write *write = step->write;
    if (write->kind == WRITE_SUBMIT) {
        submit(transaction, step);
        return;
    }
    if (write->kind == WRITE_OUTCOMES) {
        for (size_t i = 0; i < write->outcome_count; i++) add_outcome(transaction, &write->outcomes[i]);
        return;
    }
    if (write->kind == WRITE_USAGE) return;
    bool is_server = write->kind == WRITE_FINISH || write->kind == WRITE_CHECKPOINT;
    struct sim_row *old = find_in(transaction->rows, transaction->count, write->batch_id);
    if (!old || (!is_server && old->batch.account_id != write->account_id)) {
        write->result = ERR_NOT_FOUND;
        return;
    }
    struct sim_row *row = own_row(transaction, old);
    change(row, step);
    if (write->ret_batch) *write->ret_batch = row->batch;
}

static enum err commit(struct sim_store *store, const struct transaction *transaction)
{
    threads_yield(); /* the disk takes its time: a crash here loses the transaction */
    store->transaction_count++;
    if (store->faults.is_disk_full) return ERR_NOSPACE;
    if (store->faults.transaction && threads_chance(store->faults.transaction)) {
        store->failure_count++;
        if (threads_chance(2)) {
            store->ghost = transaction->rows;
            store->ghost_count = transaction->count;
        }
        return ERR_IO;
    }
    store->rows = transaction->rows;
    store->row_count = transaction->count;
    store->ghost = NULL;
    threads_yield(); /* on the disk, and nobody knows yet */
    return OK;
}

static void publish(struct sim_store *store, struct step *step)
{
    struct control_write *write = step->write;
    if (write->result != OK || write->kind == WRITE_USAGE || write->kind == WRITE_OUTCOMES) return;
    if (write->kind == WRITE_SUBMIT) {
        active_add(&store->active, step->batch);
        step->batch = NULL;
    } else if (write->kind == WRITE_CHECKPOINT) {
        if (step->has_snapshot) active_saved(&store->active, step->batch, step->snapshot.serial);
    } else {
        active_remove(&store->active, write->batch_id);
    }
}

static void apply(struct control *control, struct control_write **writes, size_t count)
{
    struct sim_store *store = store_of(control);
    struct step *steps = memory(count * sizeof *steps);
    struct transaction transaction = {memory(ROWS_MAX * sizeof(struct sim_row *)), 0};
    struct arena arena;
    arena_init(&arena, ARENA_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        steps[i].write = writes[i];
        writes[i]->result = prepare(store, &steps[i], &arena);
    }
    /* The one writer: nobody else has changed the rows since. */
    memcpy(transaction.rows, store->rows, store->row_count * sizeof(struct sim_row *));
    transaction.count = store->row_count;
    for (size_t i = 0; i < count; i++) {
        if (writes[i]->result == OK) write_row(&transaction, &steps[i]);
    }
    enum err e = commit(store, &transaction);
    for (size_t i = 0; i < count; i++) {
        if (e != OK) writes[i]->result = e;
        publish(store, &steps[i]);
        active_unref(&store->active, steps[i].batch);
    }
    arena_fini(&arena);
    free(steps);
}

/* ---- claims ---- */

static enum err claim(struct control *control, struct claim *ret)
{
    struct sim_store *store = store_of(control);
    threads_hold();
    enum err e = active_claim(&store->active, ret);
    if (e == OK) store->takeover_count += sim_watch_claimed(watch_of(store, ret->batch_id), ret);
    threads_release();
    return e;
}

static enum err write_piece(struct sim_store *store, const struct active_write *write,
                            const struct claim *claim, const struct piece_pair *pair, str bytes,
                            bool *ret_is_last)
{
    struct piece_pair placed = *pair;
    placed.results.offset = write->offset;
    placed.unresolved.offset = write->offset + pair->results.bytes;
    const struct sim_row *row = sim_store_find(store, claim->batch_id);
    bool is_failing =
        store->faults.is_disk_full || (store->faults.piece && threads_chance(store->faults.piece));
    size_t n = is_failing && bytes.n ? threads_random((uint32_t)bytes.n) : bytes.n;
    threads_yield();
    sim_file_write(row->file, str_slice(bytes, 0, n), write->offset);
    threads_yield();
    if (is_failing) {
        active_write_abort(&store->active, write);
        return store->faults.is_disk_full ? ERR_NOSPACE : ERR_IO;
    }
    threads_hold();
    enum err e = active_write_end(&store->active, write, claim, &placed, ret_is_last);
    if (e == OK) sim_watch_done(watch_of(store, claim->batch_id), claim);
    threads_release();
    return e;
}

static enum err commit_claim(struct control *control, const struct claim *claim,
                             const struct piece_pair *pair, str bytes, bool *ret_is_last)
{
    struct sim_store *store = store_of(control);
    struct active_write write;
    bool is_last = false;
    TRY(active_write_begin(&store->active, claim, bytes.n, &write));
    enum err e = write_piece(store, &write, claim, pair, bytes, &is_last);
    if (e == OK && is_last) e = sync_pieces(store, write.batch);
    active_unref(&store->active, write.batch);
    if (e == OK) *ret_is_last = is_last;
    return e;
}

static void release_claim(struct control *control, const struct claim *claim, int64_t pause_us)
{
    active_release(&store_of(control)->active, claim, pause_us);
}

static void stop(struct control *control)
{
    active_stop(&store_of(control)->active);
}

static size_t unsaved(struct control *control, int64_t min_age_us, struct uuid *ret, size_t max)
{
    return active_unsaved(&store_of(control)->active, min_age_us, ret, max);
}

/* ---- reads ---- */

static enum err batch_get_any(struct control *control, struct uuid id, struct arena *arena, struct batch *ret)
{
    struct sim_store *store = store_of(control);
    const struct sim_row *row = sim_store_find(store, id);
    (void)arena;
    if (!row) return ERR_NOT_FOUND;
    *ret = row->batch;
    if (!batch_state_is_final(ret->state)) active_progress(&store->active, ret);
    return OK;
}

static enum err batch_inputs(struct control *control, struct uuid id, struct arena *arena, str *ret)
{
    const struct sim_row *row = sim_store_find(store_of(control), id);
    if (!row || row->batch.is_erased) return ERR_NOT_FOUND;
    threads_yield();
    *ret = arena_copy(arena, row->inputs);
    return ret->p ? OK : ERR_NOMEM;
}

static enum err expired(struct control *control, int64_t now_us, struct uuid *ret, size_t max,
                        size_t *ret_count)
{
    struct sim_store *store = store_of(control);
    *ret_count = 0;
    for (uint32_t i = 0; i < store->row_count && *ret_count < max; i++) {
        const struct batch *batch = &store->rows[i]->batch;
        bool is_due = batch_state_is_final(batch->state) && !batch->is_erased && batch->expires_us <= now_us;
        if (is_due) ret[(*ret_count)++] = batch->id;
    }
    return OK;
}

/* Every account sends to one host here, so that its limit is the only one that counts. */
static enum err deliveries_due(struct control *control, const struct delivery_query *query,
                               struct arena *arena, struct delivery **ret, size_t *ret_count,
                               int64_t *ret_next_us)
{
    struct sim_store *store = store_of(control);
    struct delivery *due = arena_array(arena, query->lane_max, sizeof *due);
    if (!due) return ERR_NOMEM;
    *ret = due;
    *ret_count = 0;
    *ret_next_us = 0;
    for (uint32_t i = 0; i < store->row_count; i++) {
        const struct delivery *delivery = &store->rows[i]->delivery;
        if (delivery->state != DELIVERY_PENDING) continue;
        if (delivery->next_us > query->now_us) {
            if (!*ret_next_us || delivery->next_us < *ret_next_us) *ret_next_us = delivery->next_us;
        } else if (*ret_count < query->lane_max) {
            due[(*ret_count)++] = *delivery;
        }
    }
    return OK;
}

static enum err key_find(struct control *control, const char id[TOKEN_ID_BYTES], struct arena *arena,
                         struct api_key *ret)
{
    (void)control, (void)id, (void)arena;
    *ret = (struct api_key){.secret_version = 1};
    return OK;
}

/* What jobs and hooks call; the rest of control.h is for others. */
static const struct control_ops operations = {
    .apply = apply,
    .batch_get_any = batch_get_any,
    .batch_inputs = batch_inputs,
    .claim = claim,
    .commit_claim = commit_claim,
    .release_claim = release_claim,
    .stop = stop,
    .unsaved = unsaved,
    .expired = expired,
    .deliveries_due = deliveries_due,
    .key_find = key_find,
};

/* ---- the disk's life ---- */

void sim_store_init(struct sim_store *store)
{
    *store = (struct sim_store){.base = {&operations}, .rows = memory(ROWS_MAX * sizeof(struct sim_row *))};
}

void sim_store_open(struct sim_store *store)
{
    const struct active_settings settings = {store->lease_us, 4};
    must(active_init(&store->active, &settings) == OK);
    for (uint32_t i = 0; i < store->row_count; i++) {
        const struct sim_row *row = store->rows[i];
        struct active_batch *batch;
        if (batch_state_is_final(row->batch.state)) continue;
        must(active_batch_new(&row->batch, &batch) == OK);
        active_batch_restore(batch, &row->pieces, row->file->disk.n);
        active_add(&store->active, batch);
        sim_watch_restart(watch_of(store, row->batch.id), row->pieces.numbers, row->pieces.count);
    }
}

void sim_store_crash(struct sim_store *store)
{
    if (store->ghost && threads_chance(2)) {
        store->unknown_count++;
        store->rows = store->ghost;
        store->row_count = store->ghost_count;
    }
    store->ghost = NULL;
    for (uint32_t i = 0; i < store->row_count; i++) sim_file_crash(store->rows[i]->file);
}

/* ---- what must hold ---- */

static void check_row(const struct sim_store *store, uint32_t number)
{
    const struct sim_row *row = store->rows[number];
    const struct batch *batch = &row->batch;
    uint32_t sum = batch_counts_sum(&batch->counts);
    must(sum <= batch->identifier_count);
    must(!batch->started_us || batch->started_us >= batch->created_us);
    must(!batch->completed_us ||
         batch->completed_us >= (batch->started_us ? batch->started_us : batch->created_us));
    if (batch_state_is_final(batch->state))
        must(sum == batch->identifier_count && "every identifier has an outcome");
    if (batch->state == BATCH_COMPLETED && !batch->is_erased) {
        must(row->pieces.count == batch_claim_count(batch) && "a completed batch has all its pieces");
        must(batch->counts.of[OUTCOME_CANCELLED] + batch->counts.of[OUTCOME_ERROR] == 0);
    }
    bool has_event = batch_state_is_final(batch->state) && batch->webhook_url.n;
    must(has_event == (row->delivery.state != 0) &&
         "every final batch with a webhook has its event, and no other");
    must(piece_list_end(&row->pieces, row->pieces.count) <= row->file->disk.n &&
         "what is saved is on the disk");
    for (uint32_t i = 0; i < number && row->idempotency_key.n; i++) {
        must(!str_eq(store->rows[i]->idempotency_key, row->idempotency_key) &&
             "one batch for one idempotency key");
    }
}

void sim_store_check(const struct sim_store *store)
{
    for (uint32_t i = 0; i < store->row_count; i++) check_row(store, i);
}

static void add_lines(const struct sim_row *row, const struct piece *piece, struct buf *out)
{
    unsigned char *raw = memory(piece->raw_bytes + 1);
    z_stream z = {.next_in = (Bytef *)row->file->disk.p + piece->offset,
                  .avail_in = piece->bytes,
                  .next_out = raw,
                  .avail_out = piece->raw_bytes + 1};
    if (!piece->bytes) {
        free(raw);
        return;
    }
    must(piece->offset + piece->bytes <= row->file->disk.n);
    must(inflateInit2(&z, -15) == Z_OK);
    int code = inflate(&z, Z_SYNC_FLUSH);
    must((code == Z_OK || code == Z_BUF_ERROR) && z.total_out == piece->raw_bytes && "a piece is whole");
    must(crc32(0, raw, piece->raw_bytes) == piece->crc && "a piece has its checksum");
    inflateEnd(&z);
    buf_add(out, str_of((char *)raw, piece->raw_bytes));
    free(raw);
}

void sim_row_lines(const struct sim_row *row, str *ret_results, str *ret_unresolved)
{
    struct buf results, unresolved;
    buf_init(&results, ARENA_BYTES_MAX);
    buf_init(&unresolved, ARENA_BYTES_MAX);
    uint32_t count = piece_list_prefix(&row->pieces);
    for (uint32_t i = 0; i < count; i++) {
        add_lines(row, &row->pieces.pairs[i].results, &results);
        add_lines(row, &row->pieces.pairs[i].unresolved, &unresolved);
    }
    *ret_results = buf_str(&results);
    *ret_unresolved = buf_str(&unresolved);
}
