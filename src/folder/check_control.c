/* control.db as a whole. Single batches are check_batches.c. */
#include "base/os.h"
#include "folder/check_state.h"
#include "store/control.h"
#include "store/control_sqlite_schema.h"

#define NAME "control.db"

/* Queries each of whose rows is damage and says what. */
static const char *const queries[] = {
    "SELECT integrity_check FROM pragma_integrity_check(20) WHERE integrity_check <> 'ok'",

    "SELECT 'a row of ' || \"table\" || ' refers to a missing row of ' || parent FROM "
    "pragma_foreign_key_check",

    "SELECT 'an idempotency key of account ' || i.account_id || ' stands for a batch that is not there'"
    " FROM idempotency AS i LEFT JOIN batch AS b ON b.id = i.batch_id AND b.account_id = i.account_id"
    " WHERE b.seq IS NULL",

    "SELECT 'batch ' || lower(hex(batch_id)) || ' has ' || count(*) || ' idempotency keys'"
    " FROM idempotency GROUP BY batch_id HAVING count(*) > 1",

    "SELECT 'an idempotency key of account ' || account_id || ' has no hash of its request'"
    " FROM idempotency WHERE length(body_hash) <> 32",

    "SELECT 'batch ' || lower(hex(b.id)) || ' is final, but its webhook has no delivery'"
    " FROM batch AS b LEFT JOIN delivery AS d ON d.batch_seq = b.seq"
    " WHERE b.state IN (3, 4) AND b.webhook_url <> '' AND d.seq IS NULL",

    "SELECT 'batch ' || lower(hex(b.id)) || ' has a delivery, but is not final or has no webhook'"
    " FROM delivery AS d JOIN batch AS b ON b.seq = d.batch_seq"
    " WHERE b.state NOT IN (3, 4) OR b.webhook_url = ''",

    "SELECT 'a delivery is in a state that does not exist: ' || state FROM delivery WHERE state NOT IN (1, "
    "2, 3)",

    "SELECT 'a delivery is said to be done, but was never tried'"
    " FROM delivery AS d WHERE state = 2 AND seq NOT IN (SELECT delivery_seq FROM delivery_attempt)",

    /* Results are counted where a batch ends, unless it is cancelled (4 and 1 of store/batch.h). Who is
     * suppressed later was delivered all the same. */
    "SELECT 'usage of account ' || account_id || ' on day ' || day || ' at ' || endpoint || ' counts '"
    "       || sum(stored) || ' results, its batches have ' || sum(found)"
    " FROM (SELECT account_id, day, key_id, endpoint, results AS stored, 0 AS found, 0 AS hidden"
    "       FROM usage"
    "       WHERE endpoint IN ('/batch/person/enrich', '/batch/company/enrich')"
    "       UNION ALL"
    "       SELECT account_id, completed_us / 86400000000, key_id,"
    "              iif(entity = 0, '/batch/person/enrich', '/batch/company/enrich'), 0, matched_count,"
    "              suppressed_count FROM batch WHERE state = 3 OR (state = 4 AND error <> 1))"
    " GROUP BY account_id, day, key_id, endpoint HAVING sum(stored) < sum(found)"
    "   OR sum(stored) > sum(found) + sum(hidden)",

    "SELECT 'budget ' || b.id || ' counts ' || total_used || ' records, its answers and batches have ' ||"
    "       (direct_used + coalesce(sum(c.records), 0))"
    " FROM budget AS b LEFT JOIN budget_charge AS c ON c.budget_id = b.id"
    " GROUP BY b.id HAVING total_used <> direct_used + coalesce(sum(c.records), 0)",

    "SELECT 'batch ' || lower(hex(b.id)) || ' is charged for ' || c.records || ' records and has ' || "
    "b.matched_count"
    " FROM budget_charge AS c JOIN batch AS b ON b.seq = c.batch_seq"
    " WHERE b.state = 3"
    "   AND (c.records < b.matched_count OR c.records > b.matched_count + b.suppressed_count)",
};
#define QUERY_COUNT (sizeof queries / sizeof *queries)

static enum err check_query(struct check *check, const char *sql)
{
    STATEMENT_AUTO s = statement_of(&check->db, sql);
    for (;;) {
        bool has_row = false;
        TRY(check_error(check, statement_step(&s, &has_row), NAME, ADVICE_RESTORE));
        if (!has_row) return OK;
        str what = column_view(&s);
        check_damage(check, NAME, ADVICE_RESTORE, "%.*s", STR_ARG(what));
    }
}

/* An older schema has other columns: its rows are not looked at. */
static enum err check_schema(struct check *check, bool *ret_is_readable)
{
    int64_t version;
    *ret_is_readable = false;
    enum err e = control_schema_check(&check->db, ret_is_readable);
    if (e != OK || *ret_is_readable) return check_error(check, e, NAME, "use the enrichd that it belongs to");
    TRY(check_error(check, sqlite_number(&check->db, "PRAGMA user_version", &version), NAME, ADVICE_RESTORE));
    if (version == 0) {
        check->is_control_missing = true;
    } else {
        check_warn(check, NAME, "start the server once, then check again",
                   "of an older enrichd: batches were not checked");
    }
    return OK;
}

static enum err check_database(struct check *check)
{
    bool is_readable;
    TRY(check_schema(check, &is_readable));
    for (size_t i = 0; i < QUERY_COUNT && is_readable; i++) TRY(check_query(check, queries[i]));
    if (!is_readable) sqlite_close(&check->db);
    return OK;
}

static enum err check_log_without_database(struct check *check)
{
    char path[CHECK_PATH_MAX];
    struct os_stat log = {0};
    TRY(check_path(check, NAME "-wal", path));
    enum err e = os_stat(path, &log);
    if (e == OK && log.bytes)
        check_damage(check, NAME, ADVICE_RESTORE, "empty or missing, though its log has content");
    return e == ERR_NOT_FOUND ? OK : check_error(check, e, NAME "-wal", "make it readable");
}

/* SQLite would remove the log of an empty database, so it does not get to see one. */
enum err check_control(struct check *check)
{
    char path[CHECK_PATH_MAX];
    struct os_stat found = {0};
    TRY(check_path(check, NAME, path));
    enum err e = os_stat(path, &found);
    if (e == ERR_NOT_FOUND || (e == OK && found.bytes == 0)) {
        check->is_control_missing = true;
        return check_log_without_database(check);
    }
    if (e == OK) e = sqlite_open_reader(path, &check->db);
    if (e != OK) return check_error(check, e, NAME, ADVICE_RESTORE);
    return check_database(check);
}
