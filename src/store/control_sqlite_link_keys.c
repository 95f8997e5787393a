/* A handful of rows; the schema begins with the first. */
#include "store/control_sqlite_link_keys.h"

#include "store/control_sqlite_state.h"

uint64_t control_sqlite_keys_mark(struct control *control)
{
    return change_mark_now(&control_sqlite_of(control)->keys_changed);
}

enum err control_sqlite_link_key_list(struct control *control, struct link_key ret[LINK_KEYS_MAX],
                                      size_t *ret_count)
{
    bool has_row;
    size_t count = 0;
    SQLITE_LOAN_AUTO reader = sqlite_pool_lend(&control_sqlite_of(control)->readers);
    STATEMENT_AUTO s = statement_of(reader.db, "SELECT kid, created_us, retired_us, revoked_us FROM link_key"
                                               " ORDER BY kid DESC LIMIT ?");
    bind_i64(&s, LINK_KEYS_MAX);
    for (; count < LINK_KEYS_MAX; count++) {
        TRY(statement_step(&s, &has_row));
        if (!has_row) break;
        ret[count].kid = column_u32(&s);
        ret[count].created_us = column_i64(&s);
        ret[count].retired_us = column_i64(&s);
        ret[count].revoked_us = column_i64(&s);
    }
    *ret_count = count;
    return OK;
}

static enum err retire(struct sqlite *db, int64_t now_us)
{
    STATEMENT_AUTO s = statement_of(db, "UPDATE link_key SET retired_us = ? WHERE retired_us = 0");
    bind_i64(&s, now_us);
    return statement_run(&s);
}

static enum err revoke(struct sqlite *db, int64_t now_us)
{
    STATEMENT_AUTO s = statement_of(db, "UPDATE link_key SET revoked_us = ? WHERE revoked_us = 0");
    bind_i64(&s, now_us);
    return statement_run(&s);
}

static enum err add(struct sqlite *db, int64_t now_us)
{
    STATEMENT_AUTO s =
        statement_of(db, "INSERT INTO link_key (created_us, retired_us, revoked_us) VALUES (?, 0, 0)");
    bind_i64(&s, now_us);
    return statement_run(&s);
}

static enum err forget(struct sqlite *db)
{
    STATEMENT_AUTO s =
        statement_of(db, "DELETE FROM link_key WHERE kid <= (SELECT max(kid) FROM link_key) - ?");
    bind_i64(&s, LINK_KEYS_MAX);
    return statement_run(&s);
}

static enum err rotate(struct sqlite *db, int64_t now_us, bool revokes)
{
    TRY(retire(db, now_us));
    if (revokes) TRY(revoke(db, now_us));
    TRY(add(db, now_us));
    return forget(db);
}

static enum err transact(struct sqlite *db, int64_t now_us, bool revokes)
{
    TRY(sqlite_begin(db));
    enum err e = rotate(db, now_us, revokes);
    if (e == OK) return sqlite_commit(db);
    sqlite_abort(db);
    return e;
}

enum err control_sqlite_link_key_rotate(struct control *control, int64_t now_us, bool revokes)
{
    struct control_sqlite *c = control_sqlite_of(control);
    pthread_mutex_lock(&c->writer_lock);
    enum err e = transact(&c->writer, now_us, revokes);
    pthread_mutex_unlock(&c->writer_lock);
    return e == OK ? change_mark_set(&c->keys_changed) : e;
}
