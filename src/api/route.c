/* The table of routes. Read on in the file that a handler comes from. */
#include "api/route.h"

#include "api/account.h"
#include "api/account_usage.h"
#include "api/batch_change.h"
#include "api/batch_list.h"
#include "api/batch_status.h"
#include "api/batch_submit.h"
#include "api/delivery.h"
#include "api/description.h"
#include "api/enrich_now.h"
#include "api/health.h"
#include "api/metrics.h"
#include "api/result_download.h"

#define GET    STR_INIT("GET")
#define POST   STR_INIT("POST")
#define DELETE STR_INIT("DELETE")

static const struct api_route routes[] = {
    {POST, STR_INIT("/batch/person/enrich"), SCOPE_ENRICH_PERSON, API_SIDE_CLIENTS, batch_submit_person,
     batch_submit_start, batch_submit_finish},
    {POST, STR_INIT("/batch/company/enrich"), SCOPE_ENRICH_COMPANY, API_SIDE_CLIENTS, batch_submit_company,
     batch_submit_start, batch_submit_finish},
    {GET, STR_INIT("/batch"), SCOPE_BATCH_READ, API_SIDE_CLIENTS, batch_list_get, NULL, NULL},
    {GET, STR_INIT("/batch/{id}"), SCOPE_BATCH_READ, API_SIDE_CLIENTS, batch_status_get, batch_status_start,
     batch_status_finish},
    {DELETE, STR_INIT("/batch/{id}"), SCOPE_BATCH_WRITE, API_SIDE_CLIENTS, batch_erase, batch_change_start,
     batch_erase_finish},
    {POST, STR_INIT("/batch/{id}/cancel"), SCOPE_BATCH_WRITE, API_SIDE_CLIENTS, batch_cancel,
     batch_change_start, batch_cancel_finish},
    {POST, STR_INIT("/batch/{id}/revoke-links"), SCOPE_BATCH_WRITE, API_SIDE_CLIENTS, batch_revoke_links,
     batch_change_start, batch_revoke_links_finish},
    {GET, STR_INIT("/batch/{id}/deliveries"), SCOPE_BATCH_READ, API_SIDE_CLIENTS, delivery_list, NULL, NULL},
    {POST, STR_INIT("/batch/{id}/redeliver"), SCOPE_BATCH_WRITE, API_SIDE_CLIENTS, delivery_again,
     batch_change_start, delivery_again_finish},
    {GET, STR_INIT("/files/{*}"), SCOPE_PUBLIC, API_SIDE_CLIENTS, result_download, result_download_start,
     result_download_finish},
    {POST, STR_INIT("/person/enrich"), SCOPE_ENRICH_PERSON, API_SIDE_CLIENTS, enrich_now_person,
     enrich_now_start, enrich_now_finish},
    {POST, STR_INIT("/company/enrich"), SCOPE_ENRICH_COMPANY, API_SIDE_CLIENTS, enrich_now_company,
     enrich_now_start, enrich_now_finish},
    {GET, STR_INIT("/account/credits"), SCOPE_ACCOUNT_READ, API_SIDE_CLIENTS, account_credits, NULL, NULL},
    {GET, STR_INIT("/account/endpoints"), SCOPE_ACCOUNT_READ, API_SIDE_CLIENTS, account_endpoints, NULL,
     NULL},
    {GET, STR_INIT("/account/usage/summary"), SCOPE_ACCOUNT_READ, API_SIDE_CLIENTS, account_usage, NULL,
     NULL},
    {GET, STR_INIT("/healthz"), SCOPE_PUBLIC, API_SIDE_BOTH, health_alive, NULL, NULL},
    {GET, STR_INIT("/readyz"), SCOPE_PUBLIC, API_SIDE_BOTH, health_ready, NULL, NULL},
    {GET, STR_INIT("/openapi.json"), SCOPE_PUBLIC, API_SIDE_CLIENTS, description_get, NULL, NULL},
    {GET, STR_INIT("/metrics"), SCOPE_PUBLIC, API_SIDE_OPERATORS, metrics_get, NULL, NULL},
};
#define ROUTE_COUNT (sizeof routes / sizeof *routes)

size_t route_count(void)
{
    return ROUTE_COUNT;
}

size_t route_number(const struct api_route *route)
{
    return route ? (size_t)(route - routes) : ROUTE_COUNT;
}

const struct api_route *route_at(size_t number)
{
    return number < ROUTE_COUNT ? &routes[number] : NULL;
}

static bool is_served(const struct api_route *route, enum api_side side)
{
    return side == API_SIDE_BOTH || route->side == API_SIDE_BOTH || route->side == side;
}

/* Both begin behind a slash. */
static bool matches(str pattern, str path, str *ret_id)
{
    str want, have;
    bool ends_in_slash = str_ends(path, STR("/"));
    while (str_split(&pattern, '/', &want)) {
        if (str_eq(want, STR("{*}"))) return true;
        if (!str_split(&path, '/', &have)) return false;
        bool is_any = str_starts(want, STR("{"));
        if (is_any && have.n == 0) return false;
        if (is_any && !ret_id->p) *ret_id = have;
        if (!is_any && !str_eq(want, have)) return false;
    }
    return path.n == 0 && !ends_in_slash;
}

static void add_method(struct buf *allowed, str method)
{
    if (allowed->n) buf_add(allowed, STR(", "));
    buf_add(allowed, method);
    if (str_eq(method, STR("GET"))) buf_add(allowed, STR(", HEAD"));
}

enum err route_find(str method, str path, enum api_side side, struct arena *arena, struct route_match *ret)
{
    struct route_match match = {0};
    struct buf allowed;
    buf_init(&allowed, 256);
    if (str_eq(method, STR("HEAD"))) method = STR("GET");
    for (size_t i = 0; i < ROUTE_COUNT && !match.route; i++) {
        str id = {0};
        if (!is_served(&routes[i], side) || !str_starts(path, STR("/")) ||
            !matches(str_from(routes[i].pattern, 1), str_from(path, 1), &id))
            continue;
        match.is_known_path = true;
        match.is_public = routes[i].scope == SCOPE_PUBLIC;
        match.id = id;
        if (str_eq(routes[i].method, method)) match.route = &routes[i];
        add_method(&allowed, routes[i].method);
    }
    match.allowed = arena_copy(arena, buf_str(&allowed));
    buf_fini(&allowed);
    if (!match.allowed.p) return err_raise(ERR_NOMEM, "no memory to route a request");
    *ret = match;
    return OK;
}

enum route_class route_class(const struct api_route *route)
{
    if (!route) return CLASS_ANY;
    bool is_enrich = route->scope == SCOPE_ENRICH_PERSON || route->scope == SCOPE_ENRICH_COMPANY;
    if (is_enrich) return str_starts(route->pattern, STR("/batch/")) ? CLASS_SUBMIT : CLASS_ENRICH;
    return route->scope == SCOPE_BATCH_READ ? CLASS_POLL : CLASS_ANY;
}
