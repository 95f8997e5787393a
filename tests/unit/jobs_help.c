#include "jobs_help.h"

#include "unit.h"

#include <unistd.h>
#include <zlib.h>

#include "base/json.h"
#include "base/os.h"
#include "entity/project.h"
#include "store/control_sqlite.h"
#include "waiter.h"

#define ARENA_BYTES_MAX ((size_t)512 << 20)
#define WAIT_US         (INT64_C(20) * 1000 * 1000)

void help_server_init(struct help_server *server)
{
    *server = (struct help_server){.settings = {
                                       .worker_count = 3,
                                       .active_batches_max = 1000,
                                       .submit_queue_max = 1000,
                                       .piece_raw_bytes = 64 << 10,
                                       .prepared_batches_max = 8,
                                       .identifier_bytes_max = IDENTIFIER_BYTES_MAX,
                                       .retention_us = INT64_C(5) * 86400 * 1000000,
                                       .reap_period_us = INT64_C(60) * 1000000,
                                       .checkpoint_us = 50000,
                                       .chunk_memory_bytes = 64 << 20,
                                   }};
    folder_make(server->folder);
    fake_records_init(&server->persons, ENTITY_PERSON, HELP_PERSONS * 2);
    fake_records_init(&server->companies, ENTITY_COMPANY, 1);
    fake_records_fill(&server->persons, HELP_PERSONS, HELP_PERSON_BYTES);
}

void help_server_fini(struct help_server *server)
{
    fake_records_fini(&server->persons);
    fake_records_fini(&server->companies);
    folder_remove(server->folder);
}

static int64_t make_account(struct control *control)
{
    struct api_key key = {.account_name = STR("one"), .name = STR("test"), .created_us = 1}, found;
    char text[TOKEN_TEXT_BYTES];
    struct arena arena;
    arena_init(&arena, 1 << 20);
    token_new(text, &key.token);
    assert_ok(control->ops->key_create(control, &key));
    assert_ok(control->ops->key_find(control, key.token.id, &arena, &found));
    arena_fini(&arena);
    return found.account_id;
}

void help_start(struct help_server *server)
{
    const struct control_sqlite_settings settings = {
        .lease_us = 2000000, .served_batches_max = server->settings.prepared_batches_max};
    struct records *const records[ENTITY_COUNT] = {&server->persons.base, &server->companies.base};
    assert_ok(control_sqlite_open(server->folder, CONTROL_SERVE, &settings, &server->control));
    if (!server->account_id) server->account_id = make_account(server->control);
    if (server->suppression_secret.n) {
        assert_ok(suppression_open(server->control, server->suppression_secret, &server->suppression));
        server->settings.suppression = server->suppression;
    }
    assert_ok(jobs_start(&server->settings, server->control, records, &server->jobs));
}

void help_stop(struct help_server *server)
{
    jobs_stop(server->jobs);
    suppression_close(server->suppression);
    server->control->ops->close(server->control);
    server->jobs = NULL;
    server->control = NULL;
    server->suppression = server->settings.suppression = NULL;
}

/* ---- requests ---- */

enum position { KNOWN, UNKNOWN, INVALID, REPEATED };

static enum position position_of(uint32_t i)
{
    if (i % 40 == 39) return REPEATED;
    if (i % 25 == 24) return INVALID;
    return i % 10 == 9 ? UNKNOWN : KNOWN;
}

/* Identifier number i of a list that begins at `first`. */
static void add_identifier(struct buf *out, uint32_t first, uint32_t i)
{
    if (position_of(i) == REPEATED) i--;
    switch (position_of(i)) {
    case INVALID:
        buf_add_format(out, "not an address %u", first + i);
        return;
    case UNKNOWN:
        buf_add_format(out, "nobody-%u@example.com", first + i);
        return;
    case KNOWN:
    case REPEATED:
        buf_add_format(out, "Person-%u@example.com", (first + i) % HELP_PERSONS + 1);
        return;
    }
}

static void request_done(struct job_request *request)
{
    waiter_wake(request->context);
}

static void write_done(struct control_write *write)
{
    waiter_wake(write->context);
}

