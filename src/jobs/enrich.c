/* Three passes over the inputs: keys, one look-up of all of them, lines. */
#include "jobs/enrich.h"

#include "base/json.h"

/* The keys of the inputs that have one, and which input each belongs to. */
struct look_up {
    struct key *keys;
    str *stored;
    uint8_t *outcomes; /* enum outcome, one an input; OUTCOME_MATCHED stands for "has a key" until the end */
    size_t key_count;
};

static enum err look_up_init(struct look_up *look_up, size_t count, struct arena *arena)
{
    look_up->keys = arena_array(arena, count, sizeof *look_up->keys);
    look_up->stored = arena_array(arena, count, sizeof *look_up->stored);
    look_up->outcomes = arena_array(arena, count, sizeof *look_up->outcomes);
    look_up->key_count = 0;
    return arena->is_exhausted ? err_raise(ERR_NOMEM, "no memory for %zu keys", count) : OK;
}

static enum err key_of(const struct enrich_spec *spec, str text, struct arena *arena, struct key *ret)
{
    if (text.n > spec->identifier_bytes_max) return ERR_INVALID;
    return identifier_key(spec->identifier_kind, text, arena, ret);
}

static enum err collect_keys(const struct enrich_spec *spec, const struct suppression_set *suppressed,
                             const struct input *inputs, size_t count, struct arena *arena,
                             struct look_up *look_up)
{
    for (size_t i = 0; i < count; i++) {
        if (inputs[i].is_duplicate) {
            look_up->outcomes[i] = OUTCOME_DUPLICATE;
            continue;
        }
        struct key *key = &look_up->keys[look_up->key_count];
        enum err e = key_of(spec, inputs[i].text, arena, key);
        if (e == ERR_INVALID) {
            look_up->outcomes[i] = OUTCOME_INVALID;
            continue;
        }
        TRY(e);
        if (suppression_find(suppressed, spec->entity, *key)) {
            look_up->outcomes[i] = OUTCOME_SUPPRESSED;
            continue;
        }
        look_up->outcomes[i] = OUTCOME_MATCHED;
        look_up->key_count++;
    }
    return OK;
}

static void add_result(const struct enrich_spec *spec, str original, const struct record *record,
                       struct buf *out)
{
    buf_add(out, STR("{\"original_identifier\":"));
    json_add_str(out, original);
    buf_add(out, STR(",\"internal_id\":"));
    buf_add_i64(out, record->id);
    buf_add(out, STR(",\"data\":"));
    project_record(spec->plan, record, out);
    buf_add(out, STR("}\n"));
}

void enrich_add_unresolved(str original, enum outcome outcome, struct buf *out)
{
    buf_add(out, STR("{\"original_identifier\":"));
    json_add_str(out, original);
    buf_add(out, STR(",\"reason\":\""));
    buf_add(out, outcome_reason(outcome));
    buf_add(out, STR("\"}\n"));
}

/* What all lines of a call are made with. */
struct lines {
    const struct enrich_spec *spec;
    struct records_snapshot *snapshot;
    const struct suppression_set *suppressed;
    struct unpacker unpacker;
    struct enrich_output *out;
};

/* The line of one input; `stored` is what its key led to, empty if to nothing or if it has no key. */
static enum err add_line(struct lines *lines, str original, enum outcome outcome, str stored)
{
    const struct enrich_spec *spec = lines->spec;
    struct enrich_output *out = lines->out;
    struct record record;
    if (outcome == OUTCOME_MATCHED && !stored.p) outcome = OUTCOME_NOT_FOUND;
    if (outcome == OUTCOME_MATCHED) {
        TRY(record_open(stored, &record));
        if (suppression_find_id(lines->suppressed, spec->entity, record.id)) outcome = OUTCOME_SUPPRESSED;
    }
    out->counts.of[outcome]++;
    if (outcome != OUTCOME_MATCHED) {
        enrich_add_unresolved(original, outcome, &out->unresolved);
        return OK;
    }
    TRY(lines->snapshot->records->ops->unpack(lines->snapshot, project_part(spec->plan), &lines->unpacker,
                                              &record));
    add_result(spec, original, &record, &out->results);
    return OK;
}

static enum err add_lines(struct lines *lines, const struct input *inputs, size_t count,
                          const struct look_up *look_up)
{
    size_t next = 0;
    for (size_t i = 0; i < count; i++) {
        enum outcome outcome = look_up->outcomes[i];
        str stored = outcome == OUTCOME_MATCHED ? look_up->stored[next++] : (str){0};
        TRY(add_line(lines, inputs[i].text, outcome, stored));
    }
    return OK;
}

enum err enrich(const struct enrich_spec *spec, const struct input *inputs, size_t count,
                struct records_snapshot *snapshot, const struct suppression_set *suppressed,
                struct arena *arena, struct enrich_output *out)
{
    struct look_up look_up;
    struct lines lines = {.spec = spec, .snapshot = snapshot, .suppressed = suppressed, .out = out};
    TRY(look_up_init(&look_up, count, arena));
    TRY(collect_keys(spec, suppressed, inputs, count, arena, &look_up));
    TRY(snapshot->records->ops->get(snapshot, look_up.keys, look_up.key_count, arena, look_up.stored));
    unpacker_init(&lines.unpacker);
    enum err e = add_lines(&lines, inputs, count, &look_up);
    unpacker_fini(&lines.unpacker);
    TRY(e);
    TRY(buf_check(&out->results));
    return buf_check(&out->unresolved);
}
