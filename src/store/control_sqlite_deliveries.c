/* Rows of the tables delivery and delivery_attempt. What a delivery shares with its batch stands in the
 * batch's row only.
 */
#include "store/control_sqlite_deliveries.h"

#include "store/control_sqlite_state.h"

#define ATTEMPTS_SHOWN_MAX 100 /* the latest */

#define DELIVERY_COLUMNS                                                                                     \
    "d.id, b.id, b.account_id, b.key_id, b.webhook_url, d.state, d.tried, d.created_us, d.next_us"

/* ---- writing ---- */

/* "<account> <host>:<port>", as far as the URL's text tells: what differs in its spelling is another lane. */
static str lane_of(const struct batch *batch, struct arena *arena)
{
    struct buf lane;
    size_t scheme = str_find(batch->webhook_url, STR("://"));
    str rest = str_from(batch->webhook_url, scheme == SIZE_MAX ? 0 : scheme + 3);
    buf_init(&lane, batch->webhook_url.n + 32);
    buf_add_i64(&lane, batch->account_id);
    buf_add_char(&lane, ' ');
    for (size_t i = 0; i < rest.n && rest.p[i] != '/' && rest.p[i] != '?'; i++)
        buf_add_char(&lane, char_lower(rest.p[i]));
    str copy = buf_check(&lane) == OK ? arena_copy(arena, buf_str(&lane)) : (str){0};
    buf_fini(&lane);
    return copy;
}

enum err delivery_row_insert(struct sqlite *db, const struct batch_row *row, struct arena *arena)
{
    struct uuid id = uuid_new();
    if (!row->batch.webhook_url.n) return OK;
    str lane = lane_of(&row->batch, arena);
    if (!lane.p) return err_raise(ERR_NOMEM, "no memory for a delivery");
    STATEMENT_AUTO s = statement_of(
        db, "INSERT INTO delivery (id, batch_seq, account_id, lane, state, tried, created_us, next_us)"
            " VALUES (?, ?, ?, ?, 1, 0, ?, ?)");
    bind_bytes(&s, id.bytes, sizeof id.bytes);
    bind_i64(&s, row->seq);
    bind_i64(&s, row->batch.account_id);
    bind_str(&s, lane);
    bind_i64(&s, row->batch.completed_us);
    bind_i64(&s, row->batch.completed_us);
    return statement_run(&s);
}

static enum err insert_attempt(struct sqlite *db, const struct delivery_outcome *outcome)
{
    const struct delivery_attempt *attempt = &outcome->attempt;
    STATEMENT_AUTO s =
        statement_of(db, "INSERT INTO delivery_attempt (delivery_seq, started_us, duration_ms, status, error)"
                         " SELECT seq, ?, ?, ?, ? FROM delivery WHERE id = ?");
    bind_i64(&s, attempt->started_us);
    bind_i64(&s, attempt->duration_ms);
    bind_i64(&s, attempt->status);
    bind_str(&s, attempt->error);
    bind_bytes(&s, outcome->delivery_id.bytes, sizeof outcome->delivery_id.bytes);
    return statement_run(&s);
}

enum err delivery_row_add_outcome(struct sqlite *db, const struct delivery_outcome *outcome)
{
    TRY(insert_attempt(db, outcome));
    STATEMENT_AUTO s =
        statement_of(db, "UPDATE delivery SET state = ?, tried = tried + 1, next_us = ? WHERE id = ?");
    bind_i64(&s, outcome->state);
    bind_i64(&s, outcome->next_us);
    bind_bytes(&s, outcome->delivery_id.bytes, sizeof outcome->delivery_id.bytes);
    return statement_run(&s);
}

enum err delivery_row_again(struct sqlite *db, const struct batch_row *row)
{
    bool has_row;
    STATEMENT_AUTO s = statement_of(db, "UPDATE delivery SET state = 1, tried = 0, next_us = ?"
                                        " WHERE batch_seq = ? RETURNING seq");
    bind_i64(&s, os_now_us());
    bind_i64(&s, row->seq);
    TRY(statement_step(&s, &has_row));
    if (!has_row) return ERR_NOT_FOUND;
    return statement_run(&s);
}

/* ---- reading ---- */

static enum err read_delivery(struct statement *s, struct arena *arena, struct delivery *ret)
{
    struct delivery delivery = {0};
    TRY(batch_row_id(s, &delivery.id));
    TRY(batch_row_id(s, &delivery.batch_id));
    delivery.account_id = column_i64(s);
    str key_id = column_view(s);
    if (key_id.n == TOKEN_ID_BYTES) memcpy(delivery.key_id, key_id.p, TOKEN_ID_BYTES);
    delivery.url = column_str(s, arena);
    delivery.state = (enum delivery_state)column_u32(s);
    delivery.tried = column_u32(s);
    delivery.created_us = column_i64(s);
    delivery.next_us = column_i64(s);
    TRY(statement_check(s));
    if (arena->is_exhausted) return err_raise(ERR_NOMEM, "no memory for a delivery");
    if (delivery.state < DELIVERY_PENDING || delivery.state > DELIVERY_GIVEN_UP)
        return err_raise(ERR_CORRUPT, "control.db: a delivery with impossible values");
    *ret = delivery;
    return OK;
}

