/* Between the table of claims and the files of bytes. */
#include "store/control_sqlite_pieces.h"

#include <unistd.h>

#include "store/control_sqlite_state.h"
#include "store/piece_file.h"

#define PIECES_MEMORY_BYTES_MAX ((size_t)256 << 20)
#define OPEN_TRIES              20
#define OPEN_PAUSE_US           1000

/* Of a file that grows, sent to the disk at once: the sync at the end, for which a client waits, then has
 * little left to do. */
#define STRETCH_BYTES ((uint64_t)1 << 20)

enum err control_sqlite_claim(struct control *control, struct claim *ret)
{
    return active_claim(&control_sqlite_of(control)->active, ret);
}

void control_sqlite_release_claim(struct control *control, const struct claim *claim, int64_t pause_us)
{
    active_release(&control_sqlite_of(control)->active, claim, pause_us);
}

void control_sqlite_stop(struct control *control)
{
    active_stop(&control_sqlite_of(control)->active);
}

size_t control_sqlite_unsaved(struct control *control, int64_t min_age_us, struct uuid *ret, size_t max)
{
    return active_unsaved(&control_sqlite_of(control)->active, min_age_us, ret, max);
}

/* A batch may be erased between the claim of its run and the creation of its file, which nobody would remove
 * then. Whoever erases closes the batch first, so either side sees what the other did. */
static enum err open_first(struct control_sqlite *c, struct active_batch *batch)
{
    TRY(piece_file_open(c->pieces_cstr, batch->id, &batch->file));
    if (!active_is_closed(&c->active, batch)) return OK;
    TRY(piece_file_discard(c->pieces_cstr, batch->id, &batch->file));
    return err_raise(ERR_STALE, "batch %.*s is final", STR_ARG(UUID_STR(batch->id)));
}

/* The file is opened by the first who writes and stays open as long as the batch is active: a sync reports a
 * write error to the descriptors that were open when it happened. */
static enum err open_file(struct control_sqlite *c, struct active_batch *batch, struct os_file *ret)
{
    enum err e = OK;
    pthread_mutex_lock(&batch->file_lock);
    if (batch->file.fd < 0) e = open_first(c, batch);
    *ret = batch->file;
    pthread_mutex_unlock(&batch->file_lock);
    return e;
}

enum err control_sqlite_sync_pieces(struct control_sqlite *c, struct active_batch *batch)
{
    uint64_t serial;
    enum err e = OK;
    pthread_mutex_lock(&batch->file_lock);
    if (active_sync_begin(&c->active, batch, &serial)) {
        e = piece_file_sync(c->pieces_cstr, batch->file, !batch->is_named);
        if (e == OK) batch->is_named = true;
        active_sync_end(&c->active, batch, serial, e == OK);
    }
    pthread_mutex_unlock(&batch->file_lock);
    return e;
}

/* Sends the stretches that end inside the write. Bytes of another worker that are not there yet are left to
 * the sync. */
static void send_stretches(struct os_file file, const struct active_write *write)
{
    uint64_t first = write->offset / STRETCH_BYTES, end = (write->offset + write->bytes) / STRETCH_BYTES;
    if (end > first) os_sync_soon(file, first * STRETCH_BYTES, (end - first) * STRETCH_BYTES);
}

static enum err write_bytes(struct control_sqlite *c, const struct active_write *write, str bytes)
{
    struct os_file file;
    TRY(open_file(c, write->batch, &file));
    TRY(os_pwrite(file, bytes, write->offset));
    send_stretches(file, write);
    return OK;
}

static enum err write_piece(struct control_sqlite *c, const struct active_write *write,
                            const struct claim *claim, const struct piece_pair *pair, str bytes,
                            bool *ret_is_last)
{
    struct piece_pair placed = *pair;
    placed.results.offset = write->offset;
    placed.unresolved.offset = write->offset + pair->results.bytes;
    enum err e = write_bytes(c, write, bytes);
    if (e != OK) {
        active_write_abort(&c->active, write);
        return e;
    }
    return active_write_end(&c->active, write, claim, &placed, ret_is_last);
}

