/* jobs: batches from submission to their files, with several workers, over control_sqlite and persons in
 * memory.
 */
#include "unit.h"

#include <unistd.h>

#include "base/log.h"
#include "base/os.h"
#include "jobs_help.h"

static struct help_server server;

static int make_server(void **state)
{
    (void)state;
    help_server_init(&server);
    return 0;
}

static int remove_server(void **state)
{
    (void)state;
    help_server_fini(&server);
    return 0;
}

static int start(void **state)
{
    (void)state;
    help_start(&server);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    fake_records_slow(&server.persons, 0);
    help_stop(&server);
    return 0;
}

static struct batch run(uint32_t first, uint32_t count)
{
    struct uuid id = help_submit(&server, first, count);
    struct batch batch = help_wait_final(&server, id);
    assert_int_equal(BATCH_COMPLETED, batch.state);
    assert_int_equal(0, batch_pending_count(&batch));
    help_check_results(&server, &batch, first, count);
    return batch;
}

static void jobs_of_every_size_are_completed(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {1, 2, 9, 10, 11, 25, 40, 49, 50, 51, 99, 100, 101, 1000, 2345};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) run((uint32_t)i * 100, sizes[i]);
}

static void ten_thousand_identifiers(void **state)
{
    (void)state;
    int64_t start_us = os_monotonic_us();
    struct batch batch = run(0, 10000);
    print_message("10,000 identifiers: %" PRId64 " ms, checking them included\n",
                  (os_monotonic_us() - start_us) / 1000);
    assert_int_equal(250, batch.counts.of[OUTCOME_DUPLICATE]);
    assert_int_equal(400 - 50, batch.counts.of[OUTCOME_INVALID]);
    assert_true(batch_claim_count(&batch) > 10);
    assert_true(batch.started_us >= batch.created_us && batch.completed_us >= batch.started_us);
    assert_int_equal(server.settings.retention_us, batch.expires_us - batch.completed_us);
}

static void jobs_without_a_result_have_empty_files(void **state)
{
    (void)state;
    struct job_request *request = help_request(&server, 0, 500);
    for (size_t i = 0; i < 500; i++) request->inputs[i].text = STR("no address");
    assert_ok(help_try_submit(&server, request));
    struct batch batch = help_wait_final(&server, request->batch.id);
    assert_int_equal(BATCH_COMPLETED, batch.state);
    assert_int_equal(1, batch.counts.of[OUTCOME_INVALID]);
    assert_int_equal(499, batch.counts.of[OUTCOME_DUPLICATE]);
    str lines = help_lines(&server, batch.id, (struct result_file_name){RESULT_FILE_MERGED, 0});
    assert_int_equal(0, lines.n);
    free((void *)(uintptr_t)lines.p);
    help_request_free(request);
}

static void the_answer_has_the_stored_batch(void **state)
{
    (void)state;
    struct job_request *request = help_request(&server, 0, 77);
    request->chunk_size = 33;
    request->fields = STR("contact.business_emails.email,skills");
    request->webhook_url = STR("https://example.com/hook");
    assert_ok(help_try_submit(&server, request));
    assert_int_equal(BATCH_PENDING, request->batch.state);
    assert_int_equal(77, request->batch.identifier_count);
    assert_int_equal(33, request->batch.chunk_size);
    assert_str(STR("https://example.com/hook"), request->batch.webhook_url);
    struct batch batch = help_wait_final(&server, request->batch.id);
    assert_int_equal(BATCH_COMPLETED, batch.state);
    str lines = help_lines(&server, batch.id, (struct result_file_name){RESULT_FILE_MERGED, 0});
    assert_true(str_find(lines, STR("\"contact\":{\"business_emails\":[{\"email\":")) != SIZE_MAX);
    free((void *)(uintptr_t)lines.p);
    help_request_free(request);
}

static void unknown_fields_are_refused(void **state)
{
    (void)state;
    struct job_request *request = help_request(&server, 0, 5);
    request->fields = STR("skills,nonsense");
    assert_err(ERR_INVALID, help_try_submit(&server, request));
    help_request_free(request);
}

static void many_batches_share_the_workers(void **state)
{
    (void)state;
    struct uuid ids[40];
    for (uint32_t i = 0; i < 40; i++) ids[i] = help_submit(&server, i * 50, 300 + i);
    for (uint32_t i = 0; i < 40; i++) {
        struct batch batch = help_wait_final(&server, ids[i]);
        assert_int_equal(BATCH_COMPLETED, batch.state);
        help_check_results(&server, &batch, i * 50, 300 + i);
    }
}

static void accounts_have_a_limit(void **state)
{
    (void)state;
    fake_records_slow(&server.persons, 20000);
    help_stop(&server);
    server.settings.active_batches_max = 3;
    help_start(&server);
    struct job_request *request = help_request(&server, 0, 2000);
    struct uuid ids[3];
    for (int i = 0; i < 3; i++) ids[i] = help_submit(&server, 0, 1000);
    assert_err(ERR_LIMIT, help_try_submit(&server, request));
    assert_ok(help_write(&server, WRITE_CANCEL, ids[0]));
    assert_ok(help_try_submit(&server, request));
    assert_ok(help_write(&server, WRITE_CANCEL, request->batch.id));
    for (int i = 1; i < 3; i++) assert_ok(help_write(&server, WRITE_CANCEL, ids[i]));
    help_request_free(request);
    server.settings.active_batches_max = 1000;
}

