/* Who waits for a resume: a count of suspended calls, and a gate that lets no more of them in.
 *
 * libmicrohttpd must not be stopped while a connection is suspended, and jobs/ must not be freed while a call
 * may still hand it work. Both hold once the gate is closed and empty.
 */
#ifndef ENRICHD_HTTP_GATE_H
#define ENRICHD_HTTP_GATE_H

#include <pthread.h>

#include "base/str.h"

struct gate {
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t empty; /* inside is 0 */
    size_t inside;
    bool is_closed;
};

void gate_init(struct gate *gate);
void gate_fini(struct gate *gate); /* nobody is inside */

/* False once the gate is closed: the call must be refused instead of suspended. Any thread. */
bool gate_enter(struct gate *gate);

/* After the connection was resumed. Any thread. */
void gate_leave(struct gate *gate);

/* Lets nobody in any more and waits until all have left. */
void gate_close(struct gate *gate);

#endif
