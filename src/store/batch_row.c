/* Columns to struct batch and back. */
#include "store/batch_row.h"

/* Values index tables elsewhere: a damaged database must not get there. */
static enum err check(const struct batch *batch)
{
    bool is_sound = (unsigned)batch->entity < ENTITY_COUNT && batch->action == ACTION_ENRICH &&
                    batch->identifier_kind >= IDENTIFIER_PROFILE_URL &&
                    batch->identifier_kind <= IDENTIFIER_COMPANY_ID && batch->state >= BATCH_PENDING &&
                    batch->state <= BATCH_FAILED && (unsigned)batch->error <= BATCH_ERROR_EXPIRED &&
                    batch->identifier_count >= 1 && batch->claim_identifiers >= 1 &&
                    batch->part_claims >= 1 && batch_counts_sum(&batch->counts) <= batch->identifier_count;
    return is_sound ? OK : err_raise(ERR_CORRUPT, "control.db: a batch with impossible values");
}

enum err batch_row_id(struct statement *statement, struct uuid *ret)
{
    str bytes = column_view(statement);
    if (bytes.n != sizeof ret->bytes)
        return err_raise(ERR_CORRUPT, "control.db: an id of %zu bytes", bytes.n);
    memcpy(ret->bytes, bytes.p, sizeof ret->bytes);
    return OK;
}

static void read_request(struct statement *s, struct arena *arena, struct batch *batch)
{
    batch->account_id = column_i64(s);
    str key_id = column_view(s);
    if (key_id.n == TOKEN_ID_BYTES) memcpy(batch->key_id, key_id.p, TOKEN_ID_BYTES);
    batch->entity = (enum entity)column_u32(s);
    batch->action = (enum batch_action)column_u32(s);
    batch->identifier_kind = (enum identifier_kind)column_u32(s);
    batch->state = (enum batch_state)column_u32(s);
    batch->error = (enum batch_error)column_u32(s);
    batch->error_message = column_str(s, arena);
    batch->identifier_count = column_u32(s);
    batch->chunk_size = column_u32(s);
    batch->claim_identifiers = column_u32(s);
    batch->part_claims = column_u32(s);
    batch->fields = column_str(s, arena);
    batch->families = column_str(s, arena);
    batch->webhook_url = column_str(s, arena);
}

static void read_progress(struct statement *s, struct batch *batch)
{
    batch->created_us = column_i64(s);
    batch->started_us = column_i64(s);
    batch->completed_us = column_i64(s);
    batch->expires_us = column_i64(s);
    batch->is_erased = column_i64(s) != 0;
    for (int i = 0; i < OUTCOME_COUNT; i++) batch->counts.of[i] = column_u32(s);
    batch->suppression_seq = column_i64(s);
    batch->has_waste = column_i64(s) != 0;
    batch->link_epoch = column_u32(s);
}

enum err batch_row_read(struct statement *statement, struct arena *arena, struct batch_row *ret)
{
    struct batch_row row = {.seq = column_i64(statement)};
    TRY(batch_row_id(statement, &row.batch.id));
    read_request(statement, arena, &row.batch);
    read_progress(statement, &row.batch);
    row.batch.request_id = column_str(statement, arena);
    TRY(statement_check(statement));
    if (arena->is_exhausted) return err_raise(ERR_NOMEM, "no memory for a batch");
    TRY(check(&row.batch));
    *ret = row;
    return OK;
}

enum err batch_row_get(struct sqlite *db, int64_t account_id, struct uuid id, struct arena *arena,
                       struct batch_row *ret)
{
    bool has_row;
    struct batch_row row;
    static const char anyone[] = "SELECT " BATCH_ROW_COLUMNS " FROM batch WHERE id = ?";
    static const char own[] = "SELECT " BATCH_ROW_COLUMNS " FROM batch WHERE id = ? AND account_id = ?";
    STATEMENT_AUTO s = statement_of(db, account_id ? own : anyone);
    bind_bytes(&s, id.bytes, sizeof id.bytes);
    if (account_id) bind_i64(&s, account_id);
    TRY(statement_step(&s, &has_row));
    if (!has_row) return ERR_NOT_FOUND;
    TRY(batch_row_read(&s, arena, &row));
    *ret = row;
    return OK;
}

