/* What the parts of the check share. Private to check*.c.
 *
 *     check.c           the folder itself: which files there are, permissions, secret.key
 *     check_control.c   control.db as a whole: SQLite's own checks, idempotency keys, usage sums
 *     check_batches.c   every batch: its row, its inputs, its list of pieces
 *     check_pieces.c    the files of pieces: their bytes, and which of them belong to no batch
 *     check_records.c   the record stores
 */
#ifndef ENRICHD_FOLDER_CHECK_STATE_H
#define ENRICHD_FOLDER_CHECK_STATE_H

#include "folder/check.h"
#include "store/batch_row.h"

#define CHECK_PATH_MAX ((size_t)4096)

/* What to do about a finding. */
#define ADVICE_RESTORE "restore the folder from a backup"
#define ADVICE_NONE    "nothing needs to be done"

struct check {
    const char *data_cstr;
    const struct check_settings *settings;
    struct check_counts counts;
    struct sqlite db;        /* control.db; closed when its rows cannot be read */
    bool is_control_missing; /* there is none, or an empty one */
    struct arena arena;      /* of the batch that is being looked at */
};

/* "<data>/<name>". ERR_LIMIT. */
enum err check_path(const struct check *check, const char *name_cstr, char ret[CHECK_PATH_MAX]) MUST_USE;

/* Counts and reports a finding. */
void check_damage(struct check *check, const char *where_cstr, const char *advice_cstr, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));
void check_warn(struct check *check, const char *where_cstr, const char *advice_cstr, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Makes damage of an error, with its sentence; passes on those that end the check (ERR_NOMEM, ERR_LIMIT). OK
 * stays OK. */
enum err check_error(struct check *check, enum err e, const char *where_cstr,
                     const char *advice_cstr) MUST_USE;

void check_progress(struct check *check);

/* A batch as one transaction saw it. */
struct checked_batch {
    struct batch_row row;
    char name_cstr[64]; /* "pieces/<batch id>" */
    struct piece_list pieces;
    bool has_pieces; /* there is a row of them */
};

/* Each reports what it finds; errors as check_error passes them on. */
enum err check_control(
    struct check *check) MUST_USE; /* opens check->db, and leaves it open if rows can be read */
enum err check_batches(struct check *check) MUST_USE;
enum err check_pieces(struct check *check, const struct checked_batch *batch) MUST_USE;
enum err check_piece_files(struct check *check) MUST_USE;
enum err check_records(struct check *check) MUST_USE;

#endif
