/* libcurl's options and callbacks. */
#include "hooks/transfer.h"

#include <sys/socket.h>
#include <unistd.h>

#include "hooks/target.h"

#define ARENA_BYTES_MAX       ((size_t)1 << 20)
#define RETRY_AFTER_S_MAX     ((curl_off_t)366 * 86400)
#define HEADER_LINE_BYTES_MAX ((size_t)512)

void transfer_init(struct transfer *transfer, const struct transfer_settings *settings)
{
    *transfer = (struct transfer){.settings = settings};
    arena_init(&transfer->arena, ARENA_BYTES_MAX);
}

void transfer_fini(struct transfer *transfer)
{
    curl_easy_cleanup(transfer->curl);
    arena_fini(&transfer->arena);
}

/* ---- callbacks ---- */

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = context;
    struct ip_address ip;
    bool is_proxy = transfer->settings->proxy.n > 0;
    (void)purpose;
    if (!is_proxy && !transfer->is_host_allowed &&
        (!ip_of_sockaddr(&address->addr, &ip) || !ip_policy_allows(&transfer->settings->policy, ip))) {
        transfer->is_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* A head may be one of several: informational ones come before. */
static size_t take_head_line(char *p, size_t size, size_t n, void *context)
{
    struct transfer *transfer = context;
    str line = str_of(p, size * n);
    transfer->head_bytes += line.n;
    if (str_starts(line, STR("HTTP/"))) transfer->has_head = false;
    if (str_trim(line).n == 0) transfer->has_head = true;
    return transfer->head_bytes <= transfer->settings->head_bytes_max ? line.n : 0;
}

static size_t take_body(char *p, size_t size, size_t n, void *context)
{
    struct transfer *transfer = context;
    (void)p;
    transfer->body_bytes += size * n;
    return transfer->body_bytes <= transfer->settings->body_bytes_max ? size * n : 0;
}

/* ---- begin ---- */

static bool add_header(struct transfer *transfer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool add_header(struct transfer *transfer, const char *format, ...)
{
    char line[HEADER_LINE_BYTES_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    must(n > 0 && (size_t)n < sizeof line);
    struct curl_slist *headers = curl_slist_append(transfer->headers, line);
    if (headers) transfer->headers = headers;
    return headers != NULL;
}

static bool add_headers(struct transfer *transfer, const struct transfer_request *request)
{
    return add_header(transfer, "Content-Type: application/json") &&
           add_header(transfer, "webhook-id: %.*s", STR_ARG(request->webhook_id)) &&
           add_header(transfer, "webhook-timestamp: %" PRId64, request->timestamp_s) &&
           add_header(transfer, "webhook-signature: %.*s", STR_ARG(request->signature)) &&
           add_header(transfer, "x-crustdata-event-id: %.*s", STR_ARG(request->webhook_id)) &&
           add_header(transfer, "Expect:");
}

/* What is off by default is off here, too, so that it can be read in one place. */
static bool set_up(struct transfer *transfer, const char *url_cstr, str body, void *owner)
{
    const struct transfer_settings *settings = transfer->settings;
    CURL *curl = transfer->curl;
    bool is_set = true;
#define SET(option, value) is_set &= curl_easy_setopt(curl, option, value) == CURLE_OK
    SET(CURLOPT_PRIVATE, owner);
    SET(CURLOPT_URL, url_cstr);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_USERAGENT, "enrichd/" ENRICHD_VERSION);
    SET(CURLOPT_POSTFIELDS, body.p);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
    SET(CURLOPT_HTTPHEADER, transfer->headers);
    SET(CURLOPT_PROXY, settings->proxy.n ? settings->proxy.p : ""); /* "": whatever the environment says */
    SET(CURLOPT_NOPROXY, "");
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_FRESH_CONNECT, 1L);
    SET(CURLOPT_FORBID_REUSE, 1L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(settings->connect_timeout_us / 1000));
    SET(CURLOPT_TIMEOUT_MS, (long)(settings->timeout_us / 1000));
    SET(CURLOPT_QUICK_EXIT, 1L); /* a time-out does not wait for a resolver that hangs */
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, transfer);
    SET(CURLOPT_HEADERFUNCTION, take_head_line);
    SET(CURLOPT_HEADERDATA, transfer);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, transfer);
    if (settings->ca_file.n) SET(CURLOPT_CAINFO, settings->ca_file.p);
