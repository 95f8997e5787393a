/* The framing of a request, checked before anything looks at its content.
 *
 * libmicrohttpd 0.9.75 accepts heads that a proxy in front may read differently, which is how requests are
 * smuggled: two lengths, a length beside chunks, unknown codings, odd paths. Whatever this finds is answered
 * with 400 and the connection is closed. Pure code.
 */
#ifndef ENRICHD_HTTP_GUARD_H
#define ENRICHD_HTTP_GUARD_H

#include "api/api.h"

/* What is wrong with the head, as a sentence for the client; NULL if nothing is. version_cstr: "HTTP/1.1". */
const char *guard_complaint(const struct api_request *request, const char *version_cstr);

#endif
