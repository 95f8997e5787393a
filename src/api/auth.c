/* Keys and their request rates. */
#include "api/auth.h"

#include "api/error.h"
#include "api/header.h"
#include "api/rate.h"
#include "api/route.h"
#include "base/os.h"

static str token_of(struct api_call *call)
{
    str header = api_request_header(&call->request, STR("Authorization"));
    const str schemes[] = {STR("Bearer "), STR("Token ")};
    for (size_t i = 0; i < 2; i++) {
        if (str_starts_nocase(header, schemes[i])) return str_trim(str_from(header, schemes[i].n));
    }
    return (str){0};
}

/* An unknown id is compared, too, so that its answer takes as long. */
static enum err find_key(struct api_call *call, const struct token *token, bool *ret_is_valid)
{
    static const struct api_key nobody;
    int64_t now_us = os_now_us();
    struct api_key key;
    enum err e = call->api->control->ops->key_find(call->api->control, token->id, &call->arena, &key);
    if (e != OK && e != ERR_NOT_FOUND) return e;
    if (e == ERR_NOT_FOUND) key = nobody;
    bool is_same = mac_equal(key.token.hash, token->hash, SHA256_BYTES);
    *ret_is_valid = e == OK && is_same && api_key_is_live(&key, now_us);
    if (*ret_is_valid) call->key = key;
    return OK;
}

void auth_check(struct api_call *call)
{
    struct token token;
    bool is_valid = false;
    if (token_parse(token_of(call), &token) == OK) {
        enum err e = find_key(call, &token, &is_valid);
        if (e != OK) {
            api_fail(call, e, "looking up an API key");
            return;
        }
    }
    if (!is_valid) api_refuse(call, API_AUTHENTICATION, "Invalid API key in request");
}

uint32_t auth_rate_of(const struct api *api, enum route_class class)
{
    const struct api_limits *limits = &api->limits;
    const uint32_t per_minute[CLASS_COUNT] = {
        [CLASS_ANY] = limits->requests_per_minute,
        [CLASS_ENRICH] = limits->enrich_per_minute,
        [CLASS_SUBMIT] = limits->submit_per_minute,
        [CLASS_POLL] = limits->poll_per_minute,
    };
    return per_minute[class];
}

static const char *class_text(enum route_class class)
{
    static const char *const texts[CLASS_COUNT] = {
        [CLASS_ANY] = "requests",
        [CLASS_ENRICH] = "synchronous requests",
        [CLASS_SUBMIT] = "submissions",
        [CLASS_POLL] = "reads of batches",
    };
    return texts[class];
}

void auth_check_rate(struct api_call *call)
{
    struct rate_verdict verdict;
    enum route_class class = route_class(call->route);
    struct rate_limit limits[RATE_LIMITS_MAX] = {{CLASS_ANY, auth_rate_of(call->api, CLASS_ANY)},
                                                 {(uint8_t) class, auth_rate_of(call->api, class)}};
    size_t count = class != CLASS_ANY && limits[1].per_minute ? 2 : 1;
    enum err e = rate_take(call->api->rate, call->key.token.id, limits, count, os_monotonic_us(), &verdict);
    if (e != OK) {
        api_fail(call, e, "counting requests");
        return;
    }
    api_header_add_number(call, STR("x-ratelimit-limit"), verdict.limit);
    api_header_add_number(call, STR("x-ratelimit-remaining"), verdict.remaining);
    api_header_add_number(call, STR("x-ratelimit-reset"), verdict.reset_s);
    if (verdict.is_allowed) return;
    call->retry_after_s = verdict.retry_after_s;
    api_refuse(call, API_RATE_LIMIT, "More than %" PRIu32 " %s a minute; try again in %" PRIu32 " seconds",
               verdict.limit, class_text((enum route_class)verdict.window), verdict.retry_after_s);
}
