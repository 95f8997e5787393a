/* Each allocation fails once, and from each one on all of them do: at the start, in requests, in the commit
 * of a submission, in the work on it and in its completion. Nothing crashes, nothing leaks (under
 * AddressSanitizer), what is refused is refused as out of memory, and what was accepted is completed.
 */
#include "unit.h"

#include <unistd.h>

#include "alloc_fault.h"
#include "api_help.h"
#include "base/log.h"
#include "hooks/hooks.h"
#include "jobs_help.h"
#include "store/control_sqlite.h"

#define IDENTIFIERS 300
#define BATCHES_MAX 4096

/* ---- requests ---- */

/* A call with every allocation from `number` on failing, or just that one; false: none was left to fail. */
static bool call_with_fault(struct api_world *world, const char *method, const char *target, str body,
                            uint32_t number, bool is_lasting)
{
    snprintf(world->authorization, sizeof world->authorization, "Bearer %.*s", (int)sizeof world->text,
             world->text);
    const char *const headers[] = {"Authorization",
                                   world->authorization,
                                   "x-api-version",
                                   "2025-11-01",
                                   "Idempotency-Key",
                                   "a-key",
                                   NULL};
    api_begin(world, "GET", "/healthz", NULL); /* ends the call before: not what is tested */
    alloc_fault_arm(number, is_lasting);
    api_begin(world, method, target, headers);
    if (world->call.wants_body) {
        world->call.request.body = body;
        enum api_progress progress = api_call_handle(&world->call);
        assert_true(progress == API_LATER || api_call_is_answered(&world->call));
    }
    uint32_t hits = alloc_fault_disarm();
    unsigned status = world->call.response.status;
    if (hits && status != 0 && status != 503 && status != 404 && status != 200)
        fail_msg("allocation %u of %s %s: status %u", number, method, target, status);
    return hits > 0;
}

static void check_call_in(struct api_world *world, const char *method, const char *target, str body,
                          uint32_t least)
{
    for (int is_lasting = 0; is_lasting < 2; is_lasting++) {
        uint32_t number = 1;
        while (call_with_fault(world, method, target, body, number, is_lasting)) number++;
        assert_true(number > least);
    }
}

static void check_call(const char *method, const char *target, str body, uint32_t least)
{
    struct api_world world;
    api_world_init(&world);
    check_call_in(&world, method, target, body, least);
    api_world_fini(&world);
}

static void requests_without_memory(void **state)
{
    (void)state;
    struct buf body;
    buf_init(&body, 1 << 20);
    buf_add(&body, STR("{\"fields\":[\"basic_profile.name\",\"experience\"],\"business_emails\":["));
    for (int i = 0; i < 5000; i++) buf_add_format(&body, "%s\"person-%d@example.com\"", i ? "," : "", i);
    buf_add(&body, STR("]}"));
    check_call("POST", "/batch/person/enrich", buf_str(&body), 5);
    check_call("GET", "/nothing/here", (str){0}, 1);
    buf_fini(&body);
}

/* ---- submissions and work ---- */

static struct help_server server;
static struct uuid accepted[BATCHES_MAX];
static size_t accepted_count;

/* Ids of final batches come here, without an allocation. */
static struct {
    pthread_mutex_t lock; /* guards all */
    struct uuid ids[BATCHES_MAX];
    size_t count;
} finals = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void note_final(void *context, struct uuid id)
{
    (void)context;
    pthread_mutex_lock(&finals.lock);
    must(finals.count < BATCHES_MAX);
    finals.ids[finals.count++] = id;
    pthread_mutex_unlock(&finals.lock);
}

static bool is_final(struct uuid id)
{
    bool is_found = false;
    pthread_mutex_lock(&finals.lock);
    for (size_t i = finals.count; i-- > 0 && !is_found;) is_found = uuid_eq(finals.ids[i], id);
    pthread_mutex_unlock(&finals.lock);
    return is_found;
}

static int set_up(void **state)
{
    (void)state;
    accepted_count = finals.count = 0;
    help_server_init(&server);
    server.settings.active_batches_max = BATCHES_MAX;
    server.settings.worker_count = 16;          /* what fails is tried again after a while: */
    server.settings.prepared_batches_max = 256; /* nobody else waits for that */
    server.settings.on_final = note_final;
    help_start(&server);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    alloc_fault_disarm();
    help_stop(&server);
    help_server_fini(&server);
    return 0;
}

static void take_accepted(const struct job_request *request)
{
    assert_true(accepted_count < BATCHES_MAX);
    accepted[accepted_count++] = request->batch.id;
}

/* Waits until the fault was met or the batch is final. */
static void wait_for_fault(struct uuid id)
{
    for (int i = 0; !alloc_fault_hits() && !is_final(id); i++) {
        assert_true(i < 100000);
        usleep(100);
    }
}

