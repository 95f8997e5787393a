/* Starting and stopping libmicrohttpd, and counting what is under way. */
#include "http/server.h"

#include <microhttpd.h>
#include <pthread.h>

#include "base/os.h"
#include "http/exchange.h"
#include "http/listen.h"

struct http_server {
    struct api *api;
    enum api_side side;
    struct MHD_Daemon *daemon;
    struct os_file socket; /* ours again after quiescing */
    char address[LISTEN_ADDRESS_BYTES_MAX];
    pthread_mutex_t lock; /* guards under_way */
    pthread_cond_t idle;  /* under_way is 0 */
    size_t under_way;     /* requests between their request line and the end of their answer */
    struct gate gate;
};

static void count(struct http_server *server, bool begins)
{
    pthread_mutex_lock(&server->lock);
    server->under_way += begins ? 1 : (size_t)-1;
    if (server->under_way == 0) pthread_cond_broadcast(&server->idle);
    pthread_mutex_unlock(&server->lock);
}

static void *on_request_line(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct http_server *server = context;
    (void)connection;
    struct exchange *exchange =
        exchange_new(server->api, server->side, &server->gate, str_of_cstr(server->address), uri);
    if (exchange) count(server, true);
    return exchange;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **exchange,
                         enum MHD_RequestTerminationCode why)
{
    (void)connection;
    (void)why;
    if (!*exchange) return;
    exchange_free(*exchange);
    *exchange = NULL;
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
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_access, server,
        MHD_OPTION_LISTEN_SOCKET, server->socket.fd, MHD_OPTION_URI_LOG_CALLBACK, on_request_line, server,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)settings->connections_max, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)settings->connections_per_ip_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)settings->connection_memory_bytes, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)settings->idle_timeout_s, MHD_OPTION_ARRAY, threads, MHD_OPTION_END);
}

static void server_free(struct http_server *server)
{
    os_close(&server->socket);
    gate_fini(&server->gate);
    pthread_cond_destroy(&server->idle);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

enum err http_server_start(const struct http_settings *settings, struct api *api, struct http_server **ret,
                           char ret_address[64])
{
    struct http_server *server = calloc(1, sizeof *server);
    if (!server) return err_raise(ERR_NOMEM, "no memory for the HTTP server");
    server->api = api;
    server->side = settings->side;
    server->socket = OS_FILE_NONE;
    must(pthread_mutex_init(&server->lock, NULL) == 0);
    must(pthread_cond_init(&server->idle, NULL) == 0);
    gate_init(&server->gate);
    enum err e = listen_open(settings->listen, &server->socket, server->address);
    if (e == OK) {
        server->daemon = start_daemon(settings, server);
        if (!server->daemon) e = err_raise(ERR_IO, "libmicrohttpd does not start");
    }
    if (e != OK) {
        server_free(server);
        return e;
    }
    memcpy(ret_address, server->address, sizeof server->address);
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

void http_server_quiesce(struct http_server *server, int64_t timeout_us)
{
    MHD_quiesce_daemon(server->daemon);
    os_close(&server->socket);
    wait_until_idle(server, timeout_us);
}

void http_server_stop(struct http_server *server)
{
    gate_close(&server->gate);
    MHD_stop_daemon(server->daemon);
    server_free(server);
}