struct job_request *help_request(struct help_server *server, uint32_t first, uint32_t count)
{
    struct job_request *request = calloc(1, sizeof *request);
    struct buf text;
    buf_init(&text, 256);
    *request = (struct job_request){
        .account_id = server->account_id,
        .entity = ENTITY_PERSON,
        .action = ACTION_ENRICH,
        .identifier_kind = IDENTIFIER_BUSINESS_EMAIL,
        .input_count = count,
        .chunk_size = 10,
        .arena = calloc(1, sizeof *request->arena),
    };
    arena_init(request->arena, ARENA_BYTES_MAX);
    request->inputs = arena_array(request->arena, count, sizeof *request->inputs);
    for (uint32_t i = 0; i < count; i++) {
        buf_clear(&text);
        add_identifier(&text, first, i);
        request->inputs[i].text = arena_copy(request->arena, buf_str(&text));
    }
    buf_fini(&text);
    return request;
}

void help_request_free(struct job_request *request)
{
    arena_fini(request->arena);
    free(request->arena);
    free(request);
}

enum err help_try_submit(struct help_server *server, struct job_request *request)
{
    struct waiter waiter = WAITER_INIT;
    request->done = request_done;
    request->context = &waiter;
    TRY(jobs_submit(server->jobs, request));
    waiter_wait(&waiter);
    return request->result;
}

struct uuid help_submit(struct help_server *server, uint32_t first, uint32_t count)
{
    struct job_request *request = help_request(server, first, count);
    assert_ok(help_try_submit(server, request));
    struct uuid id = request->batch.id;
    help_request_free(request);
    return id;
}

enum err help_write(struct help_server *server, enum control_write_kind kind, struct uuid id)
{
    struct waiter waiter = WAITER_INIT;
    struct control_write write = {.kind = kind,
                                  .account_id = server->account_id,
                                  .batch_id = id,
                                  .retention_us = server->settings.retention_us,
                                  .done = write_done,
                                  .context = &waiter};
    TRY(jobs_write(server->jobs, &write));
    waiter_wait(&waiter);
    return write.result;
}

/* ---- progress ---- */

struct batch help_get(struct help_server *server, struct uuid id)
{
    struct arena arena;
    struct batch batch;
    arena_init(&arena, 1 << 20);
    assert_ok(server->control->ops->batch_get_any(server->control, id, &arena, &batch));
    batch.fields = batch.webhook_url = batch.error_message = (str){0};
    arena_fini(&arena);
    return batch;
}

struct batch help_wait_final(struct help_server *server, struct uuid id)
{
    int64_t end_us = os_monotonic_us() + WAIT_US;
    for (;;) {
        struct batch batch = help_get(server, id);
        if (batch_state_is_final(batch.state)) return batch;
        if (os_monotonic_us() > end_us) fail_msg("the batch does not end");
        usleep(1000);
    }
}

void help_wait_done(struct help_server *server, struct uuid id, uint32_t identifiers)
{
    int64_t end_us = os_monotonic_us() + WAIT_US;
    for (;;) {
        struct batch batch = help_get(server, id);
        if (batch_counts_sum(&batch.counts) >= identifiers) return;
        if (os_monotonic_us() > end_us) fail_msg("the batch does not get on");
        usleep(500);
    }
}

/* ---- files ---- */

static str copy_extents(const struct batch_pieces *pieces, const struct result_extent *extents, size_t count,
                        size_t bytes)
{
    char *copy = malloc(bytes + 1);
    size_t n = 0;
    assert_non_null(copy);
    for (size_t i = 0; i < count; i++) {
        const char *from = extents[i].is_literal ? extents[i].p : pieces->bytes + extents[i].offset;
        memcpy(copy + n, from, extents[i].n);
        n += extents[i].n;
    }
    assert_int_equal(bytes, n);
    return str_of(copy, n);
}

