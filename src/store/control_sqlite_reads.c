/* Rows, and over the unfinished ones the progress that only memory knows.
 *
 * A row is read first and the memory asked afterwards. A batch that is unfinished in its row and unknown to
 * the memory has either just become final, so that its row is read again, or has just been inserted.
 */
#include "store/control_sqlite_reads.h"

#include "store/control_sqlite_state.h"
#include "store/usage_row.h"

static enum err read_batch(struct control_sqlite *c, struct sqlite *db, int64_t account_id, struct uuid id,
                           struct arena *arena, struct batch *ret)
{
    struct batch_row row;
    TRY(batch_row_get(db, account_id, id, arena, &row));
    if (!batch_state_is_final(row.batch.state) && !active_progress(&c->active, &row.batch)) {
        TRY(batch_row_get(db, account_id, id, arena, &row));
    }
    *ret = row.batch;
    return OK;
}

/* account_id 0: whoever's it is. */
static enum err get(struct control_sqlite *c, int64_t account_id, struct uuid id, struct arena *arena,
                    struct batch *ret)
{
    struct batch batch;
    uint64_t drops;
    enum err e = batch_cache_find(&c->batches, id, arena, &batch, &drops);
    bool is_known = e == OK && (batch_state_is_final(batch.state) || active_progress(&c->active, &batch));
    if (!is_known) {
        SQLITE_LOAN_AUTO reader = sqlite_pool_lend(&c->readers);
        TRY(read_batch(c, reader.db, 0, id, arena, &batch));
        batch_cache_put(&c->batches, &batch, drops);
    }
    if (account_id && batch.account_id != account_id) return ERR_NOT_FOUND;
    *ret = batch;
    return OK;
}

enum err control_sqlite_batch_get_any(struct control *control, struct uuid id, struct arena *arena,
                                      struct batch *ret)
{
    return get(control_sqlite_of(control), 0, id, arena, ret);
}

enum err control_sqlite_batch_get(struct control *control, int64_t account_id, struct uuid id,
                                  struct arena *arena, struct batch *ret)
{
    if (account_id == 0) return ERR_NOT_FOUND;
    return get(control_sqlite_of(control), account_id, id, arena, ret);
}

/* The place in the order of submission that the query starts from: everything older is below. */
static enum err seq_to_start_below(struct sqlite *db, const struct control_batch_query *query, int64_t *ret)
{
    bool has_row;
    if (!query->has_after) {
        *ret = INT64_MAX;
        return OK;
    }
    STATEMENT_AUTO s = statement_of(db, "SELECT seq FROM batch WHERE id = ? AND account_id = ?");
    bind_bytes(&s, query->after.bytes, sizeof query->after.bytes);
    bind_i64(&s, query->account_id);
    TRY(statement_step(&s, &has_row));
    if (!has_row) return ERR_NOT_FOUND;
    *ret = column_i64(&s);
    return OK;
}

/* A page of rows, newest first: where the next page starts is in *below afterwards. What is pending and what
 * is processing only the memory knows: a query for one of them reads both. */
static enum err read_page(struct sqlite *db, const struct control_batch_query *query, int64_t *below,
                          uint32_t limit, struct arena *arena, struct batch *ret, uint32_t *ret_count)
{
    static const char all[] = "SELECT " BATCH_ROW_COLUMNS " FROM batch WHERE account_id = ? AND seq < ?"
                              " ORDER BY seq DESC LIMIT ?";
    static const char unfinished[] =
        "SELECT " BATCH_ROW_COLUMNS " FROM batch WHERE account_id = ? AND seq < ?"
        " AND state IN (1, 2) ORDER BY seq DESC LIMIT ?";
    static const char of_state[] = "SELECT " BATCH_ROW_COLUMNS " FROM batch WHERE account_id = ? AND seq < ?"
                                   " AND state = ? ORDER BY seq DESC LIMIT ?";
    bool is_final = query->state && batch_state_is_final(query->state);
    bool has_row;
    struct batch_row row;
    STATEMENT_AUTO s = statement_of(db, !query->state ? all : is_final ? of_state : unfinished);
    bind_i64(&s, query->account_id);
    bind_i64(&s, *below);
    if (is_final) bind_i64(&s, query->state);
    bind_i64(&s, limit);
    for (*ret_count = 0; *ret_count < limit; ++*ret_count) {
        TRY(statement_step(&s, &has_row));
        if (!has_row) break;
        TRY(batch_row_read(&s, arena, &row));
        *below = row.seq;
        ret[*ret_count] = row.batch;
    }
    return OK;
}

/* Brings the rows up to date and leaves out those of another state than the query's. */
static enum err add_progress(struct control_sqlite *c, struct sqlite *db,
                             const struct control_batch_query *query, struct arena *arena,
                             struct batch *batches, uint32_t count, uint32_t *ret_kept)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct batch batch = batches[i];
        if (!batch_state_is_final(batch.state))
            TRY(read_batch(c, db, query->account_id, batch.id, arena, &batch));
        if (query->state == 0 || query->state == batch.state) batches[kept++] = batch;
    }
    *ret_kept = kept;
    return OK;
}

