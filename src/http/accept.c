/* One loop around accept4. */
#include "http/accept.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#define PAUSE_MS 10 /* until a descriptor or a connection may be free again */

struct accept {
    struct MHD_Daemon *daemon;
    struct os_file socket;
    uint32_t connections_max;
    pthread_t thread;
};

static bool is_full(const struct accept *accept)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(accept->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info && info->num_connections >= accept->connections_max;
}

/* Waits for a connection, or only that long; false when the socket is shut. */
static bool wait_for(const struct accept *accept, short events, int timeout_ms)
{
    struct pollfd waiting = {.fd = accept->socket.fd, .events = events};
    return poll(&waiting, 1, timeout_ms) <= 0 || !(waiting.revents & POLLHUP);
}

static bool is_out_of_something(int number)
{
    return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM;
}

/* libmicrohttpd chooses the thread by the descriptor's number, and those of connections that come together
 * follow each other. It closes the socket itself if it does not want the connection. False: there is no room.
 */
static bool take(const struct accept *accept)
{
    struct sockaddr_storage address;
    struct sockaddr *p = (struct sockaddr *)&address;
    socklen_t n = sizeof address;
    if (is_full(accept)) return false;
    int fd = accept4(accept->socket.fd, p, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return !is_out_of_something(errno);
    (void)MHD_add_connection(accept->daemon, fd, p, n);
    return true;
}

static void *run(void *context)
{
    const struct accept *accept = context;
    os_name_thread("accept");
    while (wait_for(accept, POLLIN, -1)) {
        if (!take(accept) && !wait_for(accept, 0, PAUSE_MS)) break;
    }
    return NULL;
}

enum err accept_start(struct MHD_Daemon *daemon, struct os_file socket, uint32_t connections_max,
                      struct accept **ret)
{
    struct accept *accept = malloc(sizeof *accept);
    if (!accept) return err_raise(ERR_NOMEM, "no memory to accept connections");
    *accept = (struct accept){.daemon = daemon, .socket = socket, .connections_max = connections_max};
    if (pthread_create(&accept->thread, NULL, run, accept) != 0) {
        free(accept);
        return err_raise(ERR_IO, "cannot start a thread");
    }
    *ret = accept;
    return OK;
}

void accept_stop(struct accept *accept)
{
    if (!accept) return;
    shutdown(accept->socket.fd, SHUT_RDWR);
    must(pthread_join(accept->thread, NULL) == 0);
    free(accept);
}
