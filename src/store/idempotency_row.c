/* Rows of the table idempotency. */
#include "store/idempotency_row.h"

#include "base/os.h"
#include "store/batch_row.h"

enum err idempotency_row_find(struct sqlite *db, const struct submission *submission,
                              struct uuid *ret_batch_id)
{
    bool has_row;
    STATEMENT_AUTO s = statement_of(
        db,
        "SELECT batch_id, body_hash FROM idempotency WHERE account_id = ? AND key = ? AND created_us > ?");
    bind_i64(&s, submission->batch.account_id);
    bind_str(&s, submission->idempotency_key);
    bind_i64(&s, os_now_us() - IDEMPOTENCY_US);
    TRY(statement_step(&s, &has_row));
    if (!has_row) return ERR_NOT_FOUND;
    TRY(batch_row_id(&s, ret_batch_id));
    str hash = column_view(&s);
    return str_eq(hash, str_of(submission->body_hash, SHA256_BYTES)) ? OK : ERR_CONFLICT;
}

static enum err forget_old(struct sqlite *db)
{
    STATEMENT_AUTO s = statement_of(db, "DELETE FROM idempotency WHERE created_us <= ?");
    bind_i64(&s, os_now_us() - IDEMPOTENCY_US);
    return statement_run(&s);
}

enum err idempotency_row_insert(struct sqlite *db, const struct submission *submission)
{
    const struct batch *batch = &submission->batch;
    TRY(forget_old(db));
    STATEMENT_AUTO s = statement_of(
        db,
        "INSERT INTO idempotency (account_id, key, body_hash, batch_id, created_us) VALUES (?, ?, ?, ?, ?)");
    bind_i64(&s, batch->account_id);
    bind_str(&s, submission->idempotency_key);
    bind_bytes(&s, submission->body_hash, SHA256_BYTES);
    bind_bytes(&s, batch->id.bytes, sizeof batch->id.bytes);
    bind_i64(&s, os_now_us());
    return statement_run(&s);
}
