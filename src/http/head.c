/* Walks over the parts and adds up where the next one must begin. */
#include "http/head.h"

#define CRLF_BYTES ((size_t)2)

/* Where the part lies in the head; text that libmicrohttpd has moved elsewhere gives nonsense, which fits
 * nowhere. */
static size_t place(const struct head *head, const char *part)
{
    return (size_t)((uintptr_t)part - (uintptr_t)head->method.p);
}

static bool is_header_at(const struct head *head, const struct api_header *header, size_t at, size_t *ret_end)
{
    size_t name_end = at + header->name.n;
    size_t value = place(head, header->value.p);
    if (place(head, header->name.p) != at || value <= name_end || value > head->bytes) return false;
    *ret_end = value + header->value.n + CRLF_BYTES;
    return true;
}

bool head_is_whole(const struct head *head)
{
    size_t at = head->method.n + 1;
    if (place(head, head->uri.p) != at) return false;
    at += head->uri.n + 1;
    if (place(head, head->version.p) != at) return false;
    at += head->version.n + CRLF_BYTES;
    for (size_t i = 0; i < head->header_count; i++) {
        if (!is_header_at(head, &head->headers[i], at, &at)) return false;
    }
    return at + CRLF_BYTES == head->bytes;
}
