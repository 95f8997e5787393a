/* A whole request as text: request line, headers, blank line, body, through api/ over empty stores. A key is
 * added unless the request brings one.
 *
 * Every request is answered or would wait, an answer to a machine is JSON, and no answer names more headers
 * than there is room for.
 */
#include <unistd.h>

#include "api/header.h"
#include "api/keeper.h"
#include "api/metrics.h"
#include "api/rate.h"
#include "base/json.h"
#include "base/log.h"
#include "base/os.h"
#include "http/guard.h"
#include "store/control_sqlite.h"
#include "store/records_segments.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADERS_MAX 32

static struct api api;
static char key_text[TOKEN_TEXT_BYTES];
static char authorization[sizeof "Bearer " + TOKEN_TEXT_BYTES];

static void remove_folder(void)
{
    execlp("rm", "rm", "-rf", api.data_cstr, (char *)NULL);
}

static void make_stores(const char *folder)
{
    struct control_sqlite_settings control = {.lease_us = 60000000, .served_batches_max = 1};
    struct records_segments_settings records = {.writer_memory_bytes = 1 << 20,
                                                .merge_memory_bytes = 1 << 20};
    must(control_sqlite_open(folder, CONTROL_SERVE, &control, &api.control) == OK);
    for (int i = 0; i < ENTITY_COUNT; i++)
        must(records_segments_open(folder, (enum entity)i, &records, &api.records[i]) == OK);
}

static void make_key(void)
{
    struct api_key key = {.account_id = 1, .name = STR("fuzz"), .created_us = os_now_us()};
    token_new(key_text, &key.token);
    must(api.control->ops->key_create(api.control, &key) == OK);
    snprintf(authorization, sizeof authorization, "Bearer %.*s", (int)sizeof key_text, key_text);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static char folder[] = "/tmp/enrichd-fuzz-XXXXXX";
    (void)argc;
    (void)argv;
    log_setup(LOG_ERROR, LOG_FORMAT_JSON);
    must(mkdtemp(folder) != NULL);
    api.data_cstr = folder;
    api.limits = (struct api_limits){
        .body_bytes_max = 1 << 16,
        .request_memory_bytes = 4 << 20,
        .batch_identifiers_max = 100,
        .batch_active_max = 5,
        .enrich_identifiers_max = 25,
        .identifier_bytes_max = IDENTIFIER_BYTES_MAX,
        .fields_max = 1024,
        .request_id_bytes_max = 64,
        .usage_endpoints_max = 50,
        .usage_days = 7,
        .wait_s_max = 60,
        .retention_us = DAY_US,
        .chunk_size_default = 100,
        .chunk_size_min = 10,
        .chunk_size_max = 1000,
        .requests_per_minute = UINT32_MAX,
        .link_validity_us = DAY_US,
    };
    must(atexit(remove_folder) == 0);
    make_stores(folder);
    must(link_keys_new(STR("a master secret of 32 bytes, so."), api.control, &api.link_keys) == OK);
    must(rate_new(&api.rate) == OK && keeper_new(&api.keeper) == OK && api_metrics_new(&api.metrics) == OK);
    make_key();
    return 0;
}

static str next_line(str *rest)
{
    str line;
    if (!str_split(rest, '\n', &line)) return (str){0};
    return str_ends(line, STR("\r")) ? str_slice(line, 0, line.n - 1) : line;
}

static void read_request_line(str line, struct api_request *request)
{
    str target = {0};
    (void)!str_split(&line, ' ', &request->method);
    (void)!str_split(&line, ' ', &target);
    size_t mark = str_find_char(target, '?', 0);
    request->path = str_slice(target, 0, mark);
    request->query = mark == SIZE_MAX ? (str){0} : str_from(target, mark + 1);
}

static void read_headers(str *rest, struct api_header headers[HEADERS_MAX], struct api_request *request)
{
    for (str line = next_line(rest); line.n && request->header_count + 1 < HEADERS_MAX;
         line = next_line(rest)) {
        size_t colon = str_find_char(line, ':', 0);
        headers[request->header_count++] = (struct api_header){
            str_slice(line, 0, colon), colon == SIZE_MAX ? (str){0} : str_trim(str_from(line, colon + 1))};
    }
    if (!api_request_header(request, STR("Authorization")).n)
        headers[request->header_count++] =
            (struct api_header){STR("Authorization"), str_of_cstr(authorization)};
}

static void check_answer(struct api_call *call)
{
    struct arena arena;
    yyjson_val *root;
    must(call->response.status >= 200 && call->response.status < 600);
    must(call->response.header_count <= API_RESPONSE_HEADERS_MAX);
    if (call->response.status < 400) return;
    arena_init(&arena, 4 << 20);
    must(json_parse(&arena, buf_str(&call->response.body), &root) == OK);
    must(yyjson_obj_get(root, "error") != NULL);
    arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct api_header headers[HEADERS_MAX];
    struct api_request request = {.headers = headers, .local_address = STR("127.0.0.1:8080")};
    struct api_call call;
    str rest = str_of(data, size);
    read_request_line(next_line(&rest), &request);
    read_headers(&rest, headers, &request);
    api_call_init(&call, &api, &request);
    const char *complaint = guard_complaint(&request, "HTTP/1.1");
    if (complaint)
        api_call_refuse_framing(&call, complaint);
    else
        api_call_begin(&call);
    call.request.body = rest;
    if (!api_call_is_answered(&call) && api_call_handle(&call) == API_LATER) api_call_refuse_stopping(&call);
    check_answer(&call);
    api_call_fini(&call);
    return 0;
}
