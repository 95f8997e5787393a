/* Rows of the table usage. */
#include "store/usage_row.h"

enum err usage_row_add(struct sqlite *db, const struct usage *usage)
{
    STATEMENT_AUTO s = statement_of(
        db, "INSERT INTO usage (account_id, day, key_id, endpoint, status_class, requests, results)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account_id, day, key_id, endpoint, status_class)"
            " DO UPDATE SET requests = requests + excluded.requests, results = results + excluded.results");
    bind_i64(&s, usage->account_id);
    bind_i64(&s, usage->day);
    bind_str(&s, str_of(usage->key_id, sizeof usage->key_id));
    bind_str(&s, usage->endpoint);
    bind_i64(&s, usage->status_class);
    bind_i64(&s, (int64_t)usage->requests);
    bind_i64(&s, (int64_t)usage->results);
    return statement_run(&s);
}

static enum err read_row(struct statement *s, struct arena *arena, struct usage *ret)
{
    *ret = (struct usage){.account_id = column_i64(s), .day = column_i64(s)};
    str key_id = column_view(s);
    if (key_id.n != sizeof ret->key_id)
        return err_raise(ERR_CORRUPT, "control.db: a key id of %zu bytes", key_id.n);
    memcpy(ret->key_id, key_id.p, sizeof ret->key_id);
    ret->endpoint = column_str(s, arena);
    ret->status_class = column_u32(s);
    ret->requests = (uint64_t)column_i64(s);
    ret->results = (uint64_t)column_i64(s);
    TRY(statement_check(s));
    return arena->is_exhausted ? err_raise(ERR_NOMEM, "no memory for usage sums") : OK;
}

static enum err count_rows(struct sqlite *db, int64_t account_id, int64_t from_day, int64_t to_day,
                           size_t *ret)
{
    bool has_row;
    STATEMENT_AUTO s =
        statement_of(db, "SELECT count(*) FROM usage WHERE account_id = ? AND day >= ? AND day < ?");
    bind_i64(&s, account_id);
    bind_i64(&s, from_day);
    bind_i64(&s, to_day);
    TRY(statement_step(&s, &has_row));
    must(has_row);
    *ret = (size_t)column_i64(&s);
    return OK;
}

enum err usage_row_read(struct sqlite *db, int64_t account_id, int64_t from_day, int64_t to_day,
                        struct arena *arena, struct usage **ret, size_t *ret_count)
{
    bool has_row;
    size_t room, count = 0;
    TRY(count_rows(db, account_id, from_day, to_day, &room));
    struct usage *usages = arena_array(arena, room, sizeof *usages);
    if (!usages) return err_raise(ERR_NOMEM, "no memory for %zu usage sums", room);
    STATEMENT_AUTO s = statement_of(
        db, "SELECT account_id, day, key_id, endpoint, status_class, requests, results FROM usage"
            " WHERE account_id = ? AND day >= ? AND day < ? ORDER BY day, endpoint, key_id, status_class");
    bind_i64(&s, account_id);
    bind_i64(&s, from_day);
    bind_i64(&s, to_day);
    for (; count < room; count++) { /* rows that came in between wait for the next time */
        TRY(statement_step(&s, &has_row));
        if (!has_row) break;
        TRY(read_row(&s, arena, &usages[count]));
    }
    *ret = usages;
    *ret_count = count;
    return OK;
}
