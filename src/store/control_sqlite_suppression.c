/* Whatever changes the list sets the change mark afterwards, for processes that keep a copy (suppression.h).
 */
#include "store/control_sqlite_suppression.h"

#include "store/audit_row.h"
#include "store/control_sqlite_state.h"

uint64_t control_sqlite_suppression_mark(struct control *control)
{
    return change_mark_now(&control_sqlite_of(control)->suppression_changed);
}

static enum err read_entry(struct statement *s, struct arena *arena, struct suppression_entry *ret)
{
    ret->seq = column_i64(s);
    str hash = column_view(s);
    if (hash.n != sizeof ret->hash) return err_raise(ERR_CORRUPT, "control.db: a suppression without a hash");
    memcpy(ret->hash, hash.p, hash.n);
    ret->entity = (enum entity)column_u32(s);
    ret->kind = (enum key_kind)column_u32(s);
    ret->is_erasure = column_i64(s) != 0;
    ret->erasure_id = column_i64(s);
    ret->created_us = column_i64(s);
    ret->reason = column_str(s, arena);
    TRY(statement_check(s));
    return arena->is_exhausted ? err_raise(ERR_NOMEM, "no memory for the suppression list") : OK;
}

enum err control_sqlite_suppression_list(struct control *control, struct arena *arena,
                                         struct suppression_entry **ret, size_t *ret_count)
{
    bool has_row;
    struct suppression_entry *entries = NULL;
    size_t count = 0;
    SQLITE_LOAN_AUTO reader = sqlite_pool_lend(&control_sqlite_of(control)->readers);
    STATEMENT_AUTO s = statement_of(
        reader.db,
        "SELECT count(*) OVER (), seq, hash, entity, kind, is_erasure, erasure_id, created_us, reason"
        " FROM suppression ORDER BY seq");
    for (;; count++) {
        TRY(statement_step(&s, &has_row));
        if (!has_row) break;
        int64_t total = column_i64(&s);
        if (!entries) entries = arena_array(arena, (size_t)total, sizeof *entries);
        if (!entries) return err_raise(ERR_NOMEM, "no memory for %" PRId64 " suppressions", total);
        TRY(read_entry(&s, arena, &entries[count]));
    }
    *ret = entries;
    *ret_count = count;
    return OK;
}

/* ---- changes ---- */

/* An erasure takes a new place in the order, so that what was checked before is checked again. */
static enum err delete_row(struct sqlite *db, const uint8_t hash[SHA256_BYTES], bool *ret_was_there)
{
    STATEMENT_AUTO s = statement_of(db, "DELETE FROM suppression WHERE hash = ? RETURNING seq");
    bind_bytes(&s, hash, SHA256_BYTES);
    TRY(statement_step(&s, ret_was_there));
    return *ret_was_there ? statement_run(&s) : OK;
}

static enum err insert_row(struct sqlite *db, struct suppression_entry *entry)
{
    bool was_there = false;
    if (entry->is_erasure) TRY(delete_row(db, entry->hash, &was_there));
    STATEMENT_AUTO s = statement_of(
        db, "INSERT INTO suppression (hash, entity, kind, is_erasure, erasure_id, created_us, reason)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING");
    bind_bytes(&s, entry->hash, sizeof entry->hash);
    bind_i64(&s, entry->entity);
    bind_i64(&s, entry->kind);
    bind_i64(&s, entry->is_erasure);
    bind_i64(&s, entry->erasure_id);
    bind_i64(&s, entry->created_us);
    bind_str(&s, entry->reason);
    TRY(statement_run(&s));
    entry->was_added = sqlite3_changes(db->handle) > 0;
    if (entry->was_added) entry->seq = sqlite3_last_insert_rowid(db->handle);
    return OK;
}

static enum err insert_rows(struct sqlite *db, struct suppression_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) TRY(insert_row(db, &entries[i]));
    return OK;
}

enum err control_sqlite_suppression_add(struct control *control, struct suppression_entry *entries,
                                        size_t count)
{
    struct control_sqlite *c = control_sqlite_of(control);
    pthread_mutex_lock(&c->writer_lock);
    enum err e = sqlite_begin(&c->writer);
    if (e == OK) {
        e = insert_rows(&c->writer, entries, count);
        if (e == OK) {
            e = sqlite_commit(&c->writer);
        } else {
            sqlite_abort(&c->writer);
        }
    }
    pthread_mutex_unlock(&c->writer_lock);
    return e == OK ? change_mark_set(&c->suppression_changed) : e;
}

enum err control_sqlite_suppression_remove(struct control *control, const uint8_t hash[SHA256_BYTES])
{
    struct control_sqlite *c = control_sqlite_of(control);
    bool was_there = false;
    pthread_mutex_lock(&c->writer_lock);
    enum err e = delete_row(&c->writer, hash, &was_there);
    pthread_mutex_unlock(&c->writer_lock);
    TRY(e);
    return was_there ? change_mark_set(&c->suppression_changed) : ERR_NOT_FOUND;
}

enum err control_sqlite_audit_mark(struct control *control, const struct audit_head *head)
{
    struct control_sqlite *c = control_sqlite_of(control);
    pthread_mutex_lock(&c->writer_lock);
    enum err e = audit_row_set(&c->writer, head);
    pthread_mutex_unlock(&c->writer_lock);
    return e;
}
