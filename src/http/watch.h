/* Cuts off clients that are too slow.
 *
 * libmicrohttpd knows only inactivity: who sends a byte now and then may hold a connection for ever. Here
 * each connection says what its client has to do next, and a thread shuts down the sockets of those that take
 * too long: for the whole head, for the whole body, or for too few bytes of a body or an answer in a period.
 * Where nothing was answered yet and the connection is not encrypted, it sends a 408 first.
 */
#ifndef ENRICHD_HTTP_WATCH_H
#define ENRICHD_HTTP_WATCH_H

#include "base/str.h"

struct watch;   /* all connections, and the thread */
struct watched; /* one connection */

struct watch_limits {
    int64_t head_us;    /* from a new connection, or a request line, to the end of the head */
    int64_t idle_us;    /* between an answer and the next request; libmicrohttpd closes silent ones itself */
    int64_t body_us;    /* from the head to the end of the body */
    uint64_t bytes_min; /* least progress of a body or an answer in a period; 0: any */
    int64_t period_us;  /* > 0 */
    bool is_encrypted;  /* no 408 can be sent */
};

/* What the client has to do. */
enum watch_for {
    WATCH_HEAD,    /* send the rest of a head */
    WATCH_BODY,    /* send a body; watch_count is told of its bytes */
    WATCH_NOTHING, /* it is the server's turn */
    WATCH_READING, /* take the answer */
    WATCH_NEXT,    /* send another request, if it likes */
};

/* ERR_NOMEM, ERR_IO: no thread. */
enum err watch_new(const struct watch_limits *limits, struct watch **ret) MUST_USE;
void watch_free(struct watch *watch); /* no connection is left; accepts NULL */

/* A new connection, which has to send a head. NULL: no memory, the connection should be closed. The socket
 * stays the caller's; watch_remove comes before it is closed. Any thread, as everything below. */
struct watched *watch_add(struct watch *watch, int socket);
void watch_remove(struct watched *watched);

void watch_expect(struct watched *watched, enum watch_for what);
void watch_count(struct watched *watched, size_t bytes);

#endif
