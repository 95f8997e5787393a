/* The HTTP contract without HTTP: a request as plain data in, a response as plain data out.
 *
 * No sockets here, so that every route can be tested and fuzzed by a function call. http/ owns the
 * connection; api/ makes every refusal and every answer. One call goes like this:
 *
 *     api_call_init     the request's head is there
 *     api_call_begin    authentication, route, headers: may already hold the answer (api_call_is_answered),
 *                       else, if call->wants_body, http reads the body
 *     api_call_handle   API_DONE: the answer is in call->response
 *                       API_LATER: http suspends the connection, then calls
 *     api_call_start    which starts what takes time; call->resume(call) is called once, from any thread,
 *                       perhaps before api_call_start returns; then
 *     api_call_finish   builds the answer
 *     api_call_fini     the answer was sent or the client is gone; never between start and resume
 *
 * Start reading at route.c, which lists all routes.
 */
#ifndef ENRICHD_API_API_H
#define ENRICHD_API_API_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/flag.h"
#include "hooks/ip_policy.h"
#include "jobs/jobs.h"
#include "results/file.h"
#include "results/link.h"
#include "store/control.h"
#include "store/records.h"

#define API_VERSION STR("2025-11-01")

struct api_limits {
    size_t body_bytes_max;
    size_t request_memory_bytes; /* cap of a call's arena: a few times body_bytes_max */
    uint32_t batch_identifiers_max;
    uint32_t batch_active_max;       /* named in the message only; jobs enforces it */
    uint32_t enrich_identifiers_max; /* of a synchronous request */
    size_t identifier_bytes_max;     /* longer ones are invalid; <= IDENTIFIER_BYTES_MAX */
    uint32_t fields_max;             /* names in `fields`; <= SELECTOR_FIELDS_MAX */
    size_t request_id_bytes_max;     /* of one that is kept */
    uint32_t usage_endpoints_max;    /* that a summary of usage may be asked for */
    uint32_t usage_days;             /* of a summary that does not say */
    uint32_t wait_s_max;             /* of a long-poll */
    int64_t retention_us;            /* of what a cancelled batch had finished */
    uint32_t chunk_size_default, chunk_size_min, chunk_size_max;
    uint32_t requests_per_minute; /* of one key */
    uint32_t enrich_per_minute;   /* of these the synchronous ones; 0: no limit of their own */
    uint32_t submit_per_minute;   /* new batches; 0 as above */
    uint32_t poll_per_minute;     /* status and lists; 0 as above */
    int64_t link_validity_us;
};

/* Who a route is for, and whom a listener serves. */
enum api_side {
    API_SIDE_CLIENTS,
    API_SIDE_OPERATORS,
    API_SIDE_BOTH,
};

struct rate;
struct keeper;
struct hooks;
struct api_metrics;

/* What the handlers work on; made once at start, read by all threads. */
struct api {
    struct api_limits limits;
    struct control *control;
    struct records *records[ENTITY_COUNT];
    struct jobs *jobs;
    struct rate *rate;
    struct suppression *suppression; /* may be NULL: nobody is suppressed */
    struct keeper *keeper;           /* keeper.h */
    struct api_metrics *metrics;
    int64_t started_us;
    const char *data_cstr;        /* the data folder, whose disk must have room */
    uint64_t disk_free_bytes_min; /* less: not ready */
    struct link_keys *link_keys;
    struct hooks *hooks;             /* told when there may be something to deliver */
    struct ip_policy webhook_policy; /* which hosts a webhook_url may name */
    str public_url; /* "https://enrich.example.com": links begin with it; empty: with the request's Host */
    bool has_tls;   /* links that begin with the Host begin with https:// */
    struct flag is_draining; /* /readyz and submissions answer 503 */
};

struct api_header {
    str name;
    str value;
};

/* The texts live until api_call_fini. */
struct api_request {
    str method; /* "GET" */
    str path;   /* raw, as sent, up to the '?' */
    str query;  /* raw, behind the '?' */
    const struct api_header *headers;
    size_t header_count;
    str local_address;  /* "127.0.0.1:8080": for links when there is no Host */
    enum api_side side; /* of the listener that it came through */
    str body;           /* whole; set before api_call_handle */
};

#define API_RESPONSE_HEADERS_MAX 24

/* Texts live until api_call_fini. The body is either `body` or, if extent_count is not 0, runs of a result
 * file in `pieces.bytes`. An answer to HEAD is built like that to GET; http leaves the body out. */
struct api_response {
    unsigned status;                                     /* 0: not answered yet */
    struct api_header headers[API_RESPONSE_HEADERS_MAX]; /* all but Content-Length, Date and Connection */
    size_t header_count;
    struct buf body;
    struct batch_pieces pieces; /* open if has_pieces */
    bool has_pieces;
    const struct result_extent *extents;
    size_t extent_count;
    uint64_t extent_bytes; /* sum */
};

enum api_progress { API_DONE, API_LATER };

struct api_route;
struct api_call;

/* A long-poll, kept by keeper.c. */
struct api_wait {
    struct uuid batch_id;
    int64_t until_us; /* monotonic */
    struct api_call *next, *previous;
};

struct api_call {
    struct api *api;
    struct api_request request;
    struct api_response response;
    struct arena arena;            /* everything of this call */
    str request_id;                /* echoed as X-Request-Id */
    int64_t began_us;              /* monotonic */
    const struct api_route *route; /* NULL: none */
    str path_id;                   /* the first variable segment of the path ("/batch/<this>"), raw */
    struct api_key key;            /* who calls; account_id 0 on public routes */
    bool wants_body;               /* after begin: no answer yet, read the body */
    bool is_refused;               /* the answer is an error */
    uint32_t retry_after_s;        /* for a 429 or 503 to come; 0: the default */
    struct job_request job;        /* a submission under way */
    struct control_write write;    /* a cancellation or erasure under way */
    struct scrub_request scrub;    /* a download that waits for suppressed persons to be taken out */
    struct api_wait wait;          /* a long-poll under way */
    uint64_t result_count;         /* records that the answer delivers */

    void (*resume)(struct api_call *call); /* set by the caller between init and begin */
    void *owner;                           /* the caller's own */
};

/* Takes no memory yet. request: without body. */
void api_call_init(struct api_call *call, struct api *api, const struct api_request *request);

/* Checks everything that can be known without the body. */
void api_call_begin(struct api_call *call);

/* Whether response is complete. */
static inline bool api_call_is_answered(const struct api_call *call)
{
    return call->response.status != 0;
}

/* Refuses instead of begin (400: the framing is broken, why_cstr says how) or instead of handle (413: the
 * body is too long; 503: there is no memory for it now). */
void api_call_refuse_framing(struct api_call *call, const char *why_cstr);
void api_call_refuse_body(struct api_call *call);
void api_call_refuse_busy(struct api_call *call);

/* Refuses instead of start (503: the server is stopping; nothing was done). */
void api_call_refuse_stopping(struct api_call *call);

enum api_progress api_call_handle(struct api_call *call) MUST_USE;
void api_call_start(struct api_call *call);
void api_call_finish(struct api_call *call);
void api_call_fini(struct api_call *call);

#endif
