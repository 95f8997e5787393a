/* Reading query strings. */
#ifndef ENRICHD_API_QUERY_H
#define ENRICHD_API_QUERY_H

#include "api/api.h"

/* The decoded value of the first parameter of that name, in arena; p NULL if there is none (also when the
 * arena is exhausted). An escape that is none stays as it is. */
str query_value(str query, str name, struct arena *arena);

#endif
