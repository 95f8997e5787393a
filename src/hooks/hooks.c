/* The delivery thread: one loop over libcurl's multi interface.
 *
 * The queue is the table of deliveries; in memory is only what is being tried. A flight is one attempt from
 * the moment it begins until its outcome is durable, so that nothing is tried twice at a time. Outcomes are
 * written many at once, one write after the other, while attempts go on.
 */
#include "hooks/hooks.h"

#include <pthread.h>

#include "base/log.h"
#include "base/os.h"

#define BODY_BYTES_MAX   ((size_t)64 << 20)
#define BATCH_BYTES_MAX  ((size_t)4 << 20) /* a batch's texts, its key's, a signature */
#define SIGNATURES_BYTES ((size_t)128)     /* two of them */
#define DUE_BYTES_MAX    ((size_t)64 << 20)
#define SLEEP_US_MAX     (INT64_C(10) * 1000000) /* the clock may step */
#define PAUSE_US         (INT64_C(1) * 1000000)  /* after the store failed */

enum flight_state {
    FLIGHT_FREE,
    FLIGHT_RUNNING, /* libcurl has it */
    FLIGHT_LANDED,  /* the outcome waits for the write before it */
    FLIGHT_WRITING,
};

struct flight {
    enum flight_state state;
    struct delivery delivery;     /* without its texts */
    struct request_id request_id; /* of its batch; empty if that could not be read */
    int64_t started_us;           /* wall clock */
    int64_t started_mono_us;
    struct buf body;
    struct transfer transfer;
    struct delivery_outcome outcome;
};

struct hooks {
    struct hooks_settings settings;
    struct control *control;
    struct jobs *jobs;
    CURLM *multi;
    pthread_t thread;
    bool has_thread;

    pthread_mutex_t lock; /* guards the three below; the thread is woken when one is set */
    bool is_woken;
    bool is_written;
    bool is_stopping;

    /* The thread's own. */
    struct flight *flights; /* settings.attempts_max */
    struct arena scratch;
    bool is_writing;
    struct control_write write;
    struct delivery_outcome *outcomes; /* of the write; settings.attempts_max */
    int64_t due_us;                    /* look for deliveries then; 0: at once; INT64_MAX: when woken */
    int64_t write_us;                  /* monotonic: not before, after a write that failed */
};

struct webhook_id webhook_id(struct uuid event)
{
    struct webhook_id id;
    memcpy(id.p, "msg_", 4);
    memcpy(id.p + 4, uuid_text(event).p, UUID_TEXT_BYTES);
    return id;
}

/* ---- an attempt ---- */

/* The secret of now, and for a while the one before it. */
static void add_signatures(const struct hooks *hooks, const struct api_key *key, const struct flight *flight,
                           str id, struct buf *out)
{
    const struct hook_secrets *secrets = &hooks->settings.secrets;
    int64_t timestamp_s = flight->started_us / 1000000;
    bool has_two = key->secret_version > 1 &&
                   flight->started_us - key->secret_changed_us < hooks->settings.secret_overlap_us;
    struct hook_secret secret = hook_secret(secrets, key->token.id, key->secret_version);
    hook_signature_add(out, &secret, id, timestamp_s, buf_str(&flight->body));
    if (!has_two) return;
    secret = hook_secret(secrets, key->token.id, key->secret_version - 1);
    buf_add_char(out, ' ');
    hook_signature_add(out, &secret, id, timestamp_s, buf_str(&flight->body));
}

static enum err send_body(struct hooks *hooks, struct flight *flight, const struct api_key *key, str url)
{
    struct buf signatures;
    str id = WEBHOOK_ID_STR(flight->delivery.id);
    buf_init(&signatures, SIGNATURES_BYTES);
    add_signatures(hooks, key, flight, id, &signatures);
    struct transfer_request request = {
        .url = url,
        .webhook_id = id,
        .timestamp_s = flight->started_us / 1000000,
        .signature = buf_str(&signatures),
        .body = buf_str(&flight->body),
    };
    enum err e = buf_check(&signatures);
    if (e == OK) e = transfer_begin(&flight->transfer, hooks->multi, &request, flight);
    buf_fini(&signatures);
    return e;
}

