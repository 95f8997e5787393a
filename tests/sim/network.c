/* Trips of events and what becomes of them. */
#include "sim/network.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/os.h"
#include "hooks/hooks.h"
#include "sim/threads.h"

#define TRIPS_MAX 32
#define SEEN_MAX  4096

enum fate {
    FATE_DELIVERED,
    FATE_ANSWER_LOST, /* the receiver has it, the sender does not know */
    FATE_REFUSED,     /* 500 */
    FATE_SILENT,      /* until the time is up */
    FATE_LATER,       /* 429 with Retry-After */
    FATE_GONE,        /* 410 */
};
#define FATE_COUNT 6

struct trip {
    const struct transfer *transfer; /* NULL: no trip */
    void *owner;
    enum fate fate;
    int64_t end_us; /* monotonic */
    bool is_told;   /* curl_multi_info_read has named it */
};

struct arrival {
    struct webhook_id id;
    struct uuid batch_id;
};

static struct {
    bool has_trouble;
    struct trip trips[TRIPS_MAX];
    struct arrival seen[SEEN_MAX];
    uint32_t seen_count, attempt_count, failure_count;
    pthread_mutex_t lock; /* of the poll */
    pthread_cond_t changed;
    bool is_woken;
} net;

void network_trouble(bool has_trouble)
{
    net.has_trouble = has_trouble;
}

void network_crash(void)
{
    memset(net.trips, 0, sizeof net.trips);
    net.is_woken = false;
}

struct network_seen network_seen(struct uuid event, struct uuid batch_id)
{
    struct network_seen result = {0};
    struct webhook_id id = webhook_id(event);
    for (uint32_t i = 0; i < net.seen_count; i++) {
        if (!uuid_eq(net.seen[i].batch_id, batch_id)) continue;
        bool is_same = memcmp(net.seen[i].id.p, id.p, WEBHOOK_ID_BYTES) == 0;
        result.count += is_same;
        result.has_other |= !is_same;
    }
    return result;
}

uint32_t network_attempt_count(void)
{
    return net.attempt_count;
}

uint32_t network_failure_count(void)
{
    return net.failure_count;
}

/* ---- trips ---- */

static struct trip *trip_of(const struct transfer *transfer)
{
    for (int i = 0; i < TRIPS_MAX; i++) {
        if (net.trips[i].transfer == transfer) return &net.trips[i];
    }
    must(false && "every transfer has a trip");
    return NULL;
}

/* The body is the batch's id: see sim.c. */
static void arrive(const struct transfer_request *request)
{
    struct arrival *arrival = &net.seen[net.seen_count++];
    must(net.seen_count <= SEEN_MAX && request->webhook_id.n == WEBHOOK_ID_BYTES);
    memcpy(arrival->id.p, request->webhook_id.p, WEBHOOK_ID_BYTES);
    must(uuid_parse(request->body, &arrival->batch_id) == OK);
}

void __wrap_transfer_init(struct transfer *transfer, const struct transfer_settings *settings);
void __wrap_transfer_init(struct transfer *transfer, const struct transfer_settings *settings)
{
    *transfer = (struct transfer){.settings = settings};
}

void __wrap_transfer_fini(struct transfer *transfer);
void __wrap_transfer_fini(struct transfer *transfer)
{
    (void)transfer;
}

enum err __wrap_transfer_begin(struct transfer *transfer, CURLM *multi,
                               const struct transfer_request *request, void *owner);
enum err __wrap_transfer_begin(struct transfer *transfer, CURLM *multi,
                               const struct transfer_request *request, void *owner)
{
    struct trip *trip = trip_of(NULL);
    bool is_good = !net.has_trouble || threads_chance(2);
    enum fate fate = is_good ? FATE_DELIVERED : (enum fate)threads_random(FATE_COUNT);
    int64_t us = fate == FATE_SILENT ? transfer->settings->timeout_us : threads_random(50000);
    (void)multi;
    *trip = (struct trip){transfer, owner, fate, os_monotonic_us() + us, false};
    if (fate == FATE_DELIVERED || fate == FATE_ANSWER_LOST) arrive(request);
    net.attempt_count++;
    return OK;
}

