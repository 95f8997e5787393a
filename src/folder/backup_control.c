/* control.db by VACUUM INTO, which reads it in one transaction and takes nothing of what was deleted along;
 * then the pieces that the copy knows.
 *
 * A batch is erased in its row first and in its file afterwards: bytes that were copied are right if the row
 * says afterwards that the batch is not erased. Lines of suppressed persons are taken out likewise: then the
 * copy takes the row as it is by now.
 */
#include "folder/backup_state.h"
#include "store/batch_row.h"
#include "store/control_sqlite_deliveries.h"
#include "store/control_sqlite_schema.h"
#include "store/piece_file.h"

#define ARENA_BYTES_MAX ((size_t)1 << 30)

struct control_copy {
    struct backup *backup;
    struct sqlite live, copy;
    char pieces_cstr[TREE_PATH_MAX]; /* the folder that is being saved */
    struct arena arena;
};

/* ---- the database ---- */

static enum err check_schema(struct sqlite *db)
{
    bool is_current;
    TRY(control_schema_check(db, &is_current));
    return is_current
               ? OK
               : err_raise(ERR_CONFLICT, "control.db is of an older enrichd, or was never used: start the "
                                         "server once, or make the backup with that enrichd");
}

static enum err vacuum_into(struct sqlite *db, const char *path)
{
    STATEMENT_AUTO s = statement_of(db, "VACUUM INTO ?");
    bind_str(&s, str_of_cstr(path));
    return statement_run(&s);
}

/* ---- pieces ---- */

/* Makes the copy's batch an erased one. Work under way ends as if it had been cancelled. */
static enum err forget_batch(struct control_copy *c, struct batch_row *row)
{
    struct batch *batch = &row->batch;
    if (!batch_state_is_final(batch->state)) {
        batch->counts.of[OUTCOME_CANCELLED] += batch_pending_count(batch);
        batch->state = BATCH_FAILED;
        batch->error = BATCH_ERROR_CANCELLED;
        batch->completed_us = batch->expires_us = os_now_us();
        TRY(delivery_row_insert(&c->copy, row, &c->arena));
    }
    batch->is_erased = true;
    TRY(batch_row_delete_content(&c->copy, row->seq));
    return batch_row_update(&c->copy, row);
}

static enum err copy_file(struct control_copy *c, struct uuid id, const char *name, uint64_t n)
{
    OS_FILE_AUTO file = OS_FILE_NONE;
    uint64_t file_bytes;
    const void *bytes;
    TRY(piece_file_open_read(c->pieces_cstr, id, &file));
    TRY(os_file_bytes(file, &file_bytes));
    if (file_bytes < n) return err_raise(ERR_CORRUPT, "%s has lost its end", name);
    TRY(os_map(file, (size_t)n, &bytes));
    enum err e = tree_add(&c->backup->tree, name, str_of(bytes, (size_t)n));
    os_unmap(bytes, (size_t)n);
    return e;
}

static enum err live_inputs(struct control_copy *c, int64_t seq, str *ret)
{
    bool has_row;
    STATEMENT_AUTO s = statement_of(&c->live, "SELECT inputs FROM batch_input WHERE batch_seq = ?");
    bind_i64(&s, seq);
    TRY(statement_step(&s, &has_row));
    *ret = has_row ? column_str(&s, &c->arena) : (str){0};
    return c->arena.is_exhausted ? err_raise(ERR_NOMEM, "no memory for the inputs of a batch") : OK;
}

/* The scrubbed batch as it is by now, all of it as of one moment. ERR_NOT_FOUND: erased meanwhile. */
static enum err read_again(struct control_copy *c, struct uuid id, struct batch_row *row,
                           struct piece_list *list, str *inputs)
{
    TRY(batch_row_get(&c->live, 0, id, &c->arena, row));
    if (row->batch.is_erased) return ERR_NOT_FOUND;
    TRY(batch_row_pieces(&c->live, row, &c->arena, list));
    return live_inputs(c, row->seq, inputs);
}

