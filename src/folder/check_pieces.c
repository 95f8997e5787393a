/* Pieces: the list of a batch, the bytes in its file, and files that no batch has. */
#include "base/os.h"
#include "folder/check_state.h"
#include "results/piece.h"
#include "store/piece_file.h"

/* ---- the list ---- */

static uint32_t identifiers_of_claim(const struct batch *batch, uint32_t number)
{
    uint32_t first = number * batch->claim_identifiers;
    uint32_t left = batch->identifier_count - first;
    return left < batch->claim_identifiers ? left : batch->claim_identifiers;
}

static void damage(struct check *check, const struct checked_batch *batch, const char *what)
{
    check_damage(check, batch->name_cstr, ADVICE_RESTORE, "%s", what);
}

/* What a batch that ended early has beyond its pieces: identifiers that nobody looked up. */
static enum outcome outcome_of_rest(const struct batch *batch)
{
    return batch->error == BATCH_ERROR_CANCELLED ? OUTCOME_CANCELLED : OUTCOME_ERROR;
}

static bool counts_fit(const struct batch *batch, const struct piece_list *list)
{
    struct batch_counts sum = piece_list_counts(list, list->count);
    uint32_t done = batch_counts_sum(&sum);
    if (batch->state == BATCH_FAILED) sum.of[outcome_of_rest(batch)] += batch->identifier_count - done;
    return memcmp(&sum, &batch->counts, sizeof sum) == 0;
}

static void check_list(struct check *check, const struct checked_batch *checked)
{
    const struct batch *batch = &checked->row.batch;
    const struct piece_list *list = &checked->pieces;
    if (batch->state == BATCH_COMPLETED && list->count != batch_claim_count(batch))
        damage(check, checked, "completed, but pieces are missing");
    if (batch->state == BATCH_FAILED && piece_list_prefix(list) != list->count)
        damage(check, checked, "ended, but there is a gap between its pieces");
    if (!counts_fit(batch, list)) damage(check, checked, "its counts are not the sums of its pieces");
}

static void check_claim(struct check *check, const struct checked_batch *checked, uint32_t i)
{
    const struct piece_pair *pair = &checked->pieces.pairs[i];
    uint32_t identifiers = identifiers_of_claim(&checked->row.batch, checked->pieces.numbers[i]);
    uint32_t matched = pair->counts.of[OUTCOME_MATCHED];
    uint32_t unresolved = identifiers - matched;
    /* What was erased for a person's sake left no line. */
    bool has_lines = pair->unresolved.lines == unresolved ||
                     (checked->row.batch.suppression_seq && pair->unresolved.lines < unresolved);
    bool is_sound =
        batch_counts_sum(&pair->counts) == identifiers && pair->results.lines == matched && has_lines;
    if (!is_sound)
        check_damage(check, checked->name_cstr, ADVICE_RESTORE,
                     "the counts of claim %" PRIu32 " are not those of its identifiers",
                     checked->pieces.numbers[i]);
}

/* ---- the bytes ---- */

/* The file as it is read; `is_lost` once it turned out to have been erased, or its end is missing. */
struct reader {
    struct check *check;
    const struct checked_batch *batch;
    char pieces_cstr[CHECK_PATH_MAX]; /* the folder */
    struct os_file file;
    uint64_t file_bytes;
    struct buf bytes; /* of a piece */
};

/* A file is damaged only if its batch is neither being erased just now nor scrubbed: that happens to the row
 * first. */
static enum err has_changed(const struct reader *reader, bool *ret)
{
    struct check *check = reader->check;
    const struct batch *before = &reader->batch->row.batch;
    struct batch_row row;
    TRY(batch_row_get(&check->db, 0, before->id, &check->arena, &row));
    *ret = row.batch.is_erased || row.batch.suppression_seq != before->suppression_seq ||
           row.batch.has_waste != before->has_waste;
    return OK;
}

static enum err report_bytes(const struct reader *reader, uint32_t number, const char *which,
                             const char *what)
{
    bool is_other;
    char sentence[256];
    snprintf(sentence, sizeof sentence, "%s", what);
    TRY(has_changed(reader, &is_other));
    if (!is_other)
        check_damage(reader->check, reader->batch->name_cstr, ADVICE_RESTORE,
                     "the %s of claim %" PRIu32 ": %s", which, number, sentence);
    return OK;
}

