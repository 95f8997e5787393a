/* The framing of a request's head: what two parsers could read in two ways is refused. */
#include "unit.h"

#include "http/guard.h"
#include "http/head.h"

struct row {
    const char *path, *version;
    const char *headers[8]; /* name, value, ... */
};

static const char *complaint_of(const struct row *row)
{
    struct api_header headers[4];
    struct api_request request = {.method = STR("POST"), .path = str_of_cstr(row->path), .headers = headers};
    for (const char *const *text = row->headers; text < row->headers + 8 && *text; text += 2) {
        headers[request.header_count++] = (struct api_header){str_of_cstr(text[0]), str_of_cstr(text[1])};
    }
    return guard_complaint(&request, row->version);
}

static void plain_requests_pass(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"/", "HTTP/1.1", {"Host", "x"}},
        {"/healthz", "HTTP/1.0", {NULL}},
        {"/healthz", "HTTP/1.0", {"Host", "x"}},
        {"/batch/%41", "HTTP/1.1", {"host", "[::1]:8080", "content-length", "0"}},
        {"/batch", "HTTP/1.1", {"Host", "a.example:80", "Content-Length", "17", "X-Odd_Name.1", ""}},
        {"/batch", "HTTP/1.1", {"Host", "x", "Transfer-Encoding", "Chunked"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *complaint = complaint_of(&rows[i]);
        if (complaint) fail_msg("row %zu: %s", i, complaint);
    }
}

static void ambiguous_ones_do_not(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"/", "HTTP/1.1", {NULL}},
        {"/", "HTTP/1.1", {"Host", "x", "Host", "x"}},
        {"/", "HTTP/1.0", {"Host", "x", "host", "y"}},
        {"/", "HTTP/1.1", {"Host", "x y"}},
        {"/", "HTTP/1.1", {"Host", "x/y"}},
        {"/", "HTTP/1.1", {"Host", "u@x"}},
        {"/", "HTTP/2.0", {"Host", "x"}},
        {"/", "", {"Host", "x"}},
        {"/", "HTTP/1.1", {"Host", "x", "Content-Length", "5", "Content-Length", "5"}},
        {"/", "HTTP/1.1", {"Host", "x", "Content-Length", "5", "Transfer-Encoding", "chunked"}},
        {"/", "HTTP/1.1", {"Host", "x", "Transfer-Encoding", "chunked", "Transfer-Encoding", "chunked"}},
        {"/", "HTTP/1.1", {"Host", "x", "Transfer-Encoding", "xchunked"}},
        {"/", "HTTP/1.1", {"Host", "x", "Transfer-Encoding", "gzip, chunked"}},
        {"/", "HTTP/1.1", {"Host", "x", "Content-Length", "+5"}},
        {"/", "HTTP/1.1", {"Host", "x", "Content-Length", "-5"}},
        {"/", "HTTP/1.1", {"Host", "x", "Content-Length", "5, 5"}},
        {"/", "HTTP/1.1", {"Host", "x", "Content-Length", "0x5"}},
        {"/", "HTTP/1.1", {"Host", "x", "Content-Length", ""}},
        {"/", "HTTP/1.1", {"Host", "x", "Authorization", "a", "authorization", "a"}},
        {"/", "HTTP/1.1", {"Host", "x", "Content-Type", "a", "content-type", "a"}},
        {"/", "HTTP/1.1", {"Host", "x", "x-api-version", "a", "X-Api-Version", "a"}},
        {"/", "HTTP/1.1", {"Host", "x", "Idempotency-Key", "a", "idempotency-key", "b"}},
        {"/", "HTTP/1.1", {"Host", "x", "Bad Name", "1"}},
        {"/", "HTTP/1.1", {"Host", "x", "", "1"}},
        {"", "HTTP/1.1", {"Host", "x"}},
        {"*", "HTTP/1.1", {"Host", "x"}},
        {"http://x/", "HTTP/1.1", {"Host", "x"}},
        {"/a%00b", "HTTP/1.1", {"Host", "x"}},
        {"/a%2fb", "HTTP/1.1", {"Host", "x"}},
        {"/a%2Fb", "HTTP/1.1", {"Host", "x"}},
        {"/a b", "HTTP/1.1", {"Host", "x"}},
        {"/a\x7f", "HTTP/1.1", {"Host", "x"}},
        {"/\xc3\xa9", "HTTP/1.1", {"Host", "x"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!complaint_of(&rows[i])) fail_msg("row %zu passes", i);
    }
}

/* A head as libmicrohttpd leaves it: NUL for colons and for each byte of a line's end. */
static void a_head_is_whole_only_without_a_gap(void **state)
{
    (void)state;
    static const struct {
        str text; /* "GET /x HTTP/1.1", then the headers "A: bc" and "D:" */
        bool is_whole;
    } rows[] = {
        {STR_INIT("GET\0/x\0HTTP/1.1\0\0A\0 bc\0\0D\0\0\0\0\0"), true},
        {STR_INIT("GET\0/x\0HTTP/1.1\0\0A\0 bc\0\0D\0\0\0\0\0\0"), false},
        {STR_INIT("GET\0/x\0HTTP/1.1\0\0A\0 bc\0\0D\0\0\0\0 x\0\0"), false},
        {STR_INIT("GET\0/x\0HTTP/1.1\0\0A\0 bc\0\0D\0\0\0\0"), false},
        {STR_INIT("GET\0/x\0HTTP/1.1\0\0A\0 bc\0D\0\0\0\0\0"), false},
        {STR_INIT("GET\0/x\0HTTP/1.1\0\0A\0 bc\0e\0\0D\0\0\0\0\0"), false},
        {STR_INIT("GET\0/x\0HTTP/1.1\0A\0 bc\0\0D\0\0\0\0\0"), false},
        {STR_INIT("GET\0/x\0y HTTP/1.1\0\0A\0 bc\0\0D\0\0\0\0\0"), false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        str text = rows[i].text;
        const char *bc = text.p + str_find(text, STR("bc")), *d = text.p + str_find(text, STR("D"));
        struct api_header headers[] = {{str_of(bc - 3, 1), str_of(bc, 2)}, {str_of(d, 1), str_of(d + 2, 0)}};
        struct head head = {.method = str_of(text.p, 3),
                            .uri = str_of(text.p + 4, 2),
                            .version = str_of(text.p + str_find(text, STR("HTTP")), 8),
                            .headers = headers,
                            .header_count = 2,
                            .bytes = text.n};
        if (head_is_whole(&head) != rows[i].is_whole) fail_msg("row %zu", i);
        char elsewhere[] = "D";
        headers[1].name.p = elsewhere;
        assert_false(head_is_whole(&head));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_requests_pass),
        cmocka_unit_test(ambiguous_ones_do_not),
        cmocka_unit_test(a_head_is_whole_only_without_a_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