enum err control_sqlite_commit_claim(struct control *control, const struct claim *claim,
                                     const struct piece_pair *pair, str bytes, bool *ret_is_last)
{
    struct control_sqlite *c = control_sqlite_of(control);
    struct active_write write;
    bool is_last = false;
    must(bytes.n == (size_t)pair->results.bytes + pair->unresolved.bytes);
    must(batch_counts_sum(&pair->counts) == claim->identifier_count);
    TRY(active_write_begin(&c->active, claim, bytes.n, &write));
    enum err e = write_piece(c, &write, claim, pair, bytes, &is_last);
    /* Here the sync keeps only one worker waiting; in apply it would keep everybody. */
    if (e == OK && is_last) e = control_sqlite_sync_pieces(c, write.batch);
    active_unref(&c->active, write.batch);
    if (e == OK) *ret_is_last = is_last;
    return e;
}

/* What pieces_open hands out. */
struct opened {
    struct arena arena;  /* holds the pairs */
    struct os_file file; /* its lock keeps the bytes from being overwritten */
    const void *bytes;
};

/* The pieces of a batch that is not active, from its row. */
static enum err read_list(struct sqlite *db, struct uuid id, struct arena *arena, struct piece_list *ret)
{
    struct batch_row row;
    TRY(batch_row_get(db, 0, id, arena, &row));
    if (row.batch.is_erased) return ERR_NOT_FOUND;
    TRY(batch_row_pieces(db, &row, arena, ret));
    if (ret->count) return OK;
    /* None were made, or they went between the two reads, and then the row says so. */
    TRY(batch_row_get(db, 0, id, arena, &row));
    return row.batch.is_erased ? ERR_NOT_FOUND : OK;
}

static enum err find_list(struct control_sqlite *c, struct uuid id, struct arena *arena,
                          struct piece_list *ret)
{
    struct active_batch *batch = active_find(&c->active, id);
    if (batch) {
        struct active_snapshot snapshot;
        enum err e = active_snapshot(&c->active, batch, ACTIVE_PIECES_PREFIX, arena, &snapshot);
        active_unref(&c->active, batch);
        if (e == OK) *ret = snapshot.list;
        return e;
    }
    SQLITE_LOAN_AUTO reader = sqlite_pool_lend(&c->readers);
    return read_list(reader.db, id, arena, ret);
}

/* A file that is missing has been erased since its list was read, or it is lost. */
static enum err why_missing(struct control_sqlite *c, struct uuid id, struct arena *arena)
{
    struct batch_row row;
    OS_FILE_AUTO file = OS_FILE_NONE;
    SQLITE_LOAN_AUTO reader = sqlite_pool_lend(&c->readers);
    TRY(batch_row_get(reader.db, 0, id, arena, &row));
    if (row.batch.is_erased) return ERR_NOT_FOUND;
    return piece_file_open_read(c->pieces_cstr, id, &file) == OK
               ? err_raise(ERR_BUSY, "the result file of %.*s is being changed", STR_ARG(UUID_STR(id)))
               : err_raise(ERR_CORRUPT, "the result file of %.*s is missing", STR_ARG(UUID_STR(id)));
}

/* The file is held before its list is read: what the list names is then not overwritten (pieces_clean). */
static enum err open_pieces(struct control_sqlite *c, struct uuid id, struct opened *opened,
                            struct batch_pieces *ret)
{
    struct piece_list list;
    enum err locked = piece_file_hold(c->pieces_cstr, id, &opened->file);
    if (locked != OK && locked != ERR_NOT_FOUND) return locked;
    TRY(find_list(c, id, &opened->arena, &list));
    uint32_t count = piece_list_prefix(&list);
    uint64_t bytes = piece_list_end(&list, count);
    if (bytes && locked == ERR_NOT_FOUND) return why_missing(c, id, &opened->arena);
    if (bytes) TRY(piece_file_map(opened->file, bytes, &opened->bytes));
    *ret = (struct batch_pieces){
        .pairs = list.pairs,
        .count = count,
        .bytes = opened->bytes,
        .bytes_n = (size_t)bytes,
        .owner = opened,
    };
    return OK;
}