str help_file(struct help_server *server, struct uuid id, struct result_file_name name)
{
    struct batch batch = help_get(server, id);
    struct batch_pieces pieces;
    struct result_file file;
    struct result_extent *extents;
    struct arena arena;
    size_t count;
    arena_init(&arena, ARENA_BYTES_MAX);
    assert_ok(server->control->ops->pieces_open(server->control, id, &pieces));
    assert_ok(result_file_open(&batch, pieces.pairs, pieces.count, name, &arena, &file));
    assert_ok(result_file_extents(&file, 0, file.bytes, &arena, &extents, &count));
    str bytes = copy_extents(&pieces, extents, count, (size_t)file.bytes);
    server->control->ops->pieces_close(server->control, &pieces);
    arena_fini(&arena);
    return bytes;
}

str help_lines(struct help_server *server, struct uuid id, struct result_file_name name)
{
    str file = help_file(server, id, name);
    size_t room = file.n * 64 + 65536;
    char *lines = malloc(room);
    z_stream z = {.next_in = (Bytef *)(uintptr_t)file.p,
                  .avail_in = (uInt)file.n,
                  .next_out = (Bytef *)lines,
                  .avail_out = (uInt)room};
    assert_int_equal(Z_OK, inflateInit2(&z, 31));
    assert_int_equal(Z_STREAM_END, inflate(&z, Z_FINISH));
    assert_int_equal(0, z.avail_in);
    size_t n = z.total_out;
    inflateEnd(&z);
    free((void *)(uintptr_t)file.p);
    return str_of(lines, n);
}

static void add_unresolved(struct buf *out, str identifier, const char *reason)
{
    buf_add(out, STR("{\"original_identifier\":"));
    json_add_str(out, identifier);
    buf_add_format(out, ",\"reason\":\"%s\"}\n", reason);
}

/* The line of a known person without the end: the record is a test of its own. */
static void add_result_start(struct buf *out, str identifier, uint32_t id)
{
    buf_add(out, STR("{\"original_identifier\":"));
    json_add_str(out, identifier);
    buf_add_format(out, ",\"internal_id\":%u,\"data\":{\"crustdata_person_id\":%u,", id, id);
}

static void check_result_line(str *lines, str identifier, uint32_t id)
{
    struct buf start;
    str line;
    buf_init(&start, 1024);
    add_result_start(&start, identifier, id);
    assert_true(str_split(lines, '\n', &line));
    if (!str_starts(line, buf_str(&start))) {
        fail_msg("expected %.*s..., got %.*s", STR_ARG(buf_str(&start)), STR_ARG(str_slice(line, 0, 200)));
    }
    assert_true(str_ends(line, STR("}}")));
    buf_fini(&start);
}

static void check_parts(struct help_server *server, const struct batch *batch, str merged)
{
    size_t at = 0;
    for (uint32_t part = 0; part < result_part_count(batch); part++) {
        struct result_file_name name = {RESULT_FILE_PART, part};
        str lines = help_lines(server, batch->id, name);
        assert_str(str_slice(merged, at, at + lines.n), lines);
        at += lines.n;
        free((void *)(uintptr_t)lines.p);
    }
    assert_int_equal(merged.n, at);
}

void help_check_results(struct help_server *server, const struct batch *batch, uint32_t first, uint32_t end)
{
    static const char *const reasons[] = {"", "not_found", "invalid_identifier", "duplicate"};
    str merged = help_lines(server, batch->id, (struct result_file_name){RESULT_FILE_MERGED, 0});
    str unresolved = help_lines(server, batch->id, (struct result_file_name){RESULT_FILE_UNRESOLVED, 0});
    str rest = merged;
    struct buf expected, identifier;
    buf_init(&expected, ARENA_BYTES_MAX);
    buf_init(&identifier, 256);
    for (uint32_t i = 0; i < end; i++) {
        buf_clear(&identifier);
        add_identifier(&identifier, first, i);
        if (position_of(i) == KNOWN) {
            check_result_line(&rest, buf_str(&identifier), (first + i) % HELP_PERSONS + 1);
        } else {
            add_unresolved(&expected, buf_str(&identifier), reasons[position_of(i)]);
        }
    }
    assert_int_equal(0, rest.n);
    assert_str(buf_str(&expected), unresolved);
    if (end == batch->identifier_count) check_parts(server, batch, merged);
    buf_fini(&expected);
    buf_fini(&identifier);
    free((void *)(uintptr_t)merged.p);
    free((void *)(uintptr_t)unresolved.p);
}