#undef SET
    return is_set;
}

static void clear(struct transfer *transfer)
{
    curl_slist_free_all(transfer->headers);
    transfer->headers = NULL;
    arena_reset(&transfer->arena);
}

static enum err begin(struct transfer *transfer, CURLM *multi, const struct transfer_request *request,
                      void *owner)
{
    str host, url = arena_copy(&transfer->arena, request->url); /* NUL-terminated */
    if (!url.p) return err_raise(ERR_NOMEM, "no memory for an attempt");
    TRY(hook_target_host(request->url, &transfer->arena, &host));
    transfer->is_host_allowed = ip_policy_allows_host(&transfer->settings->policy, host);
    if (!transfer->curl) transfer->curl = curl_easy_init();
    if (!transfer->curl) return err_raise(ERR_NOMEM, "no memory for an attempt");
    curl_easy_reset(transfer->curl);
    if (!add_headers(transfer, request) || !set_up(transfer, url.p, request->body, owner) ||
        curl_multi_add_handle(multi, transfer->curl) != CURLM_OK)
        return err_raise(ERR_NOMEM, "libcurl refuses an attempt");
    return OK;
}

enum err transfer_begin(struct transfer *transfer, CURLM *multi, const struct transfer_request *request,
                        void *owner)
{
    transfer->is_refused = transfer->has_head = false;
    transfer->head_bytes = transfer->body_bytes = 0;
    enum err e = begin(transfer, multi, request, owner);
    if (e != OK) clear(transfer);
    return e;
}

/* ---- end ---- */

static str error_of_status(uint32_t status)
{
    if (status >= 200 && status < 300) return STR("");
    if (status >= 300 && status < 400) return STR("redirects are not followed");
    return status == 410 ? STR("the receiver wants no more of this")
                         : STR("the receiver answered with an error");
}

static str error_of_code(const struct transfer *transfer, CURLcode code)
{
    if (transfer->is_refused) return STR("the address is not allowed");
    if (transfer->head_bytes > transfer->settings->head_bytes_max)
        return STR("the answer's head is too long");
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        return STR("timed out");
    case CURLE_COULDNT_RESOLVE_HOST:
        return STR("the host is unknown");
    case CURLE_COULDNT_CONNECT:
        return STR("cannot connect");
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
        return STR("TLS failed");
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
        return STR("the connection was closed before an answer");
    default:
        return str_of_cstr(curl_easy_strerror(code));
    }
}

struct transfer_result transfer_end(struct transfer *transfer, CURLM *multi, CURLcode code)
{
    long status = 0;
    curl_off_t retry_after_s = 0;
    struct transfer_result result = {0};
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(transfer->curl, CURLINFO_RETRY_AFTER, &retry_after_s);
    /* A whole head is an answer, whatever becomes of the body: it may be cut off here, or by the receiver. */
    if (transfer->has_head && status >= 200) {
        result.status = (uint32_t)status;
        result.error = error_of_status(result.status);
        if (retry_after_s > RETRY_AFTER_S_MAX) retry_after_s = RETRY_AFTER_S_MAX;
        if (retry_after_s > 0) result.retry_after_us = (int64_t)retry_after_s * 1000000;
    } else {
        result.error = error_of_code(transfer, code);
    }
    must(curl_multi_remove_handle(multi, transfer->curl) == CURLM_OK);
    clear(transfer);
    return result;
}