static enum err begin(struct hooks *hooks, struct flight *flight, str url)
{
    struct batch batch;
    struct api_key key;
    const struct control_ops *ops = hooks->control->ops;
    const struct hook_body *body = &hooks->settings.body;
    TRY(ops->batch_get_any(hooks->control, flight->delivery.batch_id, &hooks->scratch, &batch));
    flight->request_id = request_id_of(&batch);
    TRY(ops->key_find(hooks->control, batch.key_id, &hooks->scratch, &key));
    buf_clear(&flight->body);
    body->add(body->context, &batch, &flight->body);
    TRY(buf_check(&flight->body));
    return send_body(hooks, flight, &key, url);
}

/* What becomes of the delivery after this result. */
static void decide(const struct hooks *hooks, const struct flight *flight,
                   const struct transfer_result *result, struct delivery_outcome *ret)
{
    uint32_t random;
    os_random(&random, sizeof random);
    ret->next_us = 0;
    if (!result->error.n) {
        ret->state = DELIVERY_DELIVERED;
    } else if (result->status != 410 &&
               hook_schedule_next(&hooks->settings.schedule, flight->delivery.tried + 1,
                                  result->retry_after_us, random, os_now_us(), &ret->next_us)) {
        ret->state = DELIVERY_PENDING;
    } else {
        ret->state = DELIVERY_GIVEN_UP;
    }
}

static void log_outcome(const struct flight *flight, const struct transfer_result *result)
{
    const struct delivery_outcome *outcome = &flight->outcome;
    const char *message = outcome->state == DELIVERY_DELIVERED ? "webhook delivered"
                          : outcome->state == DELIVERY_PENDING ? "webhook failed, will be tried again"
                                                               : "webhook given up";
    log_at(outcome->state == DELIVERY_DELIVERED ? LOG_INFO : LOG_WARN, message,
           LOG_STR("request_id", str_of(flight->request_id.p, flight->request_id.n)),
           LOG_STR("webhook_id", WEBHOOK_ID_STR(outcome->delivery_id)),
           LOG_STR("batch_id", UUID_STR(flight->delivery.batch_id)),
           LOG_INT("attempt", flight->delivery.tried + 1), LOG_INT("status", result->status),
           LOG_STR("error", result->error), LOG_INT("ms", outcome->attempt.duration_ms));
}

static void land(struct hooks *hooks, struct flight *flight, struct transfer_result result)
{
    flight->outcome = (struct delivery_outcome){
        .delivery_id = flight->delivery.id,
        .attempt = {.started_us = flight->started_us,
                    .duration_ms = (uint32_t)((os_monotonic_us() - flight->started_mono_us) / 1000),
                    .status = result.status,
                    .error = result.error},
    };
    decide(hooks, flight, &result, &flight->outcome);
    log_outcome(flight, &result);
    flight->state = FLIGHT_LANDED;
}

static void start(struct hooks *hooks, struct flight *flight, const struct delivery *delivery)
{
    flight->delivery = *delivery;
    flight->delivery.url = (str){0};
    flight->request_id.n = 0;
    flight->started_us = os_now_us();
    flight->started_mono_us = os_monotonic_us();
    flight->state = FLIGHT_RUNNING;
    enum err e = begin(hooks, flight, delivery->url);
    arena_reset(&hooks->scratch);
    if (e == OK) return;
    log_error("a webhook cannot be sent", LOG_STR("webhook_id", WEBHOOK_ID_STR(delivery->id)),
              LOG_CSTR("error", err_name(e)), LOG_CSTR("detail", err_detail()));
    land(hooks, flight, (struct transfer_result){.error = STR("internal error")});
}

static void take_landed(struct hooks *hooks)
{
    int left;
    for (const CURLMsg *message; (message = curl_multi_info_read(hooks->multi, &left));) {
        struct flight *flight;
        if (message->msg != CURLMSG_DONE) continue;
        must(curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &flight) == CURLE_OK);
        land(hooks, flight, transfer_end(&flight->transfer, hooks->multi, message->data.result));
    }
}

/* ---- what is due ---- */

static struct flight *find_free(struct hooks *hooks)
{
    for (uint32_t i = 0; i < hooks->settings.attempts_max; i++) {
        if (hooks->flights[i].state == FLIGHT_FREE) return &hooks->flights[i];
    }
    return NULL;
}

static bool is_flying(const struct hooks *hooks, struct uuid id)
{
    for (uint32_t i = 0; i < hooks->settings.attempts_max; i++) {
        const struct flight *flight = &hooks->flights[i];
        if (flight->state != FLIGHT_FREE && uuid_eq(flight->delivery.id, id)) return true;
    }
    return false;
}

