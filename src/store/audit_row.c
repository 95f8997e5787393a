/* One row. */
#include "store/audit_row.h"

enum err audit_row_get(struct sqlite *db, struct audit_head *ret)
{
    bool has_row;
    struct audit_head head = {0};
    STATEMENT_AUTO s = statement_of(db, "SELECT entry, hash FROM audit_head");
    TRY(statement_step(&s, &has_row));
    if (has_row) {
        head.entry = (uint64_t)column_i64(&s);
        str hash = column_view(&s);
        if (hash.n != sizeof head.hash)
            return err_raise(ERR_CORRUPT, "control.db: an audit entry without a hash");
        memcpy(head.hash, hash.p, hash.n);
    }
    *ret = head;
    return OK;
}

enum err audit_row_set(struct sqlite *db, const struct audit_head *head)
{
    STATEMENT_AUTO s = statement_of(
        db, "INSERT INTO audit_head (id, entry, hash) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE"
            " SET entry = excluded.entry, hash = excluded.hash WHERE excluded.entry > entry");
    bind_i64(&s, (int64_t)head->entry);
    bind_bytes(&s, head->hash, sizeof head->hash);
    return statement_run(&s);
}
