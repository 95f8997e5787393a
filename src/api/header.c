/* Look-up is linear: a request has a dozen headers. */
#include "api/header.h"

size_t api_request_header_count(const struct api_request *request, str name)
{
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++) count += str_eq_nocase(request->headers[i].name, name);
    return count;
}

str api_request_header(const struct api_request *request, str name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (str_eq_nocase(request->headers[i].name, name)) return str_trim(request->headers[i].value);
    }
    return (str){0};
}

void api_header_add(struct api_call *call, str name, str value)
{
    struct api_response *response = &call->response;
    must(response->header_count < API_RESPONSE_HEADERS_MAX);
    response->headers[response->header_count++] = (struct api_header){name, value};
}

void api_header_add_copy(struct api_call *call, str name, str value)
{
    api_header_add(call, name, arena_copy(&call->arena, value));
}

void api_header_add_number(struct api_call *call, str name, uint64_t value)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, value);
    api_header_add_copy(call, name, str_of(digits, (size_t)n));
}

static str without_weakness(str tag)
{
    return str_starts(tag, STR("W/")) ? str_from(tag, 2) : tag;
}

bool etag_list_matches(str list, str etag)
{
    str tag;
    list = str_trim(list);
    if (str_eq(list, STR("*"))) return true;
    while (str_split(&list, ',', &tag)) {
        if (str_eq(without_weakness(str_trim(tag)), without_weakness(etag))) return true;
    }
    return false;
}

bool media_type_is_json(str content_type)
{
    str type = str_slice(content_type, 0, str_find_char(content_type, ';', 0));
    return str_eq_nocase(str_trim(type), STR("application/json"));
}
