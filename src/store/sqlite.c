/* Connections, the statement cache, binding and reading by place. */
#include "store/sqlite.h"

#include "base/os.h"

#define BUSY_WAIT_MS      5000
#define EMPTY_LOG_WAIT_MS 50

/* WAL with synchronous=FULL syncs the log at every commit; with NORMAL a power cut could take the latest
 * ones. A commit that finds 4000 pages (16 MB) in the log copies them into the database before it returns; at
 * SQLite's own 1000, 14 submissions of 10,000 identifiers, that was a third of the commit thread's time.
 * Temporary files would lie outside of the data folder, where the server may not write. */
static const char settings_sql[] = "PRAGMA journal_mode = WAL;"
                                   "PRAGMA synchronous = FULL;"
                                   "PRAGMA wal_autocheckpoint = 4000;"
                                   "PRAGMA foreign_keys = ON;"
                                   "PRAGMA secure_delete = ON;"
                                   "PRAGMA temp_store = MEMORY;"
                                   "PRAGMA trusted_schema = OFF;";

static enum err err_of_code(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return ERR_NOSPACE;
    case SQLITE_NOMEM:
        return ERR_NOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_CONSTRAINT:
        return ERR_EXISTS;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_SCHEMA:
    case SQLITE_MISMATCH:
    case SQLITE_ERROR:
        return ERR_CORRUPT;
    default:
        return ERR_IO;
    }
}

static enum err raise_code(int code)
{
    return err_raise(err_of_code(code), "control.db: %s (%d)", sqlite3_errstr(code), code);
}

static enum err open_database(const char *path, int flags, const char *settings, struct sqlite *ret)
{
    struct sqlite db = {0};
    flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(path, &db.handle, flags, NULL);
    if (code == SQLITE_OK) code = sqlite3_busy_timeout(db.handle, BUSY_WAIT_MS);
    if (code == SQLITE_OK) code = sqlite3_exec(db.handle, settings, NULL, NULL, NULL);
    if (code != SQLITE_OK) {
        sqlite_close(&db);
        return raise_code(code);
    }
    *ret = db;
    return OK;
}

/* SQLite opens for reading what it cannot open for writing, the database or its log, also when that was for a
 * moment only, and keeps it that way. Who waits for another's lock has both. */
static int check_writable(sqlite3 *handle)
{
    if (sqlite3_db_readonly(handle, "main")) return SQLITE_READONLY;
    sqlite3_busy_timeout(handle, 0);
    int code = sqlite3_exec(handle, "BEGIN IMMEDIATE; ROLLBACK", NULL, NULL, NULL);
    sqlite3_busy_timeout(handle, BUSY_WAIT_MS);
    return (code & 0xff) == SQLITE_BUSY ? SQLITE_OK : code;
}

enum err sqlite_open(const char *path_cstr, struct sqlite *ret)
{
    struct sqlite db;
    TRY(open_database(path_cstr, SQLITE_OPEN_CREATE, settings_sql, &db));
    int code = check_writable(db.handle);
    if (code != SQLITE_OK) {
        sqlite_close(&db);
        return raise_code(code);
    }
    *ret = db;
    return OK;
}

/* The last connection to close would empty the log into the database and remove it. That of a crash stays; an
 * empty one, which opening has made, goes again. */
enum err sqlite_open_reader(const char *path_cstr, struct sqlite *ret)
{
    char log_path[4096];
    struct os_stat log = {0};
    int n = snprintf(log_path, sizeof log_path, "%s-wal", path_cstr);
    if (n < 0 || (size_t)n >= sizeof log_path) return err_raise(ERR_LIMIT, "path too long: %s", path_cstr);
    enum err e = os_stat(log_path, &log);
    if (e != OK && e != ERR_NOT_FOUND) return e;
    TRY(os_stat(path_cstr, &(struct os_stat){0}));
    TRY(open_database(path_cstr, 0, "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;", ret));
    must(sqlite3_db_config(ret->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, log.bytes > 0, NULL) == SQLITE_OK);
    return OK;
}

void sqlite_close(struct sqlite *db)
{
    for (size_t i = 0; i < db->statement_count; i++) sqlite3_finalize(db->statements[i].stmt);
    must(sqlite3_close(db->handle) == SQLITE_OK);
    *db = (struct sqlite){0};
}

enum err sqlite_run(struct sqlite *db, const char *sql_cstr)
{
    int code = sqlite3_exec(db->handle, sql_cstr, NULL, NULL, NULL);
    return code == SQLITE_OK ? OK : raise_code(code);
}

