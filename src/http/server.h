/* The HTTP server: libmicrohttpd around api/.
 *
 * Event threads with epoll; a request's head is checked for framing before anything else (guard.h), its body
 * is collected up to the route's limit, the connection is suspended while the disk is awaited, result files
 * are sent from mapped bytes.
 */
#ifndef ENRICHD_HTTP_SERVER_H
#define ENRICHD_HTTP_SERVER_H

#include "api/api.h"
#include "http/listen.h"

struct http_server;

struct http_settings {
    enum api_side side;    /* whose routes are served */
    bool has_tls;          /* with the certificate of tls_load (tls.h) */
    uint32_t thread_count; /* event threads; >= 1 */
    uint32_t backlog;      /* connections that wait to be accepted */
    uint32_t connections_max;
    uint32_t connections_per_ip_max;  /* 0: no limit */
    uint32_t connection_memory_bytes; /* default 32 KiB: libmicrohttpd zeroes it for each request */
    uint32_t headers_max;             /* of a request */
    size_t bodies_memory_bytes;       /* of all request bodies together; >= that of the longest one */
    int64_t idle_timeout_us;          /* whole seconds */
    int64_t head_timeout_us, body_timeout_us;
    uint64_t rate_min_bytes; /* a second, of bodies and answers; 0: any */
    int64_t rate_period_us;  /* over which that is measured */
};

/* Starts serving. api outlives the server. The listener's socket is the server's from here on, also after a
 * failure, and listener->file is none. ERR_IO with err_detail(): the address is taken. */
enum err http_server_start(const struct http_settings *settings, struct listener *listener, struct api *api,
                           struct http_server **ret) MUST_USE;

/* Stops accepting connections and waits, up to timeout_us, until no request is under way. Connections that
 * are kept alive go on being answered. */
void http_server_quiesce(struct http_server *server, int64_t timeout_us);

/* Refuses calls that would have to wait, waits for those that do, then closes all connections and frees.
 * Afterwards nothing calls into api/ or jobs/ any more. Whoever resumes calls must still be running: stop the
 * jobs later. */
void http_server_stop(struct http_server *server);

#endif
