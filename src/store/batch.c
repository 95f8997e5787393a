/* Names, the table of states, and sums. */
#include "store/batch.h"

static const str state_names[] = {
    [BATCH_PENDING] = STR_INIT("pending"),
    [BATCH_PROCESSING] = STR_INIT("processing"),
    [BATCH_COMPLETED] = STR_INIT("completed"),
    [BATCH_FAILED] = STR_INIT("failed"),
};

/* may_follow[from] is the set of states that may come next. A batch without work (nothing valid to look up is
 * work, too) still passes through processing. */
static const unsigned may_follow[] = {
    [BATCH_PENDING] = 1u << BATCH_PROCESSING | 1u << BATCH_FAILED,
    [BATCH_PROCESSING] = 1u << BATCH_COMPLETED | 1u << BATCH_FAILED,
    [BATCH_COMPLETED] = 0,
    [BATCH_FAILED] = 0,
};

static const struct {
    str count_name, reason;
} outcomes[OUTCOME_COUNT] = {
    [OUTCOME_MATCHED] = {STR_INIT("matched"), STR_INIT("")},
    [OUTCOME_NOT_FOUND] = {STR_INIT("not_found"), STR_INIT("not_found")},
    [OUTCOME_INVALID] = {STR_INIT("invalid"), STR_INIT("invalid_identifier")},
    [OUTCOME_DUPLICATE] = {STR_INIT("duplicate"), STR_INIT("duplicate")},
    [OUTCOME_SUPPRESSED] = {STR_INIT("suppressed"), STR_INIT("suppressed")},
    [OUTCOME_ERROR] = {STR_INIT("error"), STR_INIT("error")},
    [OUTCOME_CANCELLED] = {STR_INIT("cancelled"), STR_INIT("cancelled")},
};

str batch_state_name(enum batch_state state)
{
    return state_names[state];
}

enum err batch_state_of_name(str name, enum batch_state *ret)
{
    for (enum batch_state state = BATCH_PENDING; state <= BATCH_FAILED; state++) {
        if (!str_eq(name, state_names[state])) continue;
        *ret = state;
        return OK;
    }
    return ERR_INVALID;
}

str batch_action_name(enum batch_action action)
{
    switch (action) {
    case ACTION_ENRICH:
        return STR("enrich");
    }
    return STR("");
}

str batch_error_name(enum batch_error error)
{
    switch (error) {
    case BATCH_ERROR_NONE:
        return STR("");
    case BATCH_ERROR_CANCELLED:
        return STR("cancelled");
    case BATCH_ERROR_INTERNAL:
        return STR("internal");
    case BATCH_ERROR_UPSTREAM:
        return STR("upstream");
    case BATCH_ERROR_EXPIRED:
        return STR("expired");
    }
    return STR("");
}

bool batch_state_may_follow(enum batch_state from, enum batch_state to)
{
    return (may_follow[from] >> to) & 1;
}

str outcome_count_name(enum outcome outcome)
{
    return outcomes[outcome].count_name;
}

str outcome_reason(enum outcome outcome)
{
    return outcomes[outcome].reason;
}

void batch_counts_add(struct batch_counts *counts, const struct batch_counts *more)
{
    for (int i = 0; i < OUTCOME_COUNT; i++) counts->of[i] += more->of[i];
}

uint32_t batch_counts_sum(const struct batch_counts *counts)
{
    uint32_t sum = 0;
    for (int i = 0; i < OUTCOME_COUNT; i++) sum += counts->of[i];
    return sum;
}

struct request_id request_id_of(const struct batch *batch)
{
    struct request_id id;
    str text = str_slice(batch->request_id, 0, REQUEST_ID_BYTES_MAX);
    id.n = (uint8_t)text.n;
    if (text.n) memcpy(id.p, text.p, text.n);
    return id;
}

enum err batch_copy(const struct batch *batch, struct arena *arena, struct batch *ret)
{
    struct batch copy = *batch;
    copy.error_message = arena_copy(arena, batch->error_message);
    copy.fields = arena_copy(arena, batch->fields);
    copy.families = arena_copy(arena, batch->families);
    copy.webhook_url = arena_copy(arena, batch->webhook_url);
    copy.request_id = arena_copy(arena, batch->request_id);
    if (arena->is_exhausted) return err_raise(ERR_NOMEM, "no memory for a batch");
    *ret = copy;
    return OK;
}

str batch_endpoint(const struct batch *batch)
{
    return batch->entity == ENTITY_PERSON ? STR("/batch/person/enrich") : STR("/batch/company/enrich");
}

uint32_t batch_claim_count(const struct batch *batch)
{
    return batch->identifier_count / batch->claim_identifiers +
           (batch->identifier_count % batch->claim_identifiers != 0);
}

uint32_t batch_pending_count(const struct batch *batch)
{
    uint32_t known = batch_counts_sum(&batch->counts);
    must(known <= batch->identifier_count);
    return batch->identifier_count - known;
}