enum err batch_row_insert(struct sqlite *db, const struct batch *batch, int64_t *ret_seq)
{
    STATEMENT_AUTO s = statement_of(
        db,
        "INSERT INTO batch (id, account_id, key_id, entity, action, identifier_kind, state, error, "
        "error_message,"
        " identifier_count, chunk_size, claim_identifiers, part_claims, fields, families, webhook_url, "
        "created_us,"
        " started_us, completed_us, expires_us, is_erased, matched_count, not_found_count,"
        " invalid_count, duplicate_count, suppressed_count, error_count, cancelled_count, suppression_seq,"
        " request_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 0, '', ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ?,"
        " ?)");
    bind_bytes(&s, batch->id.bytes, sizeof batch->id.bytes);
    bind_i64(&s, batch->account_id);
    bind_str(&s, str_of(batch->key_id, sizeof batch->key_id));
    bind_i64(&s, batch->entity);
    bind_i64(&s, batch->action);
    bind_i64(&s, batch->identifier_kind);
    bind_i64(&s, batch->state);
    bind_i64(&s, batch->identifier_count);
    bind_i64(&s, batch->chunk_size);
    bind_i64(&s, batch->claim_identifiers);
    bind_i64(&s, batch->part_claims);
    bind_str(&s, batch->fields);
    bind_str(&s, batch->families);
    bind_str(&s, batch->webhook_url);
    bind_i64(&s, batch->created_us);
    bind_i64(&s, batch->suppression_seq);
    bind_str(&s, batch->request_id);
    TRY(statement_run(&s));
    *ret_seq = sqlite3_last_insert_rowid(db->handle);
    return OK;
}

enum err batch_row_update(struct sqlite *db, const struct batch_row *row)
{
    const struct batch *batch = &row->batch;
    STATEMENT_AUTO s = statement_of(
        db, "UPDATE batch SET state = ?, error = ?, error_message = ?, started_us = ?, completed_us = ?,"
            " expires_us = ?, is_erased = ?, matched_count = ?, not_found_count = ?, invalid_count = ?,"
            " duplicate_count = ?, suppressed_count = ?, error_count = ?, cancelled_count = ?,"
            " suppression_seq = ?, has_waste = ?, link_epoch = ?"
            " WHERE seq = ?");
    bind_i64(&s, batch->state);
    bind_i64(&s, batch->error);
    bind_str(&s, batch->error_message);
    bind_i64(&s, batch->started_us);
    bind_i64(&s, batch->completed_us);
    bind_i64(&s, batch->expires_us);
    bind_i64(&s, batch->is_erased);
    for (int i = 0; i < OUTCOME_COUNT; i++) bind_i64(&s, batch->counts.of[i]);
    bind_i64(&s, batch->suppression_seq);
    bind_i64(&s, batch->has_waste);
    bind_i64(&s, batch->link_epoch);
    bind_i64(&s, row->seq);
    return statement_run(&s);
}

enum err batch_row_insert_inputs(struct sqlite *db, int64_t seq, str inputs)
{
    STATEMENT_AUTO s = statement_of(db, "INSERT INTO batch_input (batch_seq, inputs) VALUES (?, ?)");
    bind_i64(&s, seq);
    bind_bytes(&s, inputs.p, inputs.n);
    return statement_run(&s);
}

enum err batch_row_replace_inputs(struct sqlite *db, int64_t seq, str inputs)
{
    STATEMENT_AUTO s = statement_of(db, "UPDATE batch_input SET inputs = ? WHERE batch_seq = ?");
    bind_bytes(&s, inputs.p, inputs.n);
    bind_i64(&s, seq);
    return statement_run(&s);
}

enum err batch_row_pieces(struct sqlite *db, const struct batch_row *row, struct arena *arena,
                          struct piece_list *ret)
{
    bool has_row;
    STATEMENT_AUTO s = statement_of(db, "SELECT pairs FROM batch_pieces WHERE batch_seq = ?");
    bind_i64(&s, row->seq);
    TRY(statement_step(&s, &has_row));
    if (!has_row) return piece_list_init(ret, 0, arena);
    return piece_list_decode(column_view(&s), batch_claim_count(&row->batch), arena, ret);
}

enum err batch_row_store_pieces(struct sqlite *db, int64_t seq, const struct piece_list *list,
                                struct arena *arena)
{
    str pairs;
    TRY(piece_list_encode(list, arena, &pairs));
    STATEMENT_AUTO s = statement_of(db, "INSERT INTO batch_pieces (batch_seq, pairs) VALUES (?, ?)"
                                        " ON CONFLICT (batch_seq) DO UPDATE SET pairs = excluded.pairs");
    bind_i64(&s, seq);
    bind_bytes(&s, pairs.p, pairs.n);
    return statement_run(&s);
}

enum err batch_row_delete_content(struct sqlite *db, int64_t seq)
{
    STATEMENT_AUTO inputs = statement_of(db, "DELETE FROM batch_input WHERE batch_seq = ?");
    bind_i64(&inputs, seq);
    TRY(statement_run(&inputs));
    STATEMENT_AUTO pieces = statement_of(db, "DELETE FROM batch_pieces WHERE batch_seq = ?");
    bind_i64(&pieces, seq);
    return statement_run(&pieces);
}
