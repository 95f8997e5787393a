/* The fake store, and calls that are begun and handled. */
#include "api_help.h"

#include "api/rate.h"
#include "base/json.h"

static enum err key_find(struct control *control, const char id[TOKEN_ID_BYTES], struct arena *arena,
                         struct api_key *ret)
{
    const struct fake_keys *keys = (const struct fake_keys *)control;
    (void)arena;
    if (keys->key_error != OK) return keys->key_error;
    if (memcmp(id, keys->key.token.id, TOKEN_ID_BYTES) != 0) return ERR_NOT_FOUND;
    *ret = keys->key;
    return OK;
}

static const struct control_ops ops = {.key_find = key_find};

void api_world_init(struct api_world *world)
{
    *world = (struct api_world){
        .keys = {.control = {&ops}, .key = {.account_id = 7}},
        .api = {.limits = {.body_bytes_max = 1 << 20,
                           .request_memory_bytes = 16 << 20,
                           .batch_identifiers_max = 10000,
                           .batch_active_max = 5,
                           .enrich_identifiers_max = 25,
                           .identifier_bytes_max = IDENTIFIER_BYTES_MAX,
                           .fields_max = 1024,
                           .request_id_bytes_max = 64,
                           .usage_endpoints_max = 50,
                           .usage_days = 7,
                           .wait_s_max = 60,
                           .chunk_size_default = 100,
                           .chunk_size_min = 10,
                           .chunk_size_max = 1000,
                           .requests_per_minute = 60000,
                           .link_validity_us = INT64_C(3600000000)}},
    };
    world->api.control = &world->keys.control;
    token_new(world->text, &world->keys.key.token);
    assert_ok(rate_new(&world->api.rate));
}

static void end_call(struct api_world *world)
{
    if (world->call.api) api_call_fini(&world->call);
    world->call.api = NULL;
}

void api_world_fini(struct api_world *world)
{
    end_call(world);
    rate_free(world->api.rate);
}

void api_begin(struct api_world *world, const char *method, const char *target, const char *const *headers)
{
    str text = str_of_cstr(target);
    size_t mark = str_find_char(text, '?', 0);
    struct api_request request = {
        .method = str_of_cstr(method),
        .path = str_slice(text, 0, mark),
        .query = mark == SIZE_MAX ? (str){0} : str_from(text, mark + 1),
        .headers = world->headers,
    };
    for (; headers && *headers; headers += 2) {
        assert_true(request.header_count < sizeof world->headers / sizeof *world->headers);
        world->headers[request.header_count++] =
            (struct api_header){str_of_cstr(headers[0]), str_of_cstr(headers[1])};
    }
    end_call(world);
    api_call_init(&world->call, &world->api, &request);
    api_call_begin(&world->call);
}

void api_submit(struct api_world *world, str body)
{
    snprintf(world->authorization, sizeof world->authorization, "Bearer %.*s", (int)sizeof world->text,
             world->text);
    const char *const headers[] = {"Authorization", world->authorization, "x-api-version", "2025-11-01",
                                   NULL};
    api_begin(world, "POST", "/batch/person/enrich", headers);
    assert_true(world->call.wants_body);
    world->call.request.body = body;
    enum api_progress progress = api_call_handle(&world->call);
    assert_true(api_call_is_answered(&world->call) == (progress == API_DONE));
}

str api_answer_header(const struct api_world *world, const char *name)
{
    const struct api_response *response = &world->call.response;
    for (size_t i = 0; i < response->header_count; i++) {
        if (str_eq_nocase(response->headers[i].name, str_of_cstr(name))) return response->headers[i].value;
    }
    return (str){0};
}

size_t api_answer_header_count(const struct api_world *world, const char *name)
{
    const struct api_response *response = &world->call.response;
    size_t count = 0;
    for (size_t i = 0; i < response->header_count; i++)
        count += str_eq_nocase(response->headers[i].name, str_of_cstr(name));
    return count;
}

/* The body is one error object, well-formed, and nothing else. */
static void check_envelope(str body, bool is_401)
{
    struct arena arena;
    yyjson_val *root;
    arena_init(&arena, 16 << 20);
    assert_ok(json_parse(&arena, body, &root));
    yyjson_val *error = yyjson_obj_get(root, "error");
    assert_int_equal(is_401 ? 2 : 1, yyjson_obj_size(root));
    assert_int_equal(3, yyjson_obj_size(error));
    assert_true(yyjson_is_str(yyjson_obj_get(error, "type")) &&
                yyjson_is_str(yyjson_obj_get(error, "message")) &&
                yyjson_is_arr(yyjson_obj_get(error, "metadata")));
    arena_fini(&arena);
}

void api_expect_error(const struct api_world *world, unsigned status, const char *text)
{
    str body = buf_str(&world->call.response.body);
    if (world->call.response.status != status || str_find(body, str_of_cstr(text)) == SIZE_MAX) {
        fail_msg("expected %u with \"%s\", got %u: %.*s", status, text, world->call.response.status,
                 STR_ARG(str_trim(body)));
    }
    check_envelope(body, status == 401);
    assert_str(STR("application/json"), api_answer_header(world, "Content-Type"));
    assert_int_equal(1, api_answer_header_count(world, "Content-Type"));
    assert_int_equal(status == 429 || status == 503, api_answer_header_count(world, "Retry-After"));
}
