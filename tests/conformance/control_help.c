#include "conformance/control_help.h"

#include "unit.h"

#include "base/os.h"

#define ARENA_BYTES_MAX ((size_t)16 << 20)
#define RETENTION_US    (INT64_C(5) * 86400 * 1000000)

int64_t help_account(struct control *control, const char *name_cstr)
{
    struct api_key key = {
        .account_name = str_of_cstr(name_cstr), .name = STR("a label"), .created_us = os_now_us()};
    struct api_key found;
    struct arena arena;
    char text[TOKEN_TEXT_BYTES];
    arena_init(&arena, ARENA_BYTES_MAX);
    token_new(text, &key.token);
    assert_ok(control->ops->key_create(control, &key));
    assert_ok(control->ops->key_find(control, key.token.id, &arena, &found));
    arena_fini(&arena);
    return found.account_id;
}

struct batch help_batch(int64_t account_id, uint32_t identifiers)
{
    return (struct batch){
        .id = uuid_new(),
        .account_id = account_id,
        .entity = ENTITY_PERSON,
        .action = ACTION_ENRICH,
        .identifier_kind = IDENTIFIER_BUSINESS_EMAIL,
        .state = BATCH_PENDING,
        .identifier_count = identifiers,
        .chunk_size = 10,
        .claim_identifiers = HELP_CLAIM,
        .part_claims = 1,
        .created_us = os_now_us(),
    };
}

str help_inputs(struct uuid batch_id)
{
    static char text[64];
    int n = snprintf(text, sizeof text, "inputs of %.*s", STR_ARG(UUID_STR(batch_id)));
    return str_of(text, (size_t)n);
}

static enum err apply_one(struct control *control, struct control_write *write)
{
    control->ops->apply(control, &write, 1);
    return write->result;
}

enum err help_try_submit(struct control *control, const struct batch *batch, uint32_t active_max)
{
    struct submission submission = {
        .batch = *batch, .inputs = help_inputs(batch->id), .active_max = active_max};
    struct control_write write = {.kind = WRITE_SUBMIT, .submission = &submission};
    return apply_one(control, &write);
}

struct uuid help_submit(struct control *control, int64_t account_id, uint32_t identifiers)
{
    struct batch batch = help_batch(account_id, identifiers);
    assert_ok(help_try_submit(control, &batch, UINT32_MAX));
    return batch.id;
}

enum err help_finish(struct control *control, struct uuid batch_id, enum batch_error error)
{
    struct control_write write = {.kind = WRITE_FINISH,
                                  .batch_id = batch_id,
                                  .error = error,
                                  .error_message = error ? STR("a message") : STR(""),
                                  .retention_us = RETENTION_US};
    return apply_one(control, &write);
}

enum err help_checkpoint(struct control *control, struct uuid batch_id)
{
    struct control_write write = {.kind = WRITE_CHECKPOINT, .batch_id = batch_id};
    return apply_one(control, &write);
}

enum err help_cancel(struct control *control, int64_t account_id, struct uuid batch_id, struct batch *ret)
{
    struct control_write write = {.kind = WRITE_CANCEL,
                                  .account_id = account_id,
                                  .batch_id = batch_id,
                                  .retention_us = RETENTION_US,
                                  .ret_batch = ret};
    return apply_one(control, &write);
}

enum err help_erase(struct control *control, int64_t account_id, struct uuid batch_id)
{
    struct control_write write = {.kind = WRITE_ERASE, .account_id = account_id, .batch_id = batch_id};
    return apply_one(control, &write);
}

struct claim help_claim(struct control *control)
{
    struct claim claim;
    assert_ok(control->ops->claim(control, &claim));
    return claim;
}

/* What claim n yields; returns the length of the results' part. */
static size_t claim_text(uint32_t number, struct buf *out)
{
    buf_add_format(out, "%u:", number);
    for (uint32_t i = 0; i < number; i++) buf_add_char(out, 'r');
    size_t results = out->n;
    buf_add_format(out, "(%u)", number);
    return results;
}

enum err help_commit(struct control *control, const struct claim *claim, bool *ret_is_last)
{
    struct buf text;
    struct piece_pair pair = {0};
    buf_init(&text, 1 << 20);
    uint32_t n = claim->identifier_count;
    pair.results.bytes = (uint32_t)claim_text(claim->number, &text);
    pair.results.lines = n - 1;
    pair.unresolved.bytes = (uint32_t)text.n - pair.results.bytes;
    pair.unresolved.lines = 1;
    pair.counts.of[OUTCOME_MATCHED] = n - 1;
    pair.counts.of[OUTCOME_NOT_FOUND] = 1;
    enum err e = control->ops->commit_claim(control, claim, &pair, buf_str(&text), ret_is_last);
    buf_fini(&text);
    return e;
}

void help_complete(struct control *control, struct uuid batch_id)
{
    bool is_last = false;
    while (!is_last) {
        struct claim claim = help_claim(control);
        assert_true(uuid_eq(batch_id, claim.batch_id));
        assert_ok(help_commit(control, &claim, &is_last));
    }
    assert_ok(help_finish(control, batch_id, BATCH_ERROR_NONE));
}

struct batch help_get(struct control *control, struct uuid batch_id)
{
    static char texts[4][256];
    struct arena arena;
    struct batch batch;
    arena_init(&arena, ARENA_BYTES_MAX);
    assert_ok(control->ops->batch_get_any(control, batch_id, &arena, &batch));
    str *views[] = {&batch.error_message, &batch.fields, &batch.families, &batch.webhook_url};
    for (size_t i = 0; i < 4; i++) {
        must(views[i]->n < sizeof texts[i]);
        memcpy(texts[i], views[i]->p, views[i]->n);
        views[i]->p = texts[i];
    }
    arena_fini(&arena);
    return batch;
}

static str bytes_of(const struct batch_pieces *pieces, const struct piece *piece)
{
    assert_true(piece->offset + piece->bytes <= pieces->bytes_n);
    return str_of(pieces->bytes + piece->offset, piece->bytes);
}

void help_check_pieces(struct control *control, struct uuid batch_id, uint32_t claims)
{
    struct batch_pieces pieces;
    assert_ok(control->ops->pieces_open(control, batch_id, &pieces));
    assert_int_equal(claims, pieces.count);
    for (uint32_t i = 0; i < claims; i++) {
        struct buf text;
        buf_init(&text, 1 << 20);
        size_t results = claim_text(i, &text);
        assert_str(str_slice(buf_str(&text), 0, results), bytes_of(&pieces, &pieces.pairs[i].results));
        assert_str(str_from(buf_str(&text), results), bytes_of(&pieces, &pieces.pairs[i].unresolved));
        buf_fini(&text);
    }
    control->ops->pieces_close(control, &pieces);
}

void help_check_counts(const struct batch *batch, uint32_t matched, uint32_t not_found, uint32_t error,
                       uint32_t cancelled)
{
    struct batch_counts expected = {0};
    expected.of[OUTCOME_MATCHED] = matched;
    expected.of[OUTCOME_NOT_FOUND] = not_found;
    expected.of[OUTCOME_ERROR] = error;
    expected.of[OUTCOME_CANCELLED] = cancelled;
    for (int i = 0; i < OUTCOME_COUNT; i++) assert_int_equal(expected.of[i], batch->counts.of[i]);
}
