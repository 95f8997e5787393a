/* Reading, and writing whole rows: the arithmetic is here and not in SQL. */
#include "store/budget_row.h"

struct budget budget_row_read(struct statement *s)
{
    return (struct budget){
        .id = column_i64(s),
        .daily_max = (uint64_t)column_i64(s),
        .total_max = (uint64_t)column_i64(s),
        .day = column_i64(s),
        .daily_used = (uint64_t)column_i64(s),
        .total_used = (uint64_t)column_i64(s),
        .direct_used = (uint64_t)column_i64(s),
    };
}

/* A clock that stepped back does not refill it. */
static void refill(struct budget *budget, int64_t day)
{
    if (day <= budget->day) return;
    budget->day = day;
    budget->daily_used = 0;
}

enum err budget_row_of_key(struct sqlite *db, const char key_id[TOKEN_ID_BYTES], int64_t day,
                           struct budget *ret)
{
    bool has_row;
    STATEMENT_AUTO s =
        statement_of(db, "SELECT " BUDGET_COLUMNS
                         " FROM api_key AS k JOIN budget AS b ON b.id = k.budget_id WHERE k.id = ?");
    bind_str(&s, str_of(key_id, TOKEN_ID_BYTES));
    TRY(statement_step(&s, &has_row));
    *ret = has_row ? budget_row_read(&s) : (struct budget){0};
    refill(ret, day);
    return OK;
}

enum err budget_row_insert(struct sqlite *db, const struct budget *budget, int64_t *ret_id)
{
    STATEMENT_AUTO s =
        statement_of(db, "INSERT INTO budget (daily_max, total_max, day, daily_used, total_used, direct_used)"
                         " VALUES (?, ?, 0, 0, 0, 0)");
    bind_i64(&s, (int64_t)budget->daily_max);
    bind_i64(&s, (int64_t)budget->total_max);
    TRY(statement_run(&s));
    *ret_id = sqlite3_last_insert_rowid(db->handle);
    return OK;
}

enum err budget_row_set_max(struct sqlite *db, const struct budget *budget)
{
    STATEMENT_AUTO s = statement_of(db, "UPDATE budget SET daily_max = ?, total_max = ? WHERE id = ?");
    bind_i64(&s, (int64_t)budget->daily_max);
    bind_i64(&s, (int64_t)budget->total_max);
    bind_i64(&s, budget->id);
    return statement_run(&s);
}

static enum err store_used(struct sqlite *db, const struct budget *budget)
{
    STATEMENT_AUTO s = statement_of(
        db, "UPDATE budget SET day = ?, daily_used = ?, total_used = ?, direct_used = ? WHERE id = ?");
    bind_i64(&s, budget->day);
    bind_i64(&s, (int64_t)budget->daily_used);
    bind_i64(&s, (int64_t)budget->total_used);
    bind_i64(&s, (int64_t)budget->direct_used);
    bind_i64(&s, budget->id);
    return statement_run(&s);
}

/* Adds to what is used: the row, or nothing without a budget. */
static enum err charge(struct sqlite *db, struct budget budget, uint32_t records, uint32_t direct)
{
    must(budget_has_room(&budget, records));
    budget.daily_used += records;
    budget.total_used += records;
    budget.direct_used += direct;
    return store_used(db, &budget);
}

enum err budget_row_charge_batch(struct sqlite *db, const struct budget *budget, int64_t batch_seq,
                                 uint32_t records)
{
    if (!budget_is_limit(budget)) return OK;
    TRY(charge(db, *budget, records, 0));
    STATEMENT_AUTO s = statement_of(
        db, "INSERT INTO budget_charge (batch_seq, budget_id, day, records) VALUES (?, ?, ?, ?)");
    bind_i64(&s, batch_seq);
    bind_i64(&s, budget->id);
    bind_i64(&s, budget->day);
    bind_i64(&s, records);
    return statement_run(&s);
}

enum err budget_row_charge_answer(struct sqlite *db, const struct budget *budget, uint32_t records)
{
    return budget_is_limit(budget) ? charge(db, *budget, records, records) : OK;
}

/* ---- settling ---- */

struct charge {
    int64_t day;
    uint32_t records;
    struct budget budget;
};

static enum err find_charge(struct sqlite *db, int64_t batch_seq, bool *ret_has, struct charge *ret)
{
    STATEMENT_AUTO s = statement_of(db, "SELECT c.day, c.records, " BUDGET_COLUMNS " FROM budget_charge AS c"
                                        " JOIN budget AS b ON b.id = c.budget_id WHERE c.batch_seq = ?");
    bind_i64(&s, batch_seq);
    TRY(statement_step(&s, ret_has));
    if (!*ret_has) return OK;
    ret->day = column_i64(&s);
    ret->records = column_u32(&s);
    ret->budget = budget_row_read(&s);
    return statement_check(&s);
}

static enum err store_charge(struct sqlite *db, int64_t batch_seq, uint32_t records)
{
    STATEMENT_AUTO s = statement_of(db, "UPDATE budget_charge SET records = ? WHERE batch_seq = ?");
    bind_i64(&s, records);
    bind_i64(&s, batch_seq);
    return statement_run(&s);
}

enum err budget_row_settle_batch(struct sqlite *db, int64_t batch_seq, uint32_t records)
{
    bool has_charge = false;
    struct charge found;
    TRY(find_charge(db, batch_seq, &has_charge, &found));
    if (!has_charge || found.records <= records) return OK;
    uint64_t back = found.records - records;
    if (back > found.budget.total_used) return err_raise(ERR_CORRUPT, "control.db: a budget's sum is wrong");
    found.budget.total_used -= back;
    if (found.day == found.budget.day && back <= found.budget.daily_used) found.budget.daily_used -= back;
    TRY(store_used(db, &found.budget));
    return store_charge(db, batch_seq, records);
}