/* Those that fly are the longest due of their lanes, so they take their places in each limit of the query. */
static enum err start_due(struct hooks *hooks, struct arena *arena)
{
    struct delivery *due;
    size_t count;
    int64_t next_us;
    struct delivery_query query = {
        .now_us = os_now_us(),
        .lane_max = hooks->settings.host_attempts_max,
        .account_max = hooks->settings.account_attempts_max,
        .max = hooks->settings.attempts_max,
    };
    TRY(hooks->control->ops->deliveries_due(hooks->control, &query, arena, &due, &count, &next_us));
    hooks->due_us = next_us ? next_us : INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        struct flight *flight = find_free(hooks);
        if (!flight) break;
        if (!is_flying(hooks, due[i].id)) start(hooks, flight, &due[i]);
    }
    return OK;
}

static void look(struct hooks *hooks)
{
    struct arena arena;
    if (os_now_us() < hooks->due_us || !find_free(hooks)) return;
    arena_init(&arena, DUE_BYTES_MAX);
    enum err e = start_due(hooks, &arena);
    arena_fini(&arena);
    if (e == OK) return;
    hooks->due_us = os_now_us() + PAUSE_US;
    log_error("webhook deliveries cannot be read", LOG_CSTR("error", err_name(e)),
              LOG_CSTR("detail", err_detail()));
}

/* ---- outcomes ---- */

static void wake_for(struct hooks *hooks, bool *flag)
{
    pthread_mutex_lock(&hooks->lock);
    *flag = true;
    must(curl_multi_wakeup(hooks->multi) == CURLM_OK);
    pthread_mutex_unlock(&hooks->lock);
}

static void written(struct control_write *write)
{
    struct hooks *hooks = write->context;
    wake_for(hooks, &hooks->is_written);
}

static void change_all(struct hooks *hooks, enum flight_state from, enum flight_state to)
{
    for (uint32_t i = 0; i < hooks->settings.attempts_max; i++) {
        if (hooks->flights[i].state == from) hooks->flights[i].state = to;
    }
}

static size_t gather_outcomes(struct hooks *hooks)
{
    size_t count = 0;
    for (uint32_t i = 0; i < hooks->settings.attempts_max; i++) {
        if (hooks->flights[i].state == FLIGHT_LANDED) hooks->outcomes[count++] = hooks->flights[i].outcome;
    }
    return count;
}

static void write_failed(struct hooks *hooks, enum err e)
{
    change_all(hooks, FLIGHT_WRITING, FLIGHT_LANDED);
    hooks->write_us = os_monotonic_us() + PAUSE_US;
    log_error("outcomes of webhooks cannot be stored, will be tried again", LOG_CSTR("error", err_name(e)));
}

static void write_outcomes(struct hooks *hooks)
{
    if (hooks->is_writing || os_monotonic_us() < hooks->write_us) return;
    size_t count = gather_outcomes(hooks);
    if (count == 0) return;
    change_all(hooks, FLIGHT_LANDED, FLIGHT_WRITING);
    hooks->write = (struct control_write){
        .kind = WRITE_OUTCOMES,
        .outcomes = hooks->outcomes,
        .outcome_count = count,
        .done = written,
        .context = hooks,
    };
    enum err e = jobs_write_outcomes(hooks->jobs, &hooks->write);
    hooks->is_writing = e == OK;
    if (e != OK) write_failed(hooks, e);
}

static void take_written(struct hooks *hooks)
{
    hooks->is_writing = false;
    if (hooks->write.result != OK) {
        write_failed(hooks, hooks->write.result);
        return;
    }
    change_all(hooks, FLIGHT_WRITING, FLIGHT_FREE);
    hooks->due_us = 0; /* more may have been waiting for the places */
}

/* ---- the loop ---- */

static uint32_t count_flights(const struct hooks *hooks, enum flight_state state)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < hooks->settings.attempts_max; i++) count += hooks->flights[i].state == state;
    return count;
}

static bool has_flights(const struct hooks *hooks)
{
    return count_flights(hooks, FLIGHT_FREE) < hooks->settings.attempts_max;
}

/* Takes what other threads have said; whether to stop. */
static bool listen_to_others(struct hooks *hooks)
{
    pthread_mutex_lock(&hooks->lock);
    bool is_woken = hooks->is_woken, is_written = hooks->is_written, is_stopping = hooks->is_stopping;
    hooks->is_woken = hooks->is_written = false;
    pthread_mutex_unlock(&hooks->lock);
    if (is_written) take_written(hooks);
    if (is_woken) hooks->due_us = 0;
    return is_stopping;
}

