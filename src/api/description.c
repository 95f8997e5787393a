/* The bytes, and nothing else: they are the same for everybody. */
#include "api/description.h"

#include "api/header.h"
#include "openapi_json.h"

enum api_progress description_get(struct api_call *call)
{
    buf_add(&call->response.body, str_of(openapi_json, sizeof openapi_json - 1));
    api_header_add(call, STR("Content-Type"), STR("application/json"));
    api_header_add(call, STR("Cache-Control"), STR("no-cache"));
    call->response.status = 200;
    return API_DONE;
}