/* Who looks whether anybody reads a file has it alone for a moment. */
static enum err open_patiently(struct control_sqlite *c, struct uuid id, struct opened *opened,
                               struct batch_pieces *ret)
{
    enum err e = open_pieces(c, id, opened, ret);
    for (int i = 1; e == ERR_BUSY && i < OPEN_TRIES; i++) {
        usleep(OPEN_PAUSE_US);
        arena_reset(&opened->arena);
        e = open_pieces(c, id, opened, ret);
    }
    return e;
}

enum err control_sqlite_pieces_open(struct control *control, struct uuid id, struct batch_pieces *ret)
{
    struct opened *opened = malloc(sizeof *opened);
    if (!opened) return err_raise(ERR_NOMEM, "no memory for the pieces of a batch");
    *opened = (struct opened){.file = OS_FILE_NONE};
    arena_init(&opened->arena, PIECES_MEMORY_BYTES_MAX);
    enum err e = open_patiently(control_sqlite_of(control), id, opened, ret);
    if (e == OK) return OK;
    os_close(&opened->file);
    arena_fini(&opened->arena);
    free(opened);
    return e;
}

void control_sqlite_pieces_close(struct control *control, struct batch_pieces *pieces)
{
    struct opened *opened = pieces->owner;
    (void)control;
    os_unmap(opened->bytes, pieces->bytes_n);
    os_close(&opened->file);
    arena_fini(&opened->arena);
    free(opened);
    *pieces = (struct batch_pieces){0};
}

/* ---- pieces that are replaced ---- */

static enum err read_final_list(struct control_sqlite *c, struct uuid id, struct arena *arena,
                                struct piece_list *ret)
{
    SQLITE_LOAN_AUTO reader = sqlite_pool_lend(&c->readers);
    return read_list(reader.db, id, arena, ret);
}

/* Behind everything that a reader may hold: whoever opens the file from now on reads the list as it is. */
static enum err append_offset(struct control_sqlite *c, struct uuid id, struct os_file file, uint64_t *ret)
{
    struct arena arena;
    struct piece_list list;
    enum err e = piece_file_check_not_held(c->pieces_cstr, id);
    if (e == ERR_BUSY) return os_file_bytes(file, ret);
    TRY(e);
    arena_init(&arena, PIECES_MEMORY_BYTES_MAX);
    e = read_final_list(c, id, &arena, &list);
    if (e == OK) *ret = piece_list_end(&list, list.count);
    arena_fini(&arena);
    return e;
}

enum err control_sqlite_pieces_append(struct control *control, struct uuid id, str bytes,
                                      uint64_t *ret_offset)
{
    struct control_sqlite *c = control_sqlite_of(control);
    OS_FILE_AUTO file = OS_FILE_NONE;
    uint64_t start;
    TRY(piece_file_open_existing(c->pieces_cstr, id, &file));
    TRY(append_offset(c, id, file, &start));
    TRY(os_pwrite(file, bytes, start));
    TRY(os_sync(file));
    *ret_offset = start;
    return OK;
}

static enum err clean(struct control_sqlite *c, struct uuid id, struct arena *arena)
{
    struct piece_list list;
    TRY(read_final_list(c, id, arena, &list));
    return piece_file_clean(c->pieces_cstr, id, &list, arena);
}

enum err control_sqlite_pieces_clean(struct control *control, struct uuid id)
{
    struct arena arena;
    arena_init(&arena, PIECES_MEMORY_BYTES_MAX);
    enum err e = clean(control_sqlite_of(control), id, &arena);
    arena_fini(&arena);
    return e == ERR_NOT_FOUND ? OK : e;
}
