/* Opening a data folder: lock, schema, recovery of what was unfinished; and the table of operations. */
#include "store/control_sqlite.h"

#include "store/control_sqlite_apply.h"
#include "store/control_sqlite_deliveries.h"
#include "store/control_sqlite_erasures.h"
#include "store/control_sqlite_keys.h"
#include "store/control_sqlite_link_keys.h"
#include "store/control_sqlite_pieces.h"
#include "store/control_sqlite_reads.h"
#include "store/control_sqlite_schema.h"
#include "store/control_sqlite_state.h"
#include "store/control_sqlite_suppression.h"
#include "store/piece_file.h"

#define APPLY_MEMORY_BYTES_MAX ((size_t)256 << 20)
#define PATH_BYTES_MAX         ((size_t)4096)

static void control_sqlite_close(struct control *control);

static const struct control_ops operations = {
    .close = control_sqlite_close,
    .key_create = control_sqlite_key_create,
    .key_find = control_sqlite_key_find,
    .key_list = control_sqlite_key_list,
    .key_set = control_sqlite_key_set,
    .key_rotate = control_sqlite_key_rotate,
    .key_revoke = control_sqlite_key_revoke,
    .key_change_secret = control_sqlite_key_change_secret,
    .keys_mark = control_sqlite_keys_mark,
    .link_key_list = control_sqlite_link_key_list,
    .link_key_rotate = control_sqlite_link_key_rotate,
    .budget_get = control_sqlite_budget_get,
    .suppression_mark = control_sqlite_suppression_mark,
    .suppression_list = control_sqlite_suppression_list,
    .suppression_add = control_sqlite_suppression_add,
    .suppression_remove = control_sqlite_suppression_remove,
    .erasure_begin = control_sqlite_erasure_begin,
    .erasure_records = control_sqlite_erasure_records,
    .erasure_end = control_sqlite_erasure_end,
    .audit_mark = control_sqlite_audit_mark,
    .apply = control_sqlite_apply,
    .batch_get = control_sqlite_batch_get,
    .batch_get_any = control_sqlite_batch_get_any,
    .batch_list = control_sqlite_batch_list,
    .usage = control_sqlite_usage,
    .batch_inputs = control_sqlite_batch_inputs,
    .claim = control_sqlite_claim,
    .commit_claim = control_sqlite_commit_claim,
    .release_claim = control_sqlite_release_claim,
    .stop = control_sqlite_stop,
    .unsaved = control_sqlite_unsaved,
    .pieces_open = control_sqlite_pieces_open,
    .pieces_close = control_sqlite_pieces_close,
    .pieces_append = control_sqlite_pieces_append,
    .pieces_clean = control_sqlite_pieces_clean,
    .unscrubbed = control_sqlite_unscrubbed,
    .kept_batches = control_sqlite_kept_batches,
    .deliveries_due = control_sqlite_deliveries_due,
    .delivery_get = control_sqlite_delivery_get,
    .load = control_sqlite_load,
    .expired = control_sqlite_expired,
};

static enum err path_in(const char *data, const char *name, char ret[PATH_BYTES_MAX])
{
    int n = snprintf(ret, PATH_BYTES_MAX, "%s/%s", data, name);
    if (n < 0 || (size_t)n >= PATH_BYTES_MAX) return err_raise(ERR_LIMIT, "path too long: %s", data);
    return OK;
}

static enum err take_lock(const char *data, struct os_file *ret)
{
    char path[PATH_BYTES_MAX];
    OS_FILE_AUTO file = OS_FILE_NONE;
    TRY(path_in(data, "lock", path));
    TRY(os_open_write(path, &file));
    if (os_lock(file, false) != OK) return err_raise(ERR_BUSY, "another enrichd serves %s", data);
    *ret = file;
    file = OS_FILE_NONE;
    return OK;
}

/* A tool takes the lock for as long as it changes the schema: no server is running on the older one. */
static enum err update_schema(struct control_sqlite *c, const char *data)
{
    bool is_current;
    OS_FILE_AUTO lock = OS_FILE_NONE;
    TRY(control_schema_check(&c->writer, &is_current));
    if (is_current) return OK;
    if (c->mode == CONTROL_TOOL) TRY(take_lock(data, &lock));
    return control_schema_update(&c->writer);
}

/* ---- recovery ---- */

/* Cuts the file back to what the pieces cover. Without the whole of it no piece counts: all are computed
 * again. */
static enum err recover_file(struct control_sqlite *c, struct uuid id, struct piece_list *list,
                             uint64_t *ret_bytes)
{
    uint64_t covered = piece_list_end(list, list->count);
    *ret_bytes = 0;
    if (list->count == 0) return piece_file_erase(c->pieces_cstr, id);
    TRY(piece_file_cut(c->pieces_cstr, id, covered, ret_bytes));
    if (*ret_bytes < covered) list->count = 0;
    return OK;
}

