/* Raw heads, cut into parts and overwritten with NULs as libmicrohttpd does it: framing checks read nothing
 * outside, and a head that is whole and passes is what was sent, byte for byte.
 */
#include "http/guard.h"
#include "http/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADERS_MAX 16

/* Cuts at the separator and puts a NUL there. The part is in text. */
static str cut(char *text, size_t n, size_t *at, char separator)
{
    size_t begin = *at, end = begin;
    while (end < n && text[end] != separator) end++;
    *at = end < n ? end + 1 : n;
    if (end < n) text[end] = 0;
    return str_of(text + begin, end - begin);
}

static str without_cr(str line, char *text)
{
    if (!str_ends(line, STR("\r"))) return line;
    text[line.p - text + (ptrdiff_t)line.n - 1] = 0;
    return str_slice(line, 0, line.n - 1);
}

/* The bytes that the parts stand for, as a strict writer would send them. */
static void write_head(const struct head *head, struct buf *out)
{
    const str line[] = {head->method, STR(" "), head->uri, STR(" "), head->version, STR("\r\n")};
    for (size_t i = 0; i < sizeof line / sizeof *line; i++) buf_add(out, line[i]);
    for (size_t i = 0; i < head->header_count; i++) {
        buf_add(out, head->headers[i].name);
        buf_add(out, STR(":"));
        buf_add(out, head->headers[i].value);
        buf_add(out, STR("\r\n"));
    }
    buf_add(out, STR("\r\n"));
}

static size_t without_blanks(str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) n += s.p[i] != ' ' && s.p[i] != '\t';
    return n;
}

static void check(const struct head *head, str sent)
{
    struct buf again;
    buf_init(&again, 1 << 16);
    write_head(head, &again);
    must(without_blanks(buf_str(&again)) == without_blanks(sent));
    buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct api_header headers[HEADERS_MAX];
    struct head head = {.headers = headers};
    char version[16];
    size_t at = 0;
    char *text = malloc(size + 1);
    must(text != NULL);
    memcpy(text, data, size);
    text[size] = 0;
    head.method = cut(text, size, &at, ' ');
    head.uri = cut(text, size, &at, ' ');
    head.version = without_cr(cut(text, size, &at, '\n'), text);
    while (at < size && head.header_count < HEADERS_MAX && text[at] != '\r' && text[at] != '\n') {
        str name = cut(text, size, &at, ':');
        while (at < size && (text[at] == ' ' || text[at] == '\t')) at++;
        headers[head.header_count++] =
            (struct api_header){name, without_cr(cut(text, size, &at, '\n'), text)};
    }
    struct api_request request = {
        .method = head.method, .path = head.uri, .headers = headers, .header_count = head.header_count};
    bool is_whole = head_is_whole(&head);
    bool passes =
        str_to_cstr(head.version, version, sizeof version) == OK && !guard_complaint(&request, version);
    if (is_whole && passes) check(&head, str_of(data, at));
    free(text);
    return 0;
}
