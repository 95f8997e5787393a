/* The link is checked first; only then is storage touched. */
#include "api/result_download.h"

#include "api/error.h"
#include "api/header.h"
#include "api/range.h"
#include "base/os.h"

static bool check_link(struct api_call *call, struct link *ret)
{
    enum err e = link_check(call->api->link_keys, call->request.path, call->request.query, os_now_us(),
                            call->api->limits.link_validity_us, ret);
    if (e == OK) return true;
    if (e == ERR_NOT_FOUND) {
        api_refuse(call, API_NOT_FOUND, "No such file");
    } else if (e == ERR_CLOSED) {
        api_refuse(call, API_GONE, "This link has expired; read the batch's status for a new one");
    } else if (e == ERR_INVALID) {
        api_refuse(call, API_PERMISSION, "The link's signature does not match");
    } else {
        api_fail(call, e, "checking a link");
    }
    return false;
}

static void refuse_read(struct api_call *call, enum err e)
{
    if (e == ERR_NOT_FOUND) {
        api_refuse(call, API_GONE, "The files of this batch have been erased");
    } else {
        api_fail(call, e, "reading a result file");
    }
}

/* Whether the batch's results were checked with all of the suppression list. */
static enum err is_scrubbed(struct api_call *call, const struct batch *batch, bool *ret)
{
    const struct suppression_set *set;
    TRY(suppression_take(call->api->suppression, &set));
    *ret = !batch_state_is_final(batch->state) || batch->is_erased ||
           batch->suppression_seq >= suppression_seq(set);
    suppression_return(call->api->suppression, set);
    return OK;
}

/* Opens the batch's pieces (closed with the call) and describes the file. The pieces are at least as new as
 * the row that was looked at before. ret_is_ready: false if the batch is to be scrubbed first. */
static bool open_file(struct api_call *call, const struct link *link, struct result_file *ret,
                      bool *ret_is_ready)
{
    struct control *control = call->api->control;
    struct api_response *response = &call->response;
    struct batch batch;
    enum err e = control->ops->batch_get_any(control, link->batch_id, &call->arena, &batch);
    if (e == OK && link->epoch != batch.link_epoch) {
        api_refuse(call, API_PERMISSION, "This link was revoked; read the batch's status for a new one");
        return false;
    }
    if (e == OK) e = is_scrubbed(call, &batch, ret_is_ready);
    if (e == OK && !*ret_is_ready) return false;
    if (e == OK) e = control->ops->pieces_open(control, link->batch_id, &response->pieces);
    if (e != OK) {
        refuse_read(call, e);
        return false;
    }
    response->has_pieces = true;
    if (!batch_state_is_final(batch.state)) {
        api_refuse(call, API_NOT_FOUND, "The batch has no files yet");
        return false;
    }
    if (!batch_has_files(&batch, os_now_us())) {
        refuse_read(call, ERR_NOT_FOUND);
        return false;
    }
    e = result_file_open(&batch, response->pieces.pairs, response->pieces.count, link->name, &call->arena,
                         ret);
    if (e == ERR_NOT_FOUND) {
        api_refuse(call, API_NOT_FOUND, "No such file");
    } else if (e != OK) {
        api_fail(call, e, "describing a result file");
    }
    return e == OK;
}

static void add_file_headers(struct api_call *call, const struct link *link, str etag)
{
    struct buf name;
    buf_init(&name, 128);
    buf_add(&name, STR("attachment; filename=\""));
    result_file_name_add(&name, link->name);
    buf_add_char(&name, '"');
    api_header_add_copy(call, STR("Content-Disposition"), buf_str(&name));
    buf_fini(&name);
    api_header_add(call, STR("Content-Type"), STR("application/gzip"));
    api_header_add(call, STR("Accept-Ranges"), STR("bytes"));
    api_header_add(call, STR("ETag"), etag);
    api_header_add(call, STR("Cache-Control"), STR("private, no-store"));
    api_header_add(call, STR("X-Content-Type-Options"), STR("nosniff"));
    api_header_add(call, STR("Referrer-Policy"), STR("no-referrer"));
}