static enum err take_again(struct control_copy *c, struct batch_row *row, uint64_t *ret_n)
{
    struct piece_list list;
    str inputs;
    TRY(sqlite_run(&c->live, "BEGIN"));
    enum err e = read_again(c, row->batch.id, row, &list, &inputs);
    sqlite_abort(&c->live);
    if (e == ERR_NOT_FOUND) return OK; /* the caller sees that */
    TRY(e);
    TRY(batch_row_update(&c->copy, row));
    TRY(batch_row_replace_inputs(&c->copy, row->seq, inputs));
    *ret_n = piece_list_end(&list, list.count);
    return batch_row_store_pieces(&c->copy, row->seq, &list, &c->arena);
}

static bool is_scrubbed_since(const struct batch *now, const struct batch *before)
{
    return now->suppression_seq != before->suppression_seq || now->has_waste != before->has_waste;
}

static enum err copy_pieces(struct control_copy *c, struct batch_row *row, uint64_t n)
{
    char name[BACKUP_NAME_MAX];
    struct batch_row now;
    enum err copied;
    snprintf(name, sizeof name, "pieces/%.*s", STR_ARG(UUID_STR(row->batch.id)));
    for (;;) {
        copied = copy_file(c, row->batch.id, name, n);
        if (copied != OK && copied != ERR_NOT_FOUND) return copied;
        TRY(batch_row_get(&c->live, 0, row->batch.id, &c->arena, &now));
        if (now.batch.is_erased || !is_scrubbed_since(&now.batch, &row->batch)) break;
        if (copied == OK) TRY(tree_remove_last(&c->backup->tree));
        TRY(take_again(c, row, &n));
    }
    if (now.batch.is_erased) {
        if (copied == OK) TRY(tree_remove_last(&c->backup->tree));
        return forget_batch(c, row);
    }
    return copied == OK ? OK : err_raise(ERR_CORRUPT, "%s is missing: see `enrichd check`", name);
}

static enum err copy_batch(struct control_copy *c, struct batch_row *row)
{
    struct piece_list list;
    c->backup->counts.batch_count++;
    if (row->batch.is_erased) return OK;
    TRY(batch_row_pieces(&c->copy, row, &c->arena, &list));
    uint64_t n = piece_list_end(&list, list.count);
    return n ? copy_pieces(c, row, n) : OK;
}

/* The next batch in the order of submission; seq 0 at the end. */
static enum err next_batch(struct control_copy *c, int64_t after, struct batch_row *ret)
{
    bool has_row;
    STATEMENT_AUTO s =
        statement_of(&c->copy, "SELECT " BATCH_ROW_COLUMNS " FROM batch WHERE seq > ? ORDER BY seq LIMIT 1");
    bind_i64(&s, after);
    TRY(statement_step(&s, &has_row));
    if (has_row) return batch_row_read(&s, &c->arena, ret);
    *ret = (struct batch_row){0};
    return OK;
}

static enum err copy_batches(struct control_copy *c)
{
    struct batch_row row = {0};
    TRY(tree_add_folder(&c->backup->tree, "pieces"));
    for (;;) {
        arena_reset(&c->arena);
        TRY(next_batch(c, row.seq, &row));
        if (row.seq == 0) return OK;
        TRY(copy_batch(c, &row));
    }
}

/* ---- both ---- */

static enum err copy_control(struct control_copy *c, const char *from)
{
    char to[TREE_PATH_MAX];
    TRY(backup_source(c->backup, "pieces", c->pieces_cstr));
    TRY(tree_path(&c->backup->tree, "control.db", to));
    TRY(sqlite_open(from, &c->live));
    TRY(check_schema(&c->live));
    TRY(vacuum_into(&c->live, to));
    TRY(sqlite_open(to, &c->copy));
    return copy_batches(c);
}

enum err backup_control(struct backup *backup)
{
    struct control_copy c = {.backup = backup};
    char from[TREE_PATH_MAX];
    struct os_stat found;
    TRY(backup_source(backup, "control.db", from));
    enum err e = os_stat(from, &found);
    if (e == ERR_NOT_FOUND) return OK; /* a folder with nothing but records */
    TRY(e);
    arena_init(&c.arena, ARENA_BYTES_MAX);
    e = copy_control(&c, from);
    sqlite_close(&c.copy); /* empties its log into it */
    sqlite_close(&c.live);
    arena_fini(&c.arena);
    return e == OK ? tree_adopt(&backup->tree, "control.db") : e;
}
