/* A list of connections, and a thread that looks at each of them a few times a second.
 *
 * Lock order: the list's, then a connection's. Requests take only their own connection's. */
#include "http/watch.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/os.h"
#include "crypto/uuid.h"
#include "jobs/stop_flag.h"

#define TICK_US ((int64_t)200000)
#define NEVER   INT64_MAX

struct watched {
    struct watch *watch;
    struct watched *next, *previous; /* guarded by the list's lock */
    int socket;
    pthread_mutex_t lock; /* guards what follows */
    enum watch_for what;
    int64_t end_us;        /* when all of it must be done */
    int64_t period_end_us; /* when the next period is over */
    uint64_t bytes;        /* of the body, so far */
    uint64_t bytes_before; /* progress when the period began; an answer's first one begins at 0 */
    bool is_cut;
};

struct watch {
    struct watch_limits limits;
    pthread_t thread;
    struct stop_flag stop;
    pthread_mutex_t lock; /* guards first and the links */
    struct watched *first;
};

/* ---- progress ---- */

/* What the kernel knows of the connection; zeros if it is gone. */
static struct tcp_info kernel_info(int socket)
{
    struct tcp_info info = {0};
    socklen_t n = sizeof info;
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &n) != 0) return (struct tcp_info){0};
    return info;
}

static uint64_t progress(const struct watched *watched)
{
    return watched->what == WATCH_READING ? kernel_info(watched->socket).tcpi_bytes_acked : watched->bytes;
}

static void begin_period(struct watched *watched, int64_t now_us)
{
    watched->period_end_us = now_us + watched->watch->limits.period_us;
    watched->bytes_before = progress(watched);
}

static bool is_too_slow(struct watched *watched, int64_t now_us)
{
    if (watched->is_cut) return false;
    if (now_us >= watched->end_us) return true;
    if (now_us < watched->period_end_us) return false;
    if (progress(watched) - watched->bytes_before < watched->watch->limits.bytes_min) return true;
    begin_period(watched, now_us);
    return false;
}

/* ---- cutting off ---- */