/* Walks from lane to lane over the index, so that a long queue of one is not read through. */
static enum err read_due(struct sqlite *db, const struct delivery_query *query, struct arena *arena,
                         struct delivery *ret, size_t *ret_count)
{
    bool has_row;
    size_t count = 0;
    STATEMENT_AUTO s = statement_of(
        db, "WITH RECURSIVE lanes (lane) AS ("
            "  SELECT min(lane) FROM delivery WHERE state = 1"
            "  UNION ALL"
            "  SELECT (SELECT min(lane) FROM delivery WHERE state = 1 AND lane > lanes.lane)"
            "  FROM lanes WHERE lanes.lane IS NOT NULL),"
            " due AS ("
            "  SELECT heads.*, row_number() OVER (PARTITION BY account_id ORDER BY next_us, seq) AS place"
            "  FROM lanes JOIN delivery AS heads ON heads.seq IN ("
            "   SELECT seq FROM delivery WHERE state = 1 AND lane = lanes.lane AND next_us <= ?"
            "   ORDER BY next_us LIMIT ?))"
            " SELECT " DELIVERY_COLUMNS " FROM due AS d JOIN batch AS b ON b.seq = d.batch_seq"
            " WHERE d.place <= ? ORDER BY d.next_us, d.seq LIMIT ?");
    bind_i64(&s, query->now_us);
    bind_i64(&s, query->lane_max);
    bind_i64(&s, query->account_max);
    bind_i64(&s, query->max);
    for (; count < query->max; count++) {
        TRY(statement_step(&s, &has_row));
        if (!has_row) break;
        TRY(read_delivery(&s, arena, &ret[count]));
    }
    *ret_count = count;
    return OK;
}

/* When the first delivery that is not due yet will be; 0: never. */
static enum err read_next(struct sqlite *db, int64_t now_us, int64_t *ret)
{
    bool has_row;
    STATEMENT_AUTO s = statement_of(db, "SELECT min(next_us) FROM delivery WHERE state = 1 AND next_us > ?");
    bind_i64(&s, now_us);
    TRY(statement_step(&s, &has_row));
    must(has_row);
    *ret = column_i64(&s);
    return OK;
}

enum err control_sqlite_deliveries_due(struct control *control, const struct delivery_query *query,
                                       struct arena *arena, struct delivery **ret, size_t *ret_count,
                                       int64_t *ret_next_us)
{
    SQLITE_LOAN_AUTO reader = sqlite_pool_lend(&control_sqlite_of(control)->readers);
    struct delivery *deliveries = arena_array(arena, query->max, sizeof *deliveries);
    if (!deliveries) return err_raise(ERR_NOMEM, "no memory for %" PRIu32 " deliveries", query->max);
    TRY(read_due(reader.db, query, arena, deliveries, ret_count));
    TRY(read_next(reader.db, query->now_us, ret_next_us));
    *ret = deliveries;
    return OK;
}

static enum err read_attempts(struct sqlite *db, const struct delivery *delivery, struct arena *arena,
                              struct delivery_attempt *ret, size_t *ret_count)
{
    bool has_row;
    size_t count = 0;
    STATEMENT_AUTO s = statement_of(
        db, "SELECT started_us, duration_ms, status, error FROM ("
            " SELECT * FROM delivery_attempt WHERE delivery_seq = (SELECT seq FROM delivery WHERE id = ?)"
            " ORDER BY seq DESC LIMIT ?) ORDER BY seq");
    bind_bytes(&s, delivery->id.bytes, sizeof delivery->id.bytes);
    bind_i64(&s, ATTEMPTS_SHOWN_MAX);
    for (; count < ATTEMPTS_SHOWN_MAX; count++) {
        TRY(statement_step(&s, &has_row));
        if (!has_row) break;
        ret[count] = (struct delivery_attempt){.started_us = column_i64(&s)};
        ret[count].duration_ms = column_u32(&s);
        ret[count].status = column_u32(&s);
        ret[count].error = column_str(&s, arena);
        TRY(statement_check(&s));
    }
    *ret_count = count;
    return arena->is_exhausted ? err_raise(ERR_NOMEM, "no memory for a delivery's attempts") : OK;
}

enum err control_sqlite_delivery_get(struct control *control, int64_t account_id, struct uuid batch_id,
                                     struct arena *arena, struct delivery *ret,
                                     struct delivery_attempt **ret_attempts, size_t *ret_count)
{
    bool has_row;
    struct delivery delivery;
    SQLITE_LOAN_AUTO reader = sqlite_pool_lend(&control_sqlite_of(control)->readers);
    struct delivery_attempt *attempts = arena_array(arena, ATTEMPTS_SHOWN_MAX, sizeof *attempts);
    if (!attempts) return err_raise(ERR_NOMEM, "no memory for a delivery's attempts");
    STATEMENT_AUTO s = statement_of(reader.db, "SELECT " DELIVERY_COLUMNS
                                               " FROM batch AS b JOIN delivery AS d ON d.batch_seq = b.seq"
                                               " WHERE b.id = ? AND b.account_id = ?");
    bind_bytes(&s, batch_id.bytes, sizeof batch_id.bytes);
    bind_i64(&s, account_id);
    TRY(statement_step(&s, &has_row));
    if (!has_row) return ERR_NOT_FOUND;
    TRY(read_delivery(&s, arena, &delivery));
    TRY(read_attempts(reader.db, &delivery, arena, attempts, ret_count));
    *ret = delivery;
    *ret_attempts = attempts;
    return OK;
}
