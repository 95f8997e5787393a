/* Starting and stopping libmicrohttpd, and counting what is under way. */
#include "http/server.h"

#include <microhttpd.h>
#include <pthread.h>

#include "base/os.h"
#include "http/accept.h"
#include "http/exchange.h"
#include "http/tls.h"

struct http_server {
    struct exchange_scene scene;
    struct watch *watch;
    struct MHD_Daemon *daemon;
    struct listener listener;
    struct accept *accept;
    pthread_mutex_t lock; /* guards under_way */
    pthread_cond_t idle;  /* under_way is 0 */
    size_t under_way;     /* requests between their request line and the end of their answer */
};

static void count(struct http_server *server, bool begins)
{
    pthread_mutex_lock(&server->lock);
    server->under_way += begins ? 1 : (size_t)-1;
    if (server->under_way == 0) pthread_cond_broadcast(&server->idle);
    pthread_mutex_unlock(&server->lock);
}

static struct watched *watched_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info->socket_context;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **watched,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http_server *server = context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *watched = watch_add(server->watch, info->connect_fd);
    } else if (*watched) {
        watch_remove(*watched);
    }
}

static void *on_request_line(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct http_server *server = context;
    struct watched *watched = watched_of(connection);
    if (!watched) return NULL;
    watch_expect(watched, WATCH_HEAD);
    struct exchange *exchange = exchange_new(&server->scene, watched, uri);
    if (exchange) count(server, true);
    return exchange;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **exchange,
                         enum MHD_RequestTerminationCode why)
{
    (void)why;
    if (!*exchange) return;
    exchange_free(*exchange);
    *exchange = NULL;
    watch_expect(watched_of(connection), WATCH_NEXT);
    count(context, false);
}

static enum MHD_Result on_access(void *context, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *upload,
                                 size_t *upload_bytes, void **exchange)
{
    (void)context;
    (void)url;
    if (!*exchange) return MHD_NO; /* no memory for it */
    return exchange_handle(*exchange, connection, method, version, upload, upload_bytes);
}

/* Paths and queries stay as they were sent; api/ decodes what it needs. */
static size_t leave_escapes(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static struct MHD_Daemon *start_daemon(const struct http_settings *settings, struct http_server *server)
{
    /* A pool of one thread is refused by libmicrohttpd: then the option is left out. */
    struct MHD_OptionItem threads[] = {
        {settings->thread_count > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END,
         (intptr_t)settings->thread_count, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, (void *)(uintptr_t)tls_choose},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    if (settings->has_tls) flags |= MHD_USE_TLS;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_access, server, MHD_OPTION_LISTEN_SOCKET, server->listener.file.fd,
        MHD_OPTION_URI_LOG_CALLBACK, on_request_line, server, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
        server, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_UNESCAPE_CALLBACK,
        leave_escapes, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)settings->connections_max,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)settings->connections_per_ip_max,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)settings->connection_memory_bytes,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(settings->idle_timeout_us / 1000000), MHD_OPTION_ARRAY,
        threads, MHD_OPTION_ARRAY, settings->has_tls ? tls : &tls[2], MHD_OPTION_END);
}

static void server_free(struct http_server *server)
{
    watch_free(server->watch);
    allowance_fini(&server->scene.bodies);
    gate_fini(&server->scene.gate);
    pthread_cond_destroy(&server->idle);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

static enum err start_watch(const struct http_settings *settings, struct http_server *server)
{
    struct watch_limits limits = {
        .head_us = settings->head_timeout_us,
        .idle_us = settings->idle_timeout_us,
        .body_us = settings->body_timeout_us,
        .bytes_min = settings->rate_min_bytes * (uint64_t)settings->rate_period_us / 1000000,
        .period_us = settings->rate_period_us,
        .is_encrypted = settings->has_tls,
    };
    return watch_new(&limits, &server->watch);
}

static enum err start_all(const struct http_settings *settings, struct http_server *server)
{
    TRY(listen_begin(&server->listener, settings->backlog));
    TRY(start_watch(settings, server));
    server->scene.local_address = str_of_cstr(server->listener.address);
    server->daemon = start_daemon(settings, server);
    if (!server->daemon) return err_raise(ERR_IO, "libmicrohttpd does not start");
    MHD_quiesce_daemon(server->daemon); /* it starts no pool of threads without a socket */
    return accept_start(server->daemon, server->listener.file, settings->connections_max, &server->accept);
}

enum err http_server_start(const struct http_settings *settings, struct listener *listener, struct api *api,
                           struct http_server **ret)
{
    struct http_server *server = calloc(1, sizeof *server);
    if (!server) {
        os_close(&listener->file);
        return err_raise(ERR_NOMEM, "no memory for the HTTP server");
    }
    server->scene.api = api;
    server->scene.side = settings->side;
    server->scene.headers_max = settings->headers_max;
    server->listener = *listener;
    listener->file = OS_FILE_NONE;
    must(pthread_mutex_init(&server->lock, NULL) == 0);
    must(pthread_cond_init(&server->idle, NULL) == 0);
    gate_init(&server->scene.gate);
    allowance_init(&server->scene.bodies, settings->bodies_memory_bytes);
    enum err e = start_all(settings, server);
    if (e != OK) {
        http_server_stop(server);
        return e;
    }
    *ret = server;
    return OK;
}

static void wait_until_idle(struct http_server *server, int64_t timeout_us)
{
    int64_t end_us = os_now_us() + timeout_us;
    struct timespec end = {end_us / 1000000, end_us % 1000000 * 1000};
    pthread_mutex_lock(&server->lock);
    while (server->under_way > 0 && pthread_cond_timedwait(&server->idle, &server->lock, &end) == 0) continue;
    pthread_mutex_unlock(&server->lock);
}

static void stop_accepting(struct http_server *server)
{
    accept_stop(server->accept);
    server->accept = NULL;
    os_close(&server->listener.file);
}

void http_server_quiesce(struct http_server *server, int64_t timeout_us)
{
    stop_accepting(server);
    wait_until_idle(server, timeout_us);
}

void http_server_stop(struct http_server *server)
{
    stop_accepting(server);
    gate_close(&server->scene.gate);
    if (server->daemon) MHD_stop_daemon(server->daemon);
    server_free(server);
}
