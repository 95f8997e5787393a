/* Keys in the contract's order. */
#include "api/batch_json.h"

#include "api/header.h"
#include "base/json.h"
#include "base/os.h"
#include "base/time.h"

void batch_json_begin(struct buf *out, const struct batch *batch)
{
    buf_add(out, STR("{\"batch_id\":"));
    json_add_str(out, UUID_STR(batch->id));
    json_add_key(out, STR("status"));
    json_add_str(out, batch_state_name(batch->state));
    json_add_key(out, STR("entity"));
    json_add_str(out, entity_name(batch->entity));
    json_add_key(out, STR("action"));
    json_add_str(out, batch_action_name(batch->action));
    json_add_key(out, STR("identifier_count"));
    buf_add_u64(out, batch->identifier_count);
}

static void add_number(struct buf *out, str key, uint64_t number)
{
    json_add_key(out, key);
    buf_add_u64(out, number);
}

static void add_time(struct buf *out, str key, int64_t us)
{
    if (!us) return;
    json_add_key(out, key);
    buf_add_char(out, '"');
    time_add_text(out, us);
    buf_add_char(out, '"');
}

static void add_counts(struct buf *out, const struct batch *batch)
{
    json_add_key(out, STR("request_counts"));
    buf_add_char(out, '{');
    add_number(out, STR("total"), batch->identifier_count);
    add_number(out, STR("pending"), batch_pending_count(batch));
    for (int i = 0; i < OUTCOME_COUNT; i++)
        add_number(out, outcome_count_name((enum outcome)i), batch->counts.of[i]);
    buf_add_char(out, '}');
}

/* ---- links ---- */

struct links {
    const struct api *api;
    const struct batch *batch;
    str base;
    int64_t expires_us;
    struct buf *out;
};

static void add_link(const struct links *links, enum result_file_kind kind, uint32_t part)
{
    buf_add_char(links->out, '"');
    buf_add(links->out, links->base);
    struct link link = {links->batch->id, {kind, part}, links->batch->link_epoch};
    link_add(links->api->link_keys, &link, links->expires_us, links->out);
    buf_add_char(links->out, '"');
}

static void add_links(const struct links *links)
{
    struct buf *out = links->out;
    if (links->batch->state == BATCH_FAILED) {
        if (!batch_result_count(links->batch)) return;
        json_add_key(out, STR("partial_download_url"));
        add_link(links, RESULT_FILE_MERGED, 0);
        return;
    }
    json_add_key(out, STR("download_url"));
    add_link(links, RESULT_FILE_MERGED, 0);
    json_add_key(out, STR("download_urls"));
    for (uint32_t part = 0; part < result_part_count(links->batch); part++) {
        buf_add_char(out, part ? ',' : '[');
        add_link(links, RESULT_FILE_PART, part);
    }
    buf_add_char(out, ']');
    json_add_key(out, STR("unresolved_url"));
    add_link(links, RESULT_FILE_UNRESOLVED, 0);
}

static bool is_host(str host)
{
    for (size_t i = 0; i < host.n; i++) {
        char c = host.p[i];
        bool is_fine = char_is_alpha(c) || char_is_digit(c) || c == '.' || c == '-' || c == '_' || c == ':' ||
                       c == '[' || c == ']';
        if (!is_fine) return false;
    }
    return host.n > 0 && host.n <= 255;
}

str batch_link_base(struct api_call *call)
{
    str base = call->api->public_url;
    if (base.n) return base;
    str host = api_request_header(&call->request, STR("Host"));
    struct buf text;
    buf_init(&text, 512);
    buf_add(&text, call->api->has_tls ? STR("https://") : STR("http://"));
    buf_add(&text, is_host(host) ? host : call->request.local_address);
    base = arena_copy(&call->arena, buf_str(&text));
    buf_fini(&text);
    return base;
}

/* ---- the object ---- */

static void add_failure(struct buf *out, const struct batch *batch)
{
    if (batch->state != BATCH_FAILED) return;
    str message = batch->error_message;
    if (!message.n)
        message = batch->error == BATCH_ERROR_CANCELLED ? STR("The batch was cancelled.")
                                                        : STR("The batch failed.");
    json_add_key(out, STR("error_message"));
    json_add_str_lossy(out, message);
    json_add_key(out, STR("error_code"));
    json_add_str(out, batch_error_name(batch->error));
}

void batch_json_add(const struct api *api, const struct batch *batch, str base, struct buf *out)
{
    batch_json_begin(out, batch);
    add_number(out, STR("result_count"), batch_result_count(batch));
    add_number(out, STR("entities_requested"), batch->identifier_count);
    add_number(out, STR("entities_fulfilled"), batch_result_count(batch));
    add_time(out, STR("created_at"), batch->created_us);
    add_time(out, STR("started_at"), batch->started_us);
    add_time(out, STR("completed_at"), batch->completed_us);
    add_time(out, STR("expires_at"), batch->expires_us);
    add_counts(out, batch);
    add_failure(out, batch);
    int64_t now_us = os_now_us();
    if (base.n && batch_has_files(batch, now_us)) {
        int64_t expires_us = now_us + api->limits.link_validity_us;
        add_links(&(struct links){api, batch, base, expires_us, out});
    }
    buf_add_char(out, '}');
}
