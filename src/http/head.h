/* Whether libmicrohttpd saw all of a request's head.
 *
 * Version 0.9.75 takes a line that begins with ':' or NUL for the end of the head and reads what follows as
 * the body or as the next request, where a proxy in front sees header lines: requests could be smuggled
 * behind it. A NUL ends names and values. It splits the head in place, so that its parts still lie where they
 * arrived: they must follow each other with nothing but a colon, blanks and CRLF between, and must add up to
 * the bytes that were taken for the head. Folded lines and lines that end with LF alone do not, either. Pure
 * code.
 */
#ifndef ENRICHD_HTTP_HEAD_H
#define ENRICHD_HTTP_HEAD_H

#include "api/api.h"

/* A head, in parts that lie in one buffer in this order. */
struct head {
    str method, uri, version;
    const struct api_header *headers;
    size_t header_count;
    size_t bytes; /* from the method to behind the blank line */
};

bool head_is_whole(const struct head *head);

#endif
