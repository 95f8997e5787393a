/* The routes: one table, from which look-up, Allow headers and access rules come.
 */
#ifndef ENRICHD_API_ROUTE_H
#define ENRICHD_API_ROUTE_H

#include "api/api.h"
#include "api/scope.h"

struct api_route {
    str method;       /* HEAD is answered like GET */
    str pattern;      /* "/batch/{id}": a segment in braces matches any one segment; "/files/{*}" any rest */
    enum scope scope; /* what the key must have; SCOPE_PUBLIC: no key is asked for */
    enum api_side side;
    enum api_progress (*handle)(struct api_call *call);
    void (*start)(struct api_call *call); /* only where handle may answer API_LATER */
    void (*finish)(struct api_call *call);
};

/* Requests that may have a rate of their own, beside the one of all requests of a key. */
enum route_class {
    CLASS_ANY,    /* all together, and those without a rate of their own */
    CLASS_ENRICH, /* answered at once */
    CLASS_SUBMIT, /* new batches */
    CLASS_POLL,   /* status and lists */
    CLASS_COUNT
};

/* By method, scope and path. NULL: CLASS_ANY. */
enum route_class route_class(const struct api_route *route);

/* What a path leads to. */
struct route_match {
    const struct api_route *route; /* NULL: no such path, or not with this method */
    str id;                        /* the first segment in braces */
    bool is_known_path;
    bool is_public; /* the path's routes are SCOPE_PUBLIC */
    str allowed;    /* "GET, HEAD": methods of a known path, in arena */
};

/* path: raw. side: of the listener; the others' routes are unknown there. ERR_NOMEM. */
enum err route_find(str method, str path, enum api_side side, struct arena *arena,
                    struct route_match *ret) MUST_USE;

/* The table by number, for counting: NULL and route_count() stand for requests without a route. */
size_t route_count(void);
size_t route_number(const struct api_route *route);
const struct api_route *route_at(size_t number);

#endif
