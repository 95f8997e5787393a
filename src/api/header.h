/* Reading the headers of a request and writing those of a response. */
#ifndef ENRICHD_API_HEADER_H
#define ENRICHD_API_HEADER_H

#include "api/api.h"

/* The value of the first header of that name, without blanks around it; p NULL if there is none. */
str api_request_header(const struct api_request *request, str name);

/* How often the header stands in the request. */
size_t api_request_header_count(const struct api_request *request, str name);

/* Adds a header to the response; texts must live as long as the call. */
void api_header_add(struct api_call *call, str name, str value);
void api_header_add_number(struct api_call *call, str name, uint64_t value);

/* As api_header_add; the value is copied into the call's arena. */
void api_header_add_copy(struct api_call *call, str name, str value);

/* Whether an If-None-Match list ("*", or tags, weak or not) names etag, which stands in its quotes. Weak
 * comparison (RFC 9110 section 8.8.3.2). */
bool etag_list_matches(str list, str etag);

/* Whether a Content-Type is application/json, parameters allowed. */
bool media_type_is_json(str content_type);

#endif