static enum err recover_batch(struct control_sqlite *c, const struct batch_row *row, struct arena *arena)
{
    struct active_batch *batch;
    struct piece_list list;
    uint64_t file_bytes;
    TRY(batch_row_pieces(&c->writer, row, arena, &list));
    /* See checkpoint_row: there is always a claim left. */
    if (list.count == batch_claim_count(&row->batch)) list.count--;
    TRY(recover_file(c, row->batch.id, &list, &file_bytes));
    TRY(active_batch_new(&row->batch, &batch));
    active_batch_restore(batch, &list, file_bytes);
    active_add(&c->active, batch);
    return OK;
}

/* All unfinished batches, oldest first. */
static enum err recover_batches(struct control_sqlite *c)
{
    bool has_row;
    struct batch_row row;
    STATEMENT_AUTO s = statement_of(&c->writer, "SELECT " BATCH_ROW_COLUMNS
                                                " FROM batch WHERE state IN (1, 2) ORDER BY seq");
    for (;;) {
        arena_reset(&c->apply_arena);
        TRY(statement_step(&s, &has_row));
        if (!has_row) return OK;
        TRY(batch_row_read(&s, &c->apply_arena, &row));
        TRY(recover_batch(c, &row, &c->apply_arena));
    }
}

/* Removes the file of a batch that is unknown or erased. Files of other names are not ours. */
static enum err tidy_file(void *context, const char *name_cstr)
{
    struct control_sqlite *c = context;
    struct uuid id;
    struct batch_row row;
    if (uuid_parse(str_of_cstr(name_cstr), &id) != OK) return OK;
    arena_reset(&c->apply_arena);
    enum err e = batch_row_get(&c->writer, 0, id, &c->apply_arena, &row);
    if (e == ERR_NOT_FOUND || (e == OK && row.batch.is_erased)) return piece_file_erase(c->pieces_cstr, id);
    return e;
}

static enum err serve(struct control_sqlite *c)
{
    TRY(recover_batches(c));
    TRY(os_list_dir(c->pieces_cstr, tidy_file, c));
    arena_reset(&c->apply_arena);
    return OK;
}

/* ---- opening and closing ---- */

static enum err open_database(struct control_sqlite *c, const char *data)
{
    char path[PATH_BYTES_MAX];
    TRY(path_in(data, "control.db", path));
    TRY(sqlite_open(path, &c->writer));
    TRY(update_schema(c, data));
    TRY(sqlite_pool_open(path, &c->readers));
    TRY(path_in(data, "keys.changed", path));
    TRY(change_mark_open(path, &c->keys_changed));
    TRY(path_in(data, "suppression.changed", path));
    TRY(change_mark_open(path, &c->suppression_changed));
    TRY(key_cache_init(&c->keys));
    return batch_cache_init(&c->batches);
}

static enum err open_folder(struct control_sqlite *c, const char *data,
                            const struct control_sqlite_settings *settings)
{
    struct active_settings active = {0, 1};
    if (settings) active = (struct active_settings){settings->lease_us, settings->served_batches_max};
    TRY(path_in(data, "pieces", c->pieces_cstr));
    TRY(os_mkdir_all(c->pieces_cstr));
    if (c->mode == CONTROL_SERVE) TRY(take_lock(data, &c->lock));
    TRY(active_init(&c->active, &active));
    TRY(open_database(c, data));
    return c->mode == CONTROL_SERVE ? serve(c) : OK;
}

enum err control_sqlite_open(const char *data_cstr, enum control_sqlite_mode mode,
                             const struct control_sqlite_settings *settings, struct control **ret)
{
    struct control_sqlite *c = malloc(sizeof *c);
    if (!c) return err_raise(ERR_NOMEM, "no memory for the control data");
    *c = (struct control_sqlite){.base.ops = &operations, .mode = mode, .lock = OS_FILE_NONE};
    must(pthread_mutex_init(&c->writer_lock, NULL) == 0);
    arena_init(&c->apply_arena, APPLY_MEMORY_BYTES_MAX);
    enum err e = open_folder(c, data_cstr, settings);
    if (e != OK) {
        control_sqlite_close(&c->base);
        return e;
    }
    *ret = &c->base;
    return OK;
}

/* Also closes what was opened only in part. */
static void control_sqlite_close(struct control *control)
{
    struct control_sqlite *c = control_sqlite_of(control);
    batch_cache_fini(&c->batches);
    key_cache_fini(&c->keys);
    change_mark_close(&c->keys_changed);
    change_mark_close(&c->suppression_changed);
    sqlite_pool_close(&c->readers);
    sqlite_close(&c->writer);
    active_fini(&c->active);
    arena_fini(&c->apply_arena);
    pthread_mutex_destroy(&c->writer_lock);
    os_close(&c->lock);
    free(c);
}