struct transfer_result __wrap_transfer_end(struct transfer *transfer, CURLM *multi, CURLcode code);
struct transfer_result __wrap_transfer_end(struct transfer *transfer, CURLM *multi, CURLcode code)
{
    struct trip *trip = trip_of(transfer);
    enum fate fate = trip->fate;
    (void)multi;
    *trip = (struct trip){0};
    net.failure_count += fate != FATE_DELIVERED;
    if (code != CURLE_OK) return (struct transfer_result){.error = STR("no answer")};
    switch (fate) {
    case FATE_DELIVERED:
        return (struct transfer_result){.status = 200};
    case FATE_REFUSED:
        return (struct transfer_result){.status = 500, .error = STR("status")};
    case FATE_LATER:
        return (struct transfer_result){.status = 429, .error = STR("status"), .retry_after_us = 3000000};
    case FATE_GONE:
        return (struct transfer_result){.status = 410, .error = STR("status")};
    case FATE_ANSWER_LOST:
    case FATE_SILENT:
        break;
    }
    return (struct transfer_result){.error = STR("no answer")};
}

/* ---- libcurl ---- */

CURLcode __wrap_curl_global_init(long flags);
CURLcode __wrap_curl_global_init(long flags)
{
    (void)flags;
    return CURLE_OK;
}

void __wrap_curl_global_cleanup(void);
void __wrap_curl_global_cleanup(void) {}

CURLM *__wrap_curl_multi_init(void);
CURLM *__wrap_curl_multi_init(void)
{
    pthread_condattr_t monotonic;
    pthread_mutex_init(&net.lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&net.changed, &monotonic);
    return (CURLM *)&net;
}

CURLMcode __wrap_curl_multi_cleanup(CURLM *multi);
CURLMcode __wrap_curl_multi_cleanup(CURLM *multi)
{
    (void)multi;
    return CURLM_OK;
}

CURLMcode __wrap_curl_multi_perform(CURLM *multi, int *ret_running);
CURLMcode __wrap_curl_multi_perform(CURLM *multi, int *ret_running)
{
    (void)multi;
    *ret_running = 0;
    return CURLM_OK;
}

CURLMsg *__wrap_curl_multi_info_read(CURLM *multi, int *ret_left);
CURLMsg *__wrap_curl_multi_info_read(CURLM *multi, int *ret_left)
{
    static CURLMsg message;
    (void)multi;
    *ret_left = 0;
    for (int i = 0; i < TRIPS_MAX; i++) {
        struct trip *trip = &net.trips[i];
        if (!trip->transfer || trip->is_told || trip->end_us > os_monotonic_us()) continue;
        trip->is_told = true;
        message = (CURLMsg){.msg = CURLMSG_DONE, .easy_handle = (CURL *)trip};
        message.data.result = CURLE_OK;
        return &message;
    }
    return NULL;
}

/* Only the owner is ever asked for. */
CURLcode __wrap_curl_easy_getinfo(CURL *handle, CURLINFO info, ...);
CURLcode __wrap_curl_easy_getinfo(CURL *handle, CURLINFO info, ...)
{
    va_list arguments;
    must(info == CURLINFO_PRIVATE);
    va_start(arguments, info);
    *va_arg(arguments, void **) = ((struct trip *)handle)->owner;
    va_end(arguments);
    return CURLE_OK;
}

static int64_t next_end_us(int64_t latest_us)
{
    for (int i = 0; i < TRIPS_MAX; i++) {
        const struct trip *trip = &net.trips[i];
        if (trip->transfer && !trip->is_told && trip->end_us < latest_us) latest_us = trip->end_us;
    }
    return latest_us;
}

CURLMcode __wrap_curl_multi_poll(CURLM *multi, struct curl_waitfd *more, unsigned more_count, int timeout_ms,
                                 int *ret_count);
CURLMcode __wrap_curl_multi_poll(CURLM *multi, struct curl_waitfd *more, unsigned more_count, int timeout_ms,
                                 int *ret_count)
{
    int64_t until_us = next_end_us(os_monotonic_us() + (int64_t)timeout_ms * 1000);
    struct timespec until = {until_us / 1000000, until_us % 1000000 * 1000};
    int code = 0;
    (void)multi;
    must(!more && !more_count && !ret_count);
    pthread_mutex_lock(&net.lock);
    while (!net.is_woken && !code) code = pthread_cond_timedwait(&net.changed, &net.lock, &until);
    net.is_woken = false;
    pthread_mutex_unlock(&net.lock);
    return CURLM_OK;
}

CURLMcode __wrap_curl_multi_wakeup(CURLM *multi);
CURLMcode __wrap_curl_multi_wakeup(CURLM *multi)
{
    (void)multi;
    pthread_mutex_lock(&net.lock);
    net.is_woken = true;
    pthread_cond_signal(&net.changed);
    pthread_mutex_unlock(&net.lock);
    return CURLM_OK;
}
