/* Every batch that is not erased, one after the other: its identifiers, then the lines of its files. */
#include "base/json.h"
#include "cmd/privacy_run.h"
#include "jobs/inputs.h"
#include "jobs/result_line.h"
#include "results/piece.h"

#define IDS_MAX         256
#define ARENA_BYTES_MAX ((size_t)2 << 30)
#define TEXT_BYTES_MAX  ((size_t)2 << 30)

struct search {
    struct privacy_run *run;
    const struct reach *reach;
    struct api_key *keys; /* for the names of accounts */
    size_t key_count;

    /* of one batch */
    struct arena arena;
    struct batch batch;
    struct buf lines; /* of one piece */
    struct buf text;  /* its object */
    size_t found_count;
};

/* ---- who it is ---- */

static enum err is_persons(struct search *search, str original, bool *ret)
{
    struct key key;
    enum err e = identifier_key(search->batch.identifier_kind, original, &search->arena, &key);
    *ret = e == OK && reach_has_key(search->reach, key);
    return e == ERR_INVALID ? OK : e;
}

static enum err is_persons_line(struct search *search, str text, bool is_result, bool *ret)
{
    struct result_line line;
    int64_t id = 0;
    TRY(result_line_read(text, &search->arena, &line));
    if (is_result) TRY(result_line_id(&line, &id));
    TRY(is_persons(search, line.original, ret));
    *ret |= is_result && reach_has_id(search->reach, id);
    return OK;
}

/* ---- what a batch has ---- */

static void begin_list(struct search *search, str name)
{
    json_add_key(&search->text, name);
    buf_add_char(&search->text, '[');
}

static void next_item(struct search *search)
{
    search->found_count++;
    if (search->text.p[search->text.n - 1] != '[') buf_add_char(&search->text, ',');
}

static enum err add_inputs(struct search *search)
{
    struct control *control = search->run->control;
    struct input *inputs;
    size_t count;
    str encoded;
    TRY(control->ops->batch_inputs(control, search->batch.id, &search->arena, &encoded));
    TRY(inputs_decode(encoded, &search->arena, &inputs, &count));
    begin_list(search, STR("identifiers"));
    for (size_t i = 0; i < count; i++) {
        bool is_wanted;
        TRY(is_persons(search, inputs[i].text, &is_wanted));
        if (!is_wanted) continue;
        next_item(search);
        json_add_str(&search->text, inputs[i].text);
    }
    buf_add_char(&search->text, ']');
    return OK;
}

static enum err add_piece(struct search *search, const struct batch_pieces *pieces, const struct piece *piece,
                          bool is_result)
{
    str bytes = str_of(pieces->bytes + (piece->bytes ? piece->offset : 0), piece->bytes);
    buf_clear(&search->lines);
    TRY(piece_inflate(piece, bytes, &search->lines));
    str rest = buf_str(&search->lines), line;
    while (str_split(&rest, '\n', &line)) {
        bool is_wanted;
        TRY(is_persons_line(search, line, is_result, &is_wanted));
        if (!is_wanted) continue;
        next_item(search);
        buf_add(&search->text, line);
    }
    return OK;
}

static enum err add_pieces(struct search *search, const struct batch_pieces *pieces)
{
    begin_list(search, STR("results"));
    for (uint32_t i = 0; i < pieces->count; i++)
        TRY(add_piece(search, pieces, &pieces->pairs[i].results, true));
    buf_add_char(&search->text, ']');
    begin_list(search, STR("unresolved"));
    for (uint32_t i = 0; i < pieces->count; i++)
        TRY(add_piece(search, pieces, &pieces->pairs[i].unresolved, false));
    buf_add_char(&search->text, ']');
    return OK;
}

static enum err add_lines(struct search *search)
{
    struct control *control = search->run->control;
    struct batch_pieces pieces;
    TRY(control->ops->pieces_open(control, search->batch.id, &pieces));
    enum err e = add_pieces(search, &pieces);
    control->ops->pieces_close(control, &pieces);
    return e;
}

static str account_name(const struct search *search)
{
    for (size_t i = 0; i < search->key_count; i++) {
        if (search->keys[i].account_id == search->batch.account_id) return search->keys[i].account_name;
    }
    return STR("");
}

static void add_head(struct search *search)
{
    const struct batch *batch = &search->batch;
    struct buf *out = &search->text;
    buf_add(out, STR("{\"batch_id\":"));
    json_add_str(out, UUID_STR(batch->id));
    json_add_key(out, STR("account"));
    json_add_str_lossy(out, account_name(search));
    json_add_key(out, STR("endpoint"));
    json_add_str(out, batch_endpoint(batch));
    json_add_key(out, STR("status"));
    json_add_str(out, batch_state_name(batch->state));
    privacy_add_time(out, STR("created_at"), batch->created_us);
    privacy_add_time(out, STR("completed_at"), batch->completed_us);
    privacy_add_time(out, STR("expires_at"), batch->expires_us);
}

/* ---- batches ---- */

/* ERR_NOT_FOUND: it is erased. */
static enum err read_batch(struct search *search, struct uuid id)
{
    struct control *control = search->run->control;
    arena_reset(&search->arena);
    buf_clear(&search->text);
    search->found_count = 0;
    TRY(control->ops->batch_get_any(control, id, &search->arena, &search->batch));
    if (search->batch.entity != search->run->entity) return OK;
    add_head(search);
    TRY(add_inputs(search));
    TRY(add_lines(search));
    buf_add_char(&search->text, '}');
    return buf_check(&search->text);
}

static enum err add_batches(struct search *search, struct buf *out, size_t *ret_count)
{
    struct control *control = search->run->control;
    struct uuid ids[IDS_MAX];
    size_t count;
    *ret_count = 0;
    TRY(control->ops->kept_batches(control, NULL, ids, IDS_MAX, &count));
    while (count) {
        for (size_t i = 0; i < count; i++) {
            enum err e = read_batch(search, ids[i]);
            if (e != OK && e != ERR_NOT_FOUND) return e;
            if (e == ERR_NOT_FOUND || !search->found_count) continue;
            buf_add(out, (*ret_count)++ ? STR(",\n") : STR("\n"));
            buf_add(out, buf_str(&search->text));
        }
        struct uuid last = ids[count - 1];
        TRY(control->ops->kept_batches(control, &last, ids, IDS_MAX, &count));
    }
    return buf_check(out);
}

enum err privacy_add_batches(struct privacy_run *run, const struct reach *reach, struct buf *out,
                             size_t *ret_count)
{
    struct search search = {.run = run, .reach = reach};
    TRY(run->control->ops->key_list(run->control, &run->arena, &search.keys, &search.key_count));
    arena_init(&search.arena, ARENA_BYTES_MAX);
    buf_init(&search.lines, TEXT_BYTES_MAX);
    buf_init(&search.text, TEXT_BYTES_MAX);
    enum err e = add_batches(&search, out, ret_count);
    buf_fini(&search.text);
    buf_fini(&search.lines);
    arena_fini(&search.arena);
    return e;
}