/* False: the batch was completed without the fault. */
static bool submit_with_fault(uint32_t number, bool is_lasting, size_t *refused)
{
    struct job_request *request = help_request(&server, 0, IDENTIFIERS);
    alloc_fault_arm(number, is_lasting);
    enum err e = help_try_submit(&server, request);
    if (e == OK && !is_lasting) wait_for_fault(request->batch.id);
    bool is_hit = alloc_fault_disarm() > 0;
    if (e == OK) {
        take_accepted(request);
    } else {
        assert_err(ERR_NOMEM, e);
        ++*refused;
    }
    help_request_free(request);
    return is_hit;
}

static void check_accepted(void)
{
    for (size_t i = 0; i < accepted_count; i++) {
        struct batch batch = help_wait_final(&server, accepted[i]);
        assert_int_equal(BATCH_COMPLETED, batch.state);
        if (i % 20 == 0) help_check_results(&server, &batch, 0, IDENTIFIERS);
    }
}

static void each_allocation_of_a_job_fails_once(void **state)
{
    (void)state;
    size_t refused = 0;
    uint32_t number = 1;
    help_wait_final(&server, help_submit(&server, 0, IDENTIFIERS)); /* what is prepared once, is */
    uint32_t step = getenv("ENRICHD_EVERY_ALLOCATION") ? 1 : 3;
    while (submit_with_fault(number, false, &refused)) number += step;
    check_accepted();
    if (number < 40 || refused < 10 || accepted_count < 15)
        fail_msg("%u points, %zu refused, %zu accepted", number, refused, accepted_count);
}

static void from_each_allocation_on_all_fail(void **state)
{
    (void)state;
    size_t refused = 0;
    uint32_t number = 1;
    while (submit_with_fault(number, true, &refused)) number++;
    check_accepted();
    assert_true(number > 20 && refused > 10);
}

/* ---- starting and reading ---- */

/* All that has threads or tables of its own, opened and closed again. */
static enum err start_and_stop(void)
{
    const struct control_sqlite_settings settings = {.lease_us = 2000000, .served_batches_max = 8};
    const struct hooks_settings hooks_settings = {.attempts_max = 8};
    struct records *const records[ENTITY_COUNT] = {&server.persons.base, &server.companies.base};
    struct control *control = NULL;
    struct jobs *jobs = NULL;
    struct hooks *hooks = NULL;
    enum err e = control_sqlite_open(server.folder, CONTROL_SERVE, &settings, &control);
    if (e == OK) e = jobs_start(&server.settings, control, records, &jobs);
    if (e == OK) e = hooks_new(&hooks_settings, control, &hooks);
    hooks_free(hooks);
    jobs_stop(jobs);
    if (control) control->ops->close(control);
    return e;
}

static void a_start_without_memory(void **state)
{
    (void)state;
    help_stop(&server);
    for (int is_lasting = 0; is_lasting < 2; is_lasting++) {
        uint32_t hits = 1, refused = 0;
        for (uint32_t number = 1; hits; number++) {
            alloc_fault_arm(number, is_lasting);
            enum err e = start_and_stop();
            hits = alloc_fault_disarm();
            if (e != OK) assert_err(ERR_NOMEM, e);
            refused += e != OK;
        }
        assert_true(refused > 20);
    }
    help_start(&server);
}

/* The key that the world's calls carry, in the server's account. */
static void make_key(struct api_world *world)
{
    struct api_key key = {.account_name = STR("one"), .name = STR("reader"), .created_us = 1};
    token_new(world->text, &key.token);
    assert_ok(server.control->ops->key_create(server.control, &key));
    world->api.control = server.control;
}

static void reads_without_memory(void **state)
{
    (void)state;
    struct api_world world;
    struct batch batch = help_wait_final(&server, help_submit(&server, 0, IDENTIFIERS));
    char paths[2][80];
    str id = UUID_STR(batch.id);
    snprintf(paths[0], sizeof paths[0], "/batch/%.*s", STR_ARG(id));
    snprintf(paths[1], sizeof paths[1], "/batch/%.*s/deliveries", STR_ARG(id));
    const char *targets[] = {paths[0],           paths[1],
                             "/batch",           "/batch?status=completed",
                             "/account/credits", "/account/usage/summary"};
    api_world_init(&world);
    make_key(&world);
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        check_call_in(&world, "GET", targets[i], (str){0}, 1);
    api_world_fini(&world);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(requests_without_memory),
        TEST(a_start_without_memory),
        TEST(reads_without_memory),
        TEST(each_allocation_of_a_job_fails_once),
        TEST(from_each_allocation_on_all_fail),
    };
    alloc_fault_init();
    log_setup(LOG_ERROR, LOG_FORMAT_AUTO);
    return cmocka_run_group_tests_name("allocations", tests, NULL, NULL);
}
