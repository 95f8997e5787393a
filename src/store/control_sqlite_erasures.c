/* A row for each erasure. Entries of the suppression list name theirs, so that one that was broken off is
 * found again, and scrubbing adds to its counts in the transaction that takes the lines out. */
#include "store/control_sqlite_erasures.h"

#include "store/batch_row.h"
#include "store/control_sqlite_state.h"

#define COLUMNS "id, receipt, started_us, records, lines, inputs"

static enum err read_row(struct statement *s, struct erasure *ret)
{
    ret->id = column_i64(s);
    TRY(batch_row_id(s, &ret->receipt));
    ret->started_us = column_i64(s);
    ret->records = (uint64_t)column_i64(s);
    ret->lines = (uint64_t)column_i64(s);
    ret->inputs = (uint64_t)column_i64(s);
    return statement_check(s);
}

static enum err find_unfinished(struct sqlite *db, const uint8_t hash[SHA256_BYTES], struct erasure *ret)
{
    bool has_row;
    STATEMENT_AUTO s = statement_of(db, "SELECT " COLUMNS " FROM suppression JOIN erasure"
                                        " ON id = erasure_id WHERE hash = ? AND finished_us = 0");
    bind_bytes(&s, hash, SHA256_BYTES);
    TRY(statement_step(&s, &has_row));
    return has_row ? read_row(&s, ret) : ERR_NOT_FOUND;
}

static enum err insert(struct sqlite *db, int64_t now_us, struct erasure *ret)
{
    struct erasure erasure = {.receipt = uuid_new(), .started_us = now_us};
    STATEMENT_AUTO s =
        statement_of(db, "INSERT INTO erasure (receipt, started_us, finished_us, records, lines, inputs)"
                         " VALUES (?, ?, 0, 0, 0, 0)");
    bind_bytes(&s, erasure.receipt.bytes, sizeof erasure.receipt.bytes);
    bind_i64(&s, now_us);
    TRY(statement_run(&s));
    erasure.id = sqlite3_last_insert_rowid(db->handle);
    *ret = erasure;
    return OK;
}

enum err control_sqlite_erasure_begin(struct control *control, const uint8_t (*hashes)[SHA256_BYTES],
                                      size_t hash_count, int64_t now_us, struct erasure *ret)
{
    struct control_sqlite *c = control_sqlite_of(control);
    enum err e = ERR_NOT_FOUND;
    pthread_mutex_lock(&c->writer_lock);
    for (size_t i = 0; e == ERR_NOT_FOUND && i < hash_count; i++)
        e = find_unfinished(&c->writer, hashes[i], ret);
    if (e == ERR_NOT_FOUND) e = insert(&c->writer, now_us, ret);
    pthread_mutex_unlock(&c->writer_lock);
    return e;
}

/* The first run has seen them all; who repeats it finds fewer. */
static enum err set_records(struct sqlite *db, int64_t id, uint64_t records, struct erasure *ret)
{
    bool has_row;
    STATEMENT_AUTO s = statement_of(db, "UPDATE erasure SET records = max(records, ?) WHERE id = ?"
                                        " RETURNING " COLUMNS);
    bind_i64(&s, (int64_t)records);
    bind_i64(&s, id);
    TRY(statement_step(&s, &has_row));
    if (!has_row) return ERR_NOT_FOUND;
    TRY(read_row(&s, ret));
    return statement_run(&s);
}

enum err control_sqlite_erasure_records(struct control *control, int64_t id, uint64_t records,
                                        struct erasure *ret)
{
    struct control_sqlite *c = control_sqlite_of(control);
    pthread_mutex_lock(&c->writer_lock);
    enum err e = set_records(&c->writer, id, records, ret);
    pthread_mutex_unlock(&c->writer_lock);
    return e;
}

static enum err end(struct sqlite *db, int64_t id, int64_t now_us)
{
    STATEMENT_AUTO s = statement_of(db, "UPDATE erasure SET finished_us = ? WHERE id = ?");
    bind_i64(&s, now_us);
    bind_i64(&s, id);
    return statement_run(&s);
}

enum err control_sqlite_erasure_end(struct control *control, int64_t id, int64_t now_us)
{
    struct control_sqlite *c = control_sqlite_of(control);
    pthread_mutex_lock(&c->writer_lock);
    enum err e = end(&c->writer, id, now_us);
    pthread_mutex_unlock(&c->writer_lock);
    return e;
}

enum err erasure_row_add(struct sqlite *db, const struct erasure_tally *tally)
{
    STATEMENT_AUTO s =
        statement_of(db, "UPDATE erasure SET lines = lines + ?, inputs = inputs + ? WHERE id = ?");
    bind_i64(&s, tally->lines);
    bind_i64(&s, tally->inputs);
    bind_i64(&s, tally->erasure_id);
    return statement_run(&s);
}
