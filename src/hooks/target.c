/* The host of a URL by libcurl's parser, against the policy. */
#include "hooks/target.h"

#include <curl/curl.h>

static str without_frame(str host)
{
    if (str_starts(host, STR("["))) return str_slice(host, 1, host.n - 1);
    while (str_ends(host, STR("."))) host = str_slice(host, 0, host.n - 1);
    return host;
}

enum err hook_host_lower(str host, struct arena *arena, str *ret)
{
    host = without_frame(host);
    char *p = arena_alloc(arena, host.n);
    if (!p) return err_raise(ERR_NOMEM, "no memory for a host");
    for (size_t i = 0; i < host.n; i++) p[i] = char_lower(host.p[i]);
    *ret = str_of(p, host.n);
    return OK;
}

enum err hook_target_host(str url, struct arena *arena, str *ret)
{
    str copy = arena_copy(arena, url); /* NUL-terminated */
    char *host = NULL;
    CURLU *handle = curl_url();
    enum err e = copy.p && handle ? OK : ERR_NOMEM;
    if (e == OK && (curl_url_set(handle, CURLUPART_URL, copy.p, CURLU_DISALLOW_USER) != CURLUE_OK ||
                    curl_url_get(handle, CURLUPART_HOST, &host, 0) != CURLUE_OK))
        e = ERR_INVALID;
    if (e == OK) e = hook_host_lower(str_of_cstr(host), arena, ret);
    if (e == OK && !ret->n) e = ERR_INVALID; /* http://./ */
    curl_free(host);
    curl_url_cleanup(handle);
    return e;
}

/* Names that mean this machine wherever they are resolved (RFC 6761). */
static bool is_localhost(str host)
{
    return str_eq(host, STR("localhost")) || str_ends(host, STR(".localhost"));
}

static bool may_be_reached(const struct ip_policy *policy, str host)
{
    static const struct ip_address loopback_v4 = {{127, 0, 0, 1}, true};
    static const struct ip_address loopback_v6 = {{[15] = 1}, false};
    struct ip_address address;
    if (ip_policy_allows_host(policy, host)) return true;
    if (is_localhost(host))
        return ip_policy_allows(policy, loopback_v4) || ip_policy_allows(policy, loopback_v6);
    return ip_parse(host, &address) != OK || ip_policy_allows(policy, address);
}

const char *hook_target_complaint(const struct ip_policy *policy, str url, struct arena *arena)
{
    str host;
    if (hook_target_host(url, arena, &host) != OK) return "has a malformed host or port";
    if (may_be_reached(policy, host)) return NULL;
    return "must lead to a public address; this one is private or special (the operator may allow it by "
           "hooks.allow_networks or hooks.allow_hosts)";
}
