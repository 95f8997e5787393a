/* One attempt: a POST by libcurl. The only file that dials out.
 *
 * Each attempt has a connection of its own, so that no two accounts ever share one. The address is judged
 * when the socket is made (ip_policy.h). Redirects are not followed; of the answer the status counts, the
 * rest is read within bounds and thrown away. The thread of hooks.c.
 */
#ifndef ENRICHD_HOOKS_TRANSFER_H
#define ENRICHD_HOOKS_TRANSFER_H

#include <curl/curl.h>

#include "base/arena.h"
#include "hooks/ip_policy.h"

struct transfer_settings {
    struct ip_policy policy;
    /* NUL-terminated behind their lengths: */
    str proxy;   /* all attempts go through it, and it decides what is reached; empty: none */
    str ca_file; /* certificates to trust; empty: the system's */
    int64_t connect_timeout_us;
    int64_t timeout_us;                    /* of the whole */
    size_t head_bytes_max, body_bytes_max; /* of an answer */
};

/* Reusable, one attempt after the other. */
struct transfer {
    const struct transfer_settings *settings;
    CURL *curl;         /* NULL before the first attempt */
    struct arena arena; /* of the attempt */
    struct curl_slist *headers;
    bool is_host_allowed; /* by its name: any address will do */
    bool is_refused;      /* an address was not allowed */
    bool has_head;        /* the latest head is complete */
    size_t head_bytes, body_bytes;
};

/* Zeroed memory is a transfer that needs no end. */
void transfer_init(struct transfer *transfer, const struct transfer_settings *settings);
void transfer_fini(struct transfer *transfer); /* not between begin and end */

/* What is sent. Texts need to last until this returns, the body until transfer_end. */
struct transfer_request {
    str url;
    str webhook_id;
    int64_t timestamp_s;
    str signature;
    str body;
};

/* Adds the attempt to multi; `owner` comes back as CURLINFO_PRIVATE. ERR_NOMEM, ERR_INVALID: nothing was
 * begun. */
enum err transfer_begin(struct transfer *transfer, CURLM *multi, const struct transfer_request *request,
                        void *owner) MUST_USE;

struct transfer_result {
    uint32_t status;        /* 0: no answer */
    str error;              /* why it failed, static; empty if it was delivered */
    int64_t retry_after_us; /* what the receiver asked for; 0: nothing */
};

/* Takes the attempt out of multi, finished or not; how it went. */
struct transfer_result transfer_end(struct transfer *transfer, CURLM *multi, CURLcode code);

#endif
