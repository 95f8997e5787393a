/* SQLite as this program uses it: connections, cached statements, and errors as `enum err`.
 *
 * A connection belongs to one thread at a time. A statement is prepared once a connection, found again by the
 * address of its text, and bound and read in order:
 *
 *     STATEMENT_AUTO s = statement_of(db, "SELECT name FROM account WHERE id = ?");
 *     bind_i64(&s, id);
 *     TRY(statement_step(&s, &has_row));
 *     if (has_row) name = column_str(&s, arena);
 *
 * What goes wrong before the step is remembered and comes out there.
 */
#ifndef ENRICHD_STORE_SQLITE_H
#define ENRICHD_STORE_SQLITE_H

#include <sqlite3.h>

#include "base/arena.h"

#define SQLITE_STATEMENTS_MAX 64

struct sqlite {
    sqlite3 *handle; /* NULL when closed */
    struct {
        const char *sql_cstr;
        sqlite3_stmt *stmt;
    } statements[SQLITE_STATEMENTS_MAX];
    size_t statement_count;
};

/* Opens (creating it if missing) with the settings that the promises need: WAL, synchronous=FULL, foreign
 * keys, secure_delete; waits up to 5 s for another program's lock. ERR_CORRUPT: no database. On an error
 * nothing is left open. */
enum err sqlite_open(const char *path_cstr, struct sqlite *ret) MUST_USE;

/* Opens one that exists for reading only, beside whoever writes. Leaves the files as they are: a log that a
 * crash left behind is read and neither emptied nor removed. ERR_NOT_FOUND, ERR_CORRUPT. */
enum err sqlite_open_reader(const char *path_cstr, struct sqlite *ret) MUST_USE;

/* Accepts one that is closed. */
void sqlite_close(struct sqlite *db);

/* Runs statements that return nothing. */
enum err sqlite_run(struct sqlite *db, const char *sql_cstr) MUST_USE;

/* The value of a pragma or any statement that gives one number. */
enum err sqlite_number(struct sqlite *db, const char *sql_cstr, int64_t *ret) MUST_USE;

/* A write transaction. A commit that fails has been rolled back. sqlite_abort does nothing when SQLite has
 * rolled back already. Without memory it may fail to: the next sqlite_begin makes up for it, or gives
 * ERR_NOMEM. */
enum err sqlite_begin(struct sqlite *db) MUST_USE;
enum err sqlite_commit(struct sqlite *db) MUST_USE;
void sqlite_abort(struct sqlite *db);

/* Copies the write-ahead log into the database and empties it, so that what was deleted is nowhere any more.
 * Gives up soon if a reader is in the way; the next one makes up for it. */
void sqlite_empty_log(struct sqlite *db);

/* A statement under way. */
struct statement {
    sqlite3_stmt *stmt;
    int place; /* of the next parameter to bind, then of the next column to read */
    int code;  /* SQLite's, of the first thing that went wrong */
};

/* sql_cstr: static. A text that SQLite refuses is a bug, unless the schema is not ours. */
struct statement statement_of(struct sqlite *db, const char *sql_cstr);
void statement_end(struct statement *statement);
#define STATEMENT_AUTO __attribute__((cleanup(statement_end))) struct statement

/* The bytes must stay until the statement ends. An empty str is an empty text or blob, not NULL. */
void bind_i64(struct statement *statement, int64_t value);
void bind_str(struct statement *statement, str value);
void bind_bytes(struct statement *statement, const void *p, size_t n);

/* Runs to the next row. ERR_EXISTS: a constraint is broken and the statement had no effect. ERR_NOSPACE,
 * ERR_IO, ERR_NOMEM, ERR_BUSY, ERR_CORRUPT. */
enum err statement_step(struct statement *statement, bool *ret_has_row) MUST_USE;

/* Runs a statement that has no rows. */
enum err statement_run(struct statement *statement) MUST_USE;

int64_t column_i64(struct statement *statement);
uint32_t column_u32(struct statement *statement); /* ERR_CORRUPT at the next step if it is none */
str column_str(struct statement *statement, struct arena *arena); /* a copy; empty if arena is exhausted */
str column_view(struct statement *statement);                     /* valid until the next step or the end */

/* Whether all columns were what they were read as. */
enum err statement_check(const struct statement *statement) MUST_USE;

#endif