enum err control_sqlite_batch_list(struct control *control, const struct control_batch_query *query,
                                   struct arena *arena, struct batch **ret, size_t *ret_count)
{
    struct control_sqlite *c = control_sqlite_of(control);
    uint32_t count = 0;
    int64_t below;
    SQLITE_LOAN_AUTO reader = sqlite_pool_lend(&c->readers);
    TRY(seq_to_start_below(reader.db, query, &below));
    struct batch *batches = arena_array(arena, query->limit, sizeof *batches);
    if (!batches) return err_raise(ERR_NOMEM, "no memory for %u batches", query->limit);
    while (count < query->limit) {
        uint32_t asked = query->limit - count;
        uint32_t read, kept;
        TRY(read_page(reader.db, query, &below, asked, arena, batches + count, &read));
        TRY(add_progress(c, reader.db, query, arena, batches + count, read, &kept));
        count += kept;
        if (read < asked) break;
    }
    *ret = batches;
    *ret_count = count;
    return OK;
}

enum err control_sqlite_batch_inputs(struct control *control, struct uuid id, struct arena *arena, str *ret)
{
    bool has_row;
    SQLITE_LOAN_AUTO reader = sqlite_pool_lend(&control_sqlite_of(control)->readers);
    STATEMENT_AUTO s = statement_of(reader.db, "SELECT i.inputs FROM batch AS b JOIN batch_input AS i"
                                               " ON i.batch_seq = b.seq WHERE b.id = ?");
    bind_bytes(&s, id.bytes, sizeof id.bytes);
    TRY(statement_step(&s, &has_row));
    if (!has_row) return ERR_NOT_FOUND;
    str inputs = column_str(&s, arena);
    if (!inputs.p) return err_raise(ERR_NOMEM, "no memory for the inputs of a batch");
    *ret = inputs;
    return OK;
}

static enum err read_ids(struct statement *s, struct uuid *ret, size_t max, size_t *ret_count)
{
    size_t count = 0;
    bool has_row;
    while (count < max) {
        TRY(statement_step(s, &has_row));
        if (!has_row) break;
        TRY(batch_row_id(s, &ret[count]));
        count++;
    }
    *ret_count = count;
    return OK;
}

enum err control_sqlite_kept_batches(struct control *control, const struct uuid *after, struct uuid *ret,
                                     size_t max, size_t *ret_count)
{
    SQLITE_LOAN_AUTO reader = sqlite_pool_lend(&control_sqlite_of(control)->readers);
    STATEMENT_AUTO s = statement_of(
        reader.db, "SELECT id FROM batch WHERE is_erased = 0"
                   " AND seq > coalesce((SELECT seq FROM batch WHERE id = ?), 0) ORDER BY seq LIMIT ?");
    bind_bytes(&s, after ? after->bytes : NULL, after ? sizeof after->bytes : 0);
    bind_i64(&s, (int64_t)max);
    return read_ids(&s, ret, max, ret_count);
}

enum err control_sqlite_unscrubbed(struct control *control, int64_t seq, bool with_unfinished,
                                   struct uuid *ret, size_t max, size_t *ret_count)
{
    SQLITE_LOAN_AUTO reader = sqlite_pool_lend(&control_sqlite_of(control)->readers);
    STATEMENT_AUTO s = statement_of(
        reader.db, "SELECT id FROM batch WHERE is_erased = 0 AND (suppression_seq < ? OR has_waste = 1)"
                   " AND (state IN (3, 4) OR ?) ORDER BY seq LIMIT ?");
    bind_i64(&s, seq);
    bind_i64(&s, with_unfinished);
    bind_i64(&s, (int64_t)max);
    return read_ids(&s, ret, max, ret_count);
}

enum err control_sqlite_expired(struct control *control, int64_t now_us, struct uuid *ret, size_t max,
                                size_t *ret_count)
{
    SQLITE_LOAN_AUTO reader = sqlite_pool_lend(&control_sqlite_of(control)->readers);
    STATEMENT_AUTO s = statement_of(reader.db, "SELECT id FROM batch WHERE state IN (3, 4) AND is_erased = 0"
                                               " AND expires_us <= ? ORDER BY expires_us LIMIT ?");
    bind_i64(&s, now_us);
    bind_i64(&s, (int64_t)max);
    return read_ids(&s, ret, max, ret_count);
}

enum err control_sqlite_usage(struct control *control, int64_t account_id, int64_t from_day, int64_t to_day,
                              struct arena *arena, struct usage **ret, size_t *ret_count)
{
    struct control_sqlite *c = control_sqlite_of(control);
    SQLITE_LOAN_AUTO reader = sqlite_pool_lend(&c->readers);
    return usage_row_read(reader.db, account_id, from_day, to_day, arena, ret, ret_count);
}

enum err control_sqlite_load(struct control *control, struct control_load *ret)
{
    struct control_sqlite *c = control_sqlite_of(control);
    struct active_load active;
    int64_t deliveries;
    SQLITE_LOAN_AUTO reader = sqlite_pool_lend(&c->readers);
    TRY(sqlite_number(reader.db, "SELECT count(*) FROM delivery WHERE state = 1", &deliveries));
    active_load(&c->active, &active);
    *ret = (struct control_load){active.pending, active.processing, active.oldest_us, (uint64_t)deliveries};
    return OK;
}