/* Ranges are for GET alone (RFC 9110 section 14.2); one that is tied to another version of the file counts as
 * none. */
static struct range range_of(const struct api_call *call, str etag, uint64_t bytes)
{
    if (!str_eq(call->request.method, STR("GET"))) return (struct range){.kind = RANGE_ALL};
    str condition = api_request_header(&call->request, STR("If-Range"));
    if (condition.p && !str_eq(condition, etag)) return (struct range){.kind = RANGE_ALL};
    return range_parse(api_request_header(&call->request, STR("Range")), bytes);
}

static void add_content_range(struct api_call *call, const struct range *range, uint64_t bytes)
{
    char text[80];
    int n = range->kind == RANGE_PART ? snprintf(text, sizeof text, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64,
                                                 range->from, range->to - 1, bytes)
                                      : snprintf(text, sizeof text, "bytes */%" PRIu64, bytes);
    api_header_add_copy(call, STR("Content-Range"), str_of(text, (size_t)n));
}

static void send(struct api_call *call, const struct link *link, const struct result_file *file, str etag)
{
    struct api_response *response = &call->response;
    struct range range = range_of(call, etag, file->bytes);
    if (range.kind == RANGE_ALL) range = (struct range){RANGE_ALL, 0, file->bytes};
    if (range.kind != RANGE_ALL) add_content_range(call, &range, file->bytes);
    if (range.kind == RANGE_UNSATISFIABLE) {
        api_refuse(call, API_RANGE_NOT_SATISFIABLE,
                   "The file has %" PRIu64 " bytes; nothing of the range exists", file->bytes);
        return;
    }
    struct result_extent *extents;
    enum err e =
        result_file_extents(file, range.from, range.to, &call->arena, &extents, &response->extent_count);
    if (e != OK) {
        api_fail(call, e, "cutting a result file");
        return;
    }
    add_file_headers(call, link, etag);
    response->extents = extents;
    response->extent_bytes = range.to - range.from;
    response->status = range.kind == RANGE_PART ? 206 : 200;
}

/* False: the batch is to be scrubbed first. */
static bool download(struct api_call *call)
{
    struct link link;
    bool is_ready = true;
    struct result_file *file = arena_alloc(&call->arena, sizeof *file);
    if (!file) {
        api_fail(call, err_raise(ERR_NOMEM, "no memory for a request"), "reading a result file");
        return true;
    }
    if (!check_link(call, &link)) return true;
    call->scrub.batch_id = link.batch_id;
    if (!open_file(call, &link, file, &is_ready)) return is_ready;
    char quoted[sizeof file->etag + 2];
    quoted[0] = quoted[sizeof quoted - 1] = '"';
    memcpy(quoted + 1, file->etag, sizeof file->etag);
    str etag = arena_copy(&call->arena, str_of(quoted, sizeof quoted));
    if (etag_list_matches(api_request_header(&call->request, STR("If-None-Match")), etag)) {
        api_header_add(call, STR("ETag"), etag);
        call->response.status = 304;
    } else {
        send(call, &link, file, etag);
    }
    return true;
}

enum api_progress result_download(struct api_call *call)
{
    return download(call) ? API_DONE : API_LATER;
}

static void resume(struct scrub_request *request)
{
    struct api_call *call = request->context;
    call->resume(call);
}

void result_download_start(struct api_call *call)
{
    call->scrub.done = resume;
    call->scrub.context = call;
    call->scrub.result = jobs_scrub(call->api->jobs, &call->scrub);
    if (call->scrub.result != OK) call->resume(call);
}

/* Nothing is handed out of a batch that could not be scrubbed. */
void result_download_finish(struct api_call *call)
{
    enum err e = call->scrub.result;
    if (e != OK && e != ERR_NOT_FOUND) {
        api_fail(call, e, "taking suppressed persons out of a result file");
    } else if (!download(call)) {
        api_fail(call, err_raise(ERR_BUSY, "the suppression list has grown again"), "reading a result file");
    }
}