static void cancelling_stops_within_a_claim(void **state)
{
    (void)state;
    fake_records_slow(&server.persons, 3000);
    struct uuid id = help_submit(&server, 0, 10000);
    help_wait_done(&server, id, 200);
    assert_ok(help_write(&server, WRITE_CANCEL, id));
    struct batch batch = help_get(&server, id);
    assert_int_equal(BATCH_FAILED, batch.state);
    assert_int_equal(BATCH_ERROR_CANCELLED, batch.error);
    assert_int_equal(10000, batch_counts_sum(&batch.counts));
    uint32_t done = 10000 - batch.counts.of[OUTCOME_CANCELLED];
    assert_true(done < 10000 && done % batch.claim_identifiers == 0); /* up to the first gap */
    help_check_results(&server, &batch, 0, done);
    uint32_t calls = fake_records_calls(&server.persons);
    usleep(50000);
    assert_true(fake_records_calls(&server.persons) - calls <= server.settings.worker_count);
    assert_ok(help_write(&server, WRITE_CANCEL, id));
}

static void erasing_stops_a_batch_too(void **state)
{
    (void)state;
    fake_records_slow(&server.persons, 3000);
    struct uuid id = help_submit(&server, 0, 10000);
    help_wait_done(&server, id, 200);
    assert_ok(help_write(&server, WRITE_ERASE, id));
    struct batch batch = help_get(&server, id);
    assert_true(batch.is_erased);
    usleep(20000);
    char pieces[FOLDER_PATH_MAX + 16];
    snprintf(pieces, sizeof pieces, "%s/pieces", server.folder);
    struct uuid_text name = uuid_text(id);
    char prefix[UUID_TEXT_BYTES + 1] = {0};
    memcpy(prefix, name.p, sizeof name.p);
    assert_int_equal(0, folder_count(pieces, prefix));
    run(0, 100);
}

/* A `done` that keeps the commit thread until it is told to go on. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static uint32_t done_count;

static void done_at_gate(struct job_request *request)
{
    (void)request;
    pthread_mutex_lock(&gate);
    done_count++;
    pthread_mutex_unlock(&gate);
}

static void full_queues_refuse(void **state)
{
    (void)state;
    help_stop(&server);
    server.settings.submit_queue_max = 4;
    help_start(&server);
    struct job_request *requests[20];
    uint32_t queued = 0, refused = 0;
    done_count = 0;
    pthread_mutex_lock(&gate);
    for (uint32_t i = 0; i < 20; i++) {
        requests[i] = help_request(&server, i, 10);
        requests[i]->done = done_at_gate;
        if (i == 1) usleep(50000); /* the first one is at the gate */
        enum err e = jobs_submit(server.jobs, requests[i]);
        assert_true(e == OK || e == ERR_BUSY);
        e == OK ? queued++ : refused++;
    }
    assert_int_equal(5, queued);
    assert_int_equal(15, refused);
    pthread_mutex_unlock(&gate);
    help_stop(&server);
    assert_int_equal(queued, done_count);
    for (uint32_t i = 0; i < 20; i++) help_request_free(requests[i]);
    server.settings.submit_queue_max = 1000;
    help_start(&server);
}

#define SUBMITTERS  8
#define SUBMISSIONS 40

static void *submitter(void *context)
{
    struct uuid *ids = context;
    for (uint32_t i = 0; i < SUBMISSIONS; i++) ids[i] = help_submit(&server, i, 15);
    return NULL;
}

static void submitters_are_answered_together(void **state)
{
    (void)state;
    static struct uuid ids[SUBMITTERS][SUBMISSIONS];
    pthread_t threads[SUBMITTERS];
    for (int i = 0; i < SUBMITTERS; i++) {
        assert_int_equal(0, pthread_create(&threads[i], NULL, submitter, ids[i]));
    }
    for (int i = 0; i < SUBMITTERS; i++) pthread_join(threads[i], NULL);
    for (uint32_t i = 0; i < SUBMITTERS * SUBMISSIONS; i++) {
        struct uuid id = ids[i / SUBMISSIONS][i % SUBMISSIONS];
        assert_int_equal(BATCH_COMPLETED, help_wait_final(&server, id).state);
    }
}

/* Everything at once: submissions, cancels and erasures from several threads. */
static void *vandal(void *context)
{
    unsigned luck = (unsigned)(uintptr_t)context;
    for (int i = 0; i < 25; i++) {
        struct uuid id = help_submit(&server, (uint32_t)i, 10 + (uint32_t)rand_r(&luck) % 500);
        usleep((useconds_t)rand_r(&luck) % 3000);
        enum control_write_kind kind = rand_r(&luck) % 2 ? WRITE_CANCEL : WRITE_ERASE;
        enum err e = help_write(&server, kind, id);
        assert_true(e == OK || (kind == WRITE_CANCEL && e == ERR_CONFLICT));
        struct batch batch = help_get(&server, id);
        assert_true(batch_state_is_final(batch.state));
        assert_int_equal(0, batch_pending_count(&batch));
    }
    return NULL;
}

static void cancels_and_erasures_at_any_moment(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; i++)
        assert_int_equal(0, pthread_create(&threads[i], NULL, vandal, (void *)i));
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    run(0, 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(jobs_of_every_size_are_completed),
        TEST(ten_thousand_identifiers),
        TEST(jobs_without_a_result_have_empty_files),
        TEST(the_answer_has_the_stored_batch),
        TEST(unknown_fields_are_refused),
        TEST(many_batches_share_the_workers),
        TEST(accounts_have_a_limit),
        TEST(cancelling_stops_within_a_claim),
        TEST(erasing_stops_a_batch_too),
        TEST(full_queues_refuse),
        TEST(submitters_are_answered_together),
        TEST(cancels_and_erasures_at_any_moment),
    };
    log_setup(LOG_ERROR, LOG_FORMAT_AUTO);
    return cmocka_run_group_tests_name("jobs", tests, make_server, remove_server);
}
