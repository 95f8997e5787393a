/* The rules, one function each. */
#include "http/guard.h"

#include "api/header.h"

static bool is_digits(str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!char_is_digit(s.p[i])) return false;
    }
    return s.n > 0;
}

/* A token of RFC 9110 section 5.6.2: no blanks, no separators. */
static bool is_token(str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!char_is_alpha(c) && !char_is_digit(c) && str_find_char(STR("!#$%&'*+-.^_`|~"), c, 0) == SIZE_MAX)
            return false;
    }
    return name.n > 0;
}

static const char *check_names(const struct api_request *request)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (!is_token(request->headers[i].name))
            return "a header name holds something else than letters, digits and - _ .";
    }
    return NULL;
}

/* Of these the first would count silently, and a proxy may look at the last. */
static const char *check_doubles(const struct api_request *request)
{
    static const struct {
        str name;
        const char *complaint_cstr;
    } singles[] = {
        {STR_INIT("Authorization"), "more than one Authorization header"},
        {STR_INIT("Content-Type"), "more than one Content-Type header"},
        {STR_INIT("x-api-version"), "more than one x-api-version header"},
        {STR_INIT("Idempotency-Key"), "more than one Idempotency-Key header"},
    };
    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++) {
        if (api_request_header_count(request, singles[i].name) > 1) return singles[i].complaint_cstr;
    }
    return NULL;
}

static bool is_host_char(char c)
{
    return char_is_alpha(c) || char_is_digit(c) || str_find_char(STR("-._~:[]%"), c, 0) != SIZE_MAX;
}

static const char *check_host(const struct api_request *request, bool is_1_1)
{
    size_t count = api_request_header_count(request, STR("Host"));
    str host = api_request_header(request, STR("Host"));
    if (count > 1 || (count == 0 && is_1_1)) return "exactly one Host header is required";
    for (size_t i = 0; i < host.n; i++) {
        if (!is_host_char(host.p[i])) return "the Host header is no host";
    }
    return NULL;
}

static const char *check_length(const struct api_request *request)
{
    size_t lengths = api_request_header_count(request, STR("Content-Length"));
    size_t codings = api_request_header_count(request, STR("Transfer-Encoding"));
    if (lengths > 1) return "more than one Content-Length header";
    if (codings > 1) return "more than one Transfer-Encoding header";
    if (lengths && codings) return "Content-Length and Transfer-Encoding exclude each other";
    if (lengths && !is_digits(api_request_header(request, STR("Content-Length")))) {
        return "Content-Length must be a decimal number";
    }
    if (codings && !str_eq_nocase(api_request_header(request, STR("Transfer-Encoding")), STR("chunked"))) {
        return "the only Transfer-Encoding that is understood is chunked";
    }
    return NULL;
}

static bool is_escape(str path, size_t at, char high, char low)
{
    return at + 2 < path.n && path.p[at + 1] == high && char_lower(path.p[at + 2]) == low;
}

static const char *check_path(str path)
{
    if (path.n == 0 || path.p[0] != '/') return "the path must begin with /";
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        if (c <= ' ' || c >= 0x7f) return "the path may hold printable ASCII only";
        if (c == '%' && (is_escape(path, i, '0', '0') || is_escape(path, i, '2', 'f'))) {
            return "the path must not hold %00 or %2f";
        }
    }
    return NULL;
}

const char *guard_complaint(const struct api_request *request, const char *version_cstr)
{
    str version = str_of_cstr(version_cstr);
    bool is_1_1 = str_eq(version, STR("HTTP/1.1"));
    if (!is_1_1 && !str_eq(version, STR("HTTP/1.0"))) return "only HTTP/1.1 and HTTP/1.0 are spoken here";
    const char *complaint = check_names(request);
    if (!complaint) complaint = check_host(request, is_1_1);
    if (!complaint) complaint = check_length(request);
    if (!complaint) complaint = check_doubles(request);
    if (!complaint) complaint = check_path(request->path);
    return complaint;
}
