/* The thread that accepts connections and deals them out to the event threads.
 *
 * Event threads that accept for themselves do not share: epoll wakes the one that began to wait first, as
 * long as it has nothing else to do, so that of 16 connections one thread of two got 14 (measured).
 */
#ifndef ENRICHD_HTTP_ACCEPT_H
#define ENRICHD_HTTP_ACCEPT_H

#include <microhttpd.h>

#include "base/os.h"

struct accept;

/* Starts the thread. daemon: accepts none for itself. socket: listens; it and the daemon outlive the thread.
 * connections_max: while the daemon has as many, others wait in the socket's queue. ERR_NOMEM, ERR_IO. */
enum err accept_start(struct MHD_Daemon *daemon, struct os_file socket, uint32_t connections_max,
                      struct accept **ret) MUST_USE;

/* Shuts the socket, so that nobody else connects, and waits for the thread. NULL is accepted. */
void accept_stop(struct accept *accept);

#endif