static enum err read_piece(struct reader *reader, const struct piece *piece)
{
    if (piece->offset > reader->file_bytes || piece->bytes > reader->file_bytes - piece->offset)
        return err_raise(ERR_CORRUPT, "beyond the end of the file");
    buf_clear(&reader->bytes);
    char *place = buf_reserve(&reader->bytes, piece->bytes);
    if (!place) return err_raise(ERR_NOMEM, "no memory for a piece");
    TRY(os_pread(reader->file, place, piece->bytes, piece->offset));
    reader->bytes.n = piece->bytes;
    return piece_check(piece, buf_str(&reader->bytes));
}

static enum err check_piece(struct reader *reader, uint32_t number, const struct piece *piece,
                            const char *which)
{
    if (piece->bytes == 0) return OK;
    reader->check->counts.piece_count++;
    enum err e = read_piece(reader, piece);
    if (e == OK || e == ERR_NOMEM) return e;
    return report_bytes(reader, number, which, err_detail());
}

static enum err check_bytes(struct reader *reader)
{
    const struct piece_list *list = &reader->batch->pieces;
    TRY(piece_file_open_read(reader->pieces_cstr, reader->batch->row.batch.id, &reader->file));
    TRY(os_file_bytes(reader->file, &reader->file_bytes));
    for (uint32_t i = 0; i < list->count; i++) {
        TRY(check_piece(reader, list->numbers[i], &list->pairs[i].results, "results"));
        TRY(check_piece(reader, list->numbers[i], &list->pairs[i].unresolved, "unresolved lines"));
        check_progress(reader->check);
    }
    return OK;
}

static enum err check_file(struct check *check, const struct checked_batch *batch)
{
    struct reader reader = {.check = check, .batch = batch, .file = OS_FILE_NONE};
    bool is_other = false;
    TRY(check_path(check, "pieces", reader.pieces_cstr));
    buf_init(&reader.bytes, SIZE_MAX);
    enum err e = check_bytes(&reader);
    os_close(&reader.file);
    buf_fini(&reader.bytes);
    if (e == ERR_NOT_FOUND) {
        TRY(check_error(check, has_changed(&reader, &is_other), "control.db", ADVICE_RESTORE));
        if (!is_other) damage(check, batch, "the file is missing");
        return OK;
    }
    return check_error(check, e, batch->name_cstr, ADVICE_RESTORE);
}

enum err check_pieces(struct check *check, const struct checked_batch *batch)
{
    if (batch->row.batch.is_erased) {
        if (batch->has_pieces) damage(check, batch, "erased, but its list of pieces is there");
        return OK;
    }
    check_list(check, batch);
    for (uint32_t i = 0; i < batch->pieces.count; i++) check_claim(check, batch, i);
    return piece_list_end(&batch->pieces, batch->pieces.count) ? check_file(check, batch) : OK;
}

/* ---- files of no batch ---- */

static enum err check_leftover(struct check *check, struct uuid id, const char *where)
{
    struct batch_row row;
    arena_reset(&check->arena);
    enum err e = batch_row_get(&check->db, 0, id, &check->arena, &row);
    if (e == OK && !row.batch.is_erased) return OK;
    if (e != OK && e != ERR_NOT_FOUND) return check_error(check, e, "control.db", ADVICE_RESTORE);
    check_warn(check, where, "the next start of the server removes it",
               "a leftover of a batch that %s: nothing refers to it", e == OK ? "was erased" : "is unknown");
    return OK;
}

static enum err check_piece_file(void *context, const char *name_cstr)
{
    struct check *check = context;
    struct uuid id;
    char where[CHECK_PATH_MAX];
    snprintf(where, sizeof where, "pieces/%s", name_cstr);
    if (uuid_parse(str_of_cstr(name_cstr), &id) != OK) {
        check_warn(check, where, "remove it if nobody else needs it", "not a file of enrichd's");
        return OK;
    }
    if (check->is_control_missing)
        check_damage(check, where, ADVICE_RESTORE, "results are there, but control.db is not");
    return check->db.handle ? check_leftover(check, id, where) : OK;
}

enum err check_piece_files(struct check *check)
{
    char path[CHECK_PATH_MAX];
    struct os_stat found;
    TRY(check_path(check, "pieces", path));
    enum err e = os_stat(path, &found);
    if (e == OK) e = os_list_dir(path, check_piece_file, check);
    return e == ERR_NOT_FOUND ? OK : check_error(check, e, "pieces", "make it readable");
}