enum err sqlite_number(struct sqlite *db, const char *sql_cstr, int64_t *ret)
{
    bool has_row = false;
    STATEMENT_AUTO s = statement_of(db, sql_cstr);
    TRY(statement_step(&s, &has_row));
    if (!has_row) return err_raise(ERR_CORRUPT, "control.db: no answer to: %s", sql_cstr);
    *ret = column_i64(&s);
    return OK;
}

enum err sqlite_begin(struct sqlite *db)
{
    sqlite_abort(db);
    if (!sqlite3_get_autocommit(db->handle))
        return err_raise(ERR_NOMEM, "control.db: no memory to end the transaction before");
    return sqlite_run(db, "BEGIN IMMEDIATE");
}

enum err sqlite_commit(struct sqlite *db)
{
    enum err e = sqlite_run(db, "COMMIT");
    if (e != OK) sqlite_abort(db);
    return e;
}

void sqlite_abort(struct sqlite *db)
{
    if (!sqlite3_get_autocommit(db->handle)) (void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

void sqlite_empty_log(struct sqlite *db)
{
    sqlite3_busy_timeout(db->handle, EMPTY_LOG_WAIT_MS);
    (void)sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_busy_timeout(db->handle, BUSY_WAIT_MS);
}

static sqlite3_stmt *cached(const struct sqlite *db, const char *sql)
{
    for (size_t i = 0; i < db->statement_count; i++) {
        if (db->statements[i].sql_cstr == sql) return db->statements[i].stmt;
    }
    return NULL;
}

struct statement statement_of(struct sqlite *db, const char *sql_cstr)
{
    struct statement statement = {.stmt = cached(db, sql_cstr), .place = 1, .code = SQLITE_OK};
    if (statement.stmt) return statement;
    must(db->statement_count < SQLITE_STATEMENTS_MAX);
    statement.code =
        sqlite3_prepare_v3(db->handle, sql_cstr, -1, SQLITE_PREPARE_PERSISTENT, &statement.stmt, NULL);
    if (statement.code != SQLITE_OK) return statement;
    db->statements[db->statement_count].sql_cstr = sql_cstr;
    db->statements[db->statement_count].stmt = statement.stmt;
    db->statement_count++;
    return statement;
}

void statement_end(struct statement *statement)
{
    if (!statement->stmt) return;
    (void)sqlite3_reset(statement->stmt); /* repeats the error of the latest step */
    sqlite3_clear_bindings(statement->stmt);
}

static void note(struct statement *statement, int code)
{
    if (statement->code == SQLITE_OK) statement->code = code;
}

void bind_i64(struct statement *statement, int64_t value)
{
    if (statement->stmt) note(statement, sqlite3_bind_int64(statement->stmt, statement->place++, value));
}

void bind_str(struct statement *statement, str value)
{
    if (!statement->stmt) return;
    note(statement, sqlite3_bind_text64(statement->stmt, statement->place++, value.n ? value.p : "", value.n,
                                        SQLITE_STATIC, SQLITE_UTF8));
}

void bind_bytes(struct statement *statement, const void *p, size_t n)
{
    if (!statement->stmt) return;
    note(statement, sqlite3_bind_blob64(statement->stmt, statement->place++, n ? p : "", n, SQLITE_STATIC));
}

enum err statement_step(struct statement *statement, bool *ret_has_row)
{
    if (statement->code != SQLITE_OK) return raise_code(statement->code);
    int code = sqlite3_step(statement->stmt);
    statement->place = 0;
    if (code != SQLITE_ROW && code != SQLITE_DONE) return raise_code(code);
    *ret_has_row = code == SQLITE_ROW;
    return OK;
}

enum err statement_run(struct statement *statement)
{
    bool has_row = false;
    TRY(statement_step(statement, &has_row));
    must(!has_row);
    return OK;
}

int64_t column_i64(struct statement *statement)
{
    return sqlite3_column_int64(statement->stmt, statement->place++);
}

uint32_t column_u32(struct statement *statement)
{
    int64_t value = column_i64(statement);
    if (value < 0 || value > UINT32_MAX) note(statement, SQLITE_MISMATCH);
    return (uint32_t)value;
}

str column_view(struct statement *statement)
{
    int place = statement->place++;
    const void *p = sqlite3_column_blob(statement->stmt, place);
    return str_of(p, (size_t)sqlite3_column_bytes(statement->stmt, place));
}

str column_str(struct statement *statement, struct arena *arena)
{
    return arena_copy(arena, column_view(statement));
}

enum err statement_check(const struct statement *statement)
{
    return statement->code == SQLITE_OK ? OK : raise_code(statement->code);
}