static void send_408(const struct watched *watched)
{
    static const char body[] =
        "{\"error\":{\"type\":\"request_timeout\",\"message\":\"The request took too long "
        "to arrive\",\"metadata\":[]}}\n";
    char text[512];
    int n = snprintf(text, sizeof text,
                     "HTTP/1.1 408 Request Timeout\r\nX-Request-Id: %.*s\r\nContent-Type: "
                     "application/json\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                     STR_ARG(UUID_STR(uuid_new())), sizeof body - 1, body);
    must(n > 0 && (size_t)n < sizeof text);
    if (send(watched->socket, text, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) != n) return;
}

/* Whether a request has begun and nothing of its answer was sent. A client that only opened a connection gets
 * no answer to what it did not ask. */
static bool can_be_answered(const struct watched *watched)
{
    if (watched->watch->limits.is_encrypted || watched->what == WATCH_READING) return false;
    return kernel_info(watched->socket).tcpi_bytes_received > 0;
}

/* Else the kernel would go on offering it to the client after the socket is closed. */
static void drop_unsent(const struct watched *watched)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(watched->socket, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

static void cut(struct watched *watched)
{
    static const char *const doings[] = {
        [WATCH_HEAD] = "sending a head", [WATCH_BODY] = "sending a body",          [WATCH_NOTHING] = "",
        [WATCH_READING] = "reading",     [WATCH_NEXT] = "sending another request",
    };
    if (watched->what == WATCH_READING) drop_unsent(watched);
    if (can_be_answered(watched)) send_408(watched);
    shutdown(watched->socket, SHUT_RDWR);
    watched->is_cut = true;
    log_debug("slow client cut off", LOG_CSTR("doing", doings[watched->what]));
}

static void look_at_all(struct watch *watch)
{
    int64_t now_us = os_monotonic_us();
    pthread_mutex_lock(&watch->lock);
    for (struct watched *watched = watch->first; watched; watched = watched->next) {
        pthread_mutex_lock(&watched->lock);
        if (is_too_slow(watched, now_us)) cut(watched);
        pthread_mutex_unlock(&watched->lock);
    }
    pthread_mutex_unlock(&watch->lock);
}

static void *run(void *context)
{
    struct watch *watch = context;
    while (!stop_flag_wait(&watch->stop, TICK_US)) look_at_all(watch);
    return NULL;
}

/* ---- the interface ---- */

static void release(struct watch *watch)
{
    pthread_mutex_destroy(&watch->lock);
    stop_flag_fini(&watch->stop);
    free(watch);
}

enum err watch_new(const struct watch_limits *limits, struct watch **ret)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (!watch) return err_raise(ERR_NOMEM, "no memory to watch connections");
    watch->limits = *limits;
    stop_flag_init(&watch->stop);
    must(pthread_mutex_init(&watch->lock, NULL) == 0);
    if (pthread_create(&watch->thread, NULL, run, watch) != 0) {
        release(watch);
        return err_raise(ERR_IO, "cannot start a thread");
    }
    *ret = watch;
    return OK;
}

void watch_free(struct watch *watch)
{
    if (!watch) return;
    must(!watch->first);
    stop_flag_raise(&watch->stop);
    pthread_join(watch->thread, NULL);
    release(watch);
}

/* libmicrohttpd closes a silent connection without a look at what the kernel still holds for the client: this
 * bounds how long it does. */
static void limit_unread(int socket, int64_t us)
{
    unsigned ms = (unsigned)(us / 1000);
    setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
}

struct watched *watch_add(struct watch *watch, int socket)
{
    struct watched *watched = calloc(1, sizeof *watched);
    if (!watched) return NULL;
    must(pthread_mutex_init(&watched->lock, NULL) == 0);
    watched->watch = watch;
    watched->socket = socket;
    watched->end_us = NEVER;
    limit_unread(socket, watch->limits.idle_us);
    watch_expect(watched, WATCH_HEAD);
    pthread_mutex_lock(&watch->lock);
    watched->next = watch->first;
    if (watch->first) watch->first->previous = watched;
    watch->first = watched;
    pthread_mutex_unlock(&watch->lock);
    return watched;
}

void watch_remove(struct watched *watched)
{
    struct watch *watch = watched->watch;
    pthread_mutex_lock(&watch->lock);
    if (watched->next) watched->next->previous = watched->previous;
    if (watched->previous) {
        watched->previous->next = watched->next;
    } else {
        watch->first = watched->next;
    }
    pthread_mutex_unlock(&watch->lock);
    pthread_mutex_destroy(&watched->lock);
    free(watched);
}

/* A head that has begun must not take longer than what was left for it to begin. */
static int64_t end_of(const struct watched *watched, enum watch_for what, int64_t now_us)
{
    const struct watch_limits *limits = &watched->watch->limits;
    switch (what) {
    case WATCH_HEAD:
        return now_us + limits->head_us < watched->end_us ? now_us + limits->head_us : watched->end_us;
    case WATCH_BODY:
        return now_us + limits->body_us;
    case WATCH_NEXT:
        return now_us + limits->idle_us + limits->head_us;
    case WATCH_NOTHING:
    case WATCH_READING:
        break;
    }
    return NEVER;
}

void watch_expect(struct watched *watched, enum watch_for what)
{
    int64_t now_us = os_monotonic_us();
    pthread_mutex_lock(&watched->lock);
    watched->end_us = end_of(watched, what, now_us);
    watched->what = what;
    watched->bytes = 0;
    watched->bytes_before = 0;
    watched->period_end_us =
        what == WATCH_BODY || what == WATCH_READING ? now_us + watched->watch->limits.period_us : NEVER;
    pthread_mutex_unlock(&watched->lock);
}

void watch_count(struct watched *watched, size_t bytes)
{
    pthread_mutex_lock(&watched->lock);
    watched->bytes += bytes;
    pthread_mutex_unlock(&watched->lock);
}
