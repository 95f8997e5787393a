/* One request and its answer, between libmicrohttpd's callbacks and api/.
 *
 * libmicrohttpd calls the handler several times for one request: when the head is there, for every piece of
 * the body, at its end, and again after a suspended connection was resumed. The exchange remembers where it
 * is.
 */
#ifndef ENRICHD_HTTP_EXCHANGE_H
#define ENRICHD_HTTP_EXCHANGE_H

#include <microhttpd.h>

#include "api/api.h"
#include "http/allowance.h"
#include "http/gate.h"
#include "http/watch.h"

struct exchange;

/* What all exchanges of a server have in common. */
struct exchange_scene {
    struct api *api;
    enum api_side side;
    uint32_t headers_max;    /* more are refused; a head is bounded by the connection's memory besides */
    struct gate gate;        /* passed by every call that waits */
    struct allowance bodies; /* memory of all request bodies together */
    str local_address;       /* "127.0.0.1:8080" */
};

/* When the request line is there; uri: path and query, raw, NUL-terminated. NULL when memory is out. The
 * exchange is freed by exchange_free once libmicrohttpd has finished with the request. watched: the
 * connection's. */
struct exchange *exchange_new(struct exchange_scene *scene, struct watched *watched, const char *uri_cstr);
void exchange_free(struct exchange *exchange);

/* What libmicrohttpd's access handler has to do; arguments and result are its own. */
enum MHD_Result exchange_handle(struct exchange *exchange, struct MHD_Connection *connection,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_bytes);

#endif
