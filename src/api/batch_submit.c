/* Submission. Every refusal is made here, before anything is queued. */
#include "api/batch_submit.h"

#include "api/batch_json.h"
#include "api/body.h"
#include "api/budget.h"
#include "api/error.h"
#include "api/header.h"
#include "api/selectors.h"
#include "api/webhook_url.h"
#include "base/json.h"
#include "hooks/target.h"

#define IDEMPOTENCY_KEY_BYTES_MAX ((size_t)255)

/* Keys behind those of the identifiers. */
enum more_keys { KEY_FIELDS, KEY_WEBHOOK_URL, KEY_CHUNK_SIZE, MORE_KEY_COUNT };

static const str more_keys[MORE_KEY_COUNT] = {
    [KEY_FIELDS] = STR_INIT("fields"),
    [KEY_WEBHOOK_URL] = STR_INIT("webhook_url"),
    [KEY_CHUNK_SIZE] = STR_INIT("chunk_size"),
};

static bool read_webhook_url(struct api_call *call, yyjson_val *value)
{
    str url = {0};
    if (value && !body_string(call, more_keys[KEY_WEBHOOK_URL], value, &url)) return false;
    const char *complaint = value ? webhook_url_complaint(url) : NULL;
    if (value && !complaint) complaint = hook_target_complaint(&call->api->webhook_policy, url, &call->arena);
    if (complaint) api_refuse(call, API_INVALID_REQUEST, "webhook_url %s", complaint);
    call->job.webhook_url = url;
    return !complaint;
}

static bool read_chunk_size(struct api_call *call, yyjson_val *value)
{
    const struct api_limits *limits = &call->api->limits;
    call->job.chunk_size = limits->chunk_size_default;
    return !value || body_integer(call, more_keys[KEY_CHUNK_SIZE], value, limits->chunk_size_min,
                                  limits->chunk_size_max, &call->job.chunk_size);
}

static bool take_inputs(struct api_call *call, const str *items, size_t count)
{
    struct input *inputs = arena_array(&call->arena, count, sizeof *inputs);
    if (!inputs) {
        api_fail(call, err_raise(ERR_NOMEM, "no memory for %zu identifiers", count), "reading identifiers");
        return false;
    }
    for (size_t i = 0; i < count; i++) inputs[i].text = items[i];
    call->job.inputs = inputs;
    call->job.input_count = count;
    return true;
}

static bool read_spec(struct api_call *call, enum entity entity)
{
    struct selector_set set = selectors_of(entity);
    str keys[SELECTOR_KEYS_MAX + MORE_KEY_COUNT];
    yyjson_val *values[SELECTOR_KEYS_MAX + MORE_KEY_COUNT];
    for (size_t i = 0; i < set.count; i++) keys[i] = set.selectors[i].key;
    memcpy(keys + set.count, more_keys, sizeof more_keys);
    if (!body_read(call, keys, set.count + MORE_KEY_COUNT, values)) return false;
    yyjson_val *const *more = values + set.count;

    const struct selector *selector;
    const struct project_plan *plan;
    str *items;
    size_t count;
    if (!selectors_read(call, entity, values, call->api->limits.batch_identifiers_max, &selector, &items,
                        &count))
        return false;
    call->job.identifier_kind = selector->kind;
    return fields_read(call, entity, more[KEY_FIELDS], &call->job.fields, &plan) &&
           read_webhook_url(call, more[KEY_WEBHOOK_URL]) && read_chunk_size(call, more[KEY_CHUNK_SIZE]) &&
           take_inputs(call, items, count);
}

/* The key stands for route and body together. */
static bool read_idempotency_key(struct api_call *call)
{
    str key = api_request_header(&call->request, STR("Idempotency-Key"));
    bool is_fine = key.n <= IDEMPOTENCY_KEY_BYTES_MAX;
    if (!key.p) return true;
    for (size_t i = 0; i < key.n; i++) is_fine = is_fine && key.p[i] >= ' ' && key.p[i] < 0x7f;
    if (!is_fine || key.n == 0) {
        api_refuse(call, API_INVALID_REQUEST, "Idempotency-Key must be 1 to %zu printable ASCII characters",
                   IDEMPOTENCY_KEY_BYTES_MAX);
        return false;
    }
    uint8_t hashes[2][SHA256_BYTES];
    sha256(call->request.path, hashes[0]);
    sha256(call->request.body, hashes[1]);
    sha256(str_of(hashes, sizeof hashes), call->job.body_hash);
    call->job.idempotency_key = key;
    return true;
}

static enum api_progress submit(struct api_call *call, enum entity entity)
{
    call->job = (struct job_request){.account_id = call->key.account_id,
                                     .entity = entity,
                                     .action = ACTION_ENRICH,
                                     .arena = &call->arena,
                                     .families = call->key.families,
                                     .request_id = call->request_id};
    memcpy(call->job.key_id, call->key.token.id, TOKEN_ID_BYTES);
    if (!read_idempotency_key(call) || !read_spec(call, entity)) return API_DONE;
    if (flag_is_up(&call->api->is_draining)) {
        api_refuse(call, API_UNAVAILABLE, "The server is shutting down; nothing was accepted");
        return API_DONE;
    }
    return API_LATER;
}

enum api_progress batch_submit_person(struct api_call *call)
{
    return submit(call, ENTITY_PERSON);
}

enum api_progress batch_submit_company(struct api_call *call)
{
    return submit(call, ENTITY_COMPANY);
}

static void resume(struct job_request *job)
{
    struct api_call *call = job->context;
    call->resume(call);
}

void batch_submit_start(struct api_call *call)
{
    call->job.context = call;
    call->job.done = resume;
    enum err e = jobs_submit(call->api->jobs, &call->job);
    if (e == OK) return;
    call->job.result = e;
    call->resume(call);
}

static void answer(struct api_call *call)
{
    const struct batch *batch = &call->job.batch;
    struct buf *out = &call->response.body;
    str id = UUID_STR(batch->id);
    batch_json_begin(out, batch);
    json_add_key(out, STR("entities_requested"));
    buf_add_u64(out, batch->identifier_count);
    json_add_key(out, STR("status_url"));
    buf_add_format(out, "\"/batch/%.*s\"}\n", STR_ARG(id));
    struct buf location;
    buf_init(&location, 64);
    buf_add_format(&location, "/batch/%.*s", STR_ARG(id));
    api_header_add_copy(call, STR("Location"), buf_str(&location));
    buf_fini(&location);
    api_header_add(call, STR("Content-Type"), STR("application/json"));
    call->response.status = 200;
}

void batch_submit_finish(struct api_call *call)
{
    switch (call->job.result) {
    case OK:
        answer(call);
        return;
    case ERR_EXISTS:
        call->job.batch.state = BATCH_PENDING; /* as the first answer said */
        api_header_add(call, STR("Idempotency-Replayed"), STR("true"));
        answer(call);
        return;
    case ERR_CONFLICT:
        api_refuse(call, API_IDEMPOTENCY_KEY_REUSED,
                   "This Idempotency-Key was sent before with another request");
        return;
    case ERR_SPENT:
        budget_refuse(call, call->job.input_count);
        return;
    case ERR_LIMIT:
        api_refuse(call, API_RATE_LIMIT,
                   "The account has %" PRIu32
                   " active batches (pending or processing), the most that is allowed; try again when "
                   "one of them has ended",
                   call->api->limits.batch_active_max);
        return;
    default:
        api_fail(call, call->job.result, "submitting a batch");
        return;
    }
}