static void sleep_until_something(struct hooks *hooks)
{
    int64_t us = hooks->due_us - os_now_us();
    if (!find_free(hooks) || us > SLEEP_US_MAX) us = SLEEP_US_MAX;
    if (!hooks->is_writing && count_flights(hooks, FLIGHT_LANDED)) us = PAUSE_US;
    if (us > 0) curl_multi_poll(hooks->multi, NULL, 0, (int)(us / 1000) + 1, NULL);
}

static void step(struct hooks *hooks)
{
    int running;
    must(curl_multi_perform(hooks->multi, &running) == CURLM_OK);
    take_landed(hooks);
    write_outcomes(hooks);
}

/* Attempts that do not end in time are forgotten: the next start makes them again. */
static void drain(struct hooks *hooks)
{
    int64_t until_us = os_monotonic_us() + hooks->settings.stop_timeout_us;
    hooks->due_us = INT64_MAX;
    while (has_flights(hooks) && (hooks->is_writing || os_monotonic_us() < until_us)) {
        step(hooks);
        curl_multi_poll(hooks->multi, NULL, 0, 10, NULL);
        (void)listen_to_others(hooks);
    }
    for (uint32_t i = 0; i < hooks->settings.attempts_max; i++) {
        struct flight *flight = &hooks->flights[i];
        if (flight->state == FLIGHT_RUNNING)
            (void)transfer_end(&flight->transfer, hooks->multi, CURLE_ABORTED_BY_CALLBACK);
    }
}

static void *run(void *context)
{
    struct hooks *hooks = context;
    while (!listen_to_others(hooks)) {
        look(hooks);
        step(hooks);
        sleep_until_something(hooks);
    }
    drain(hooks);
    return NULL;
}

/* ---- start and stop ---- */

void hooks_free(struct hooks *hooks)
{
    if (!hooks) return;
    for (uint32_t i = 0; hooks->flights && i < hooks->settings.attempts_max; i++) {
        transfer_fini(&hooks->flights[i].transfer);
        buf_fini(&hooks->flights[i].body);
    }
    curl_multi_cleanup(hooks->multi);
    curl_global_cleanup();
    arena_fini(&hooks->scratch);
    pthread_mutex_destroy(&hooks->lock);
    free(hooks->outcomes);
    free(hooks->flights);
    free(hooks);
}

static enum err set_up(struct hooks *hooks)
{
    uint32_t max = hooks->settings.attempts_max;
    must(curl_global_init(CURL_GLOBAL_DEFAULT) == 0);
    hooks->multi = curl_multi_init();
    hooks->flights = calloc(max, sizeof *hooks->flights);
    hooks->outcomes = calloc(max, sizeof *hooks->outcomes);
    if (!hooks->multi || !hooks->flights || !hooks->outcomes)
        return err_raise(ERR_NOMEM, "no memory for webhooks");
    for (uint32_t i = 0; i < max; i++) {
        transfer_init(&hooks->flights[i].transfer, &hooks->settings.transfer);
        buf_init(&hooks->flights[i].body, BODY_BYTES_MAX);
    }
    return OK;
}

enum err hooks_new(const struct hooks_settings *settings, struct control *control, struct hooks **ret)
{
    struct hooks *hooks = malloc(sizeof *hooks);
    if (!hooks) return err_raise(ERR_NOMEM, "no memory for webhooks");
    *hooks = (struct hooks){.settings = *settings, .control = control};
    must(pthread_mutex_init(&hooks->lock, NULL) == 0);
    arena_init(&hooks->scratch, BATCH_BYTES_MAX);
    enum err e = set_up(hooks);
    if (e != OK) {
        hooks_free(hooks);
        return e;
    }
    *ret = hooks;
    return OK;
}

enum err hooks_start(struct hooks *hooks, struct jobs *jobs)
{
    hooks->jobs = jobs;
    hooks->has_thread = pthread_create(&hooks->thread, NULL, run, hooks) == 0;
    return hooks->has_thread ? OK : err_raise(ERR_IO, "cannot start the delivery thread");
}

void hooks_stop(struct hooks *hooks)
{
    if (!hooks || !hooks->has_thread) return;
    wake_for(hooks, &hooks->is_stopping);
    must(pthread_join(hooks->thread, NULL) == 0);
    hooks->has_thread = false;
}

void hooks_wake(struct hooks *hooks)
{
    if (hooks) wake_for(hooks, &hooks->is_woken);
}
