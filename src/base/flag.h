/* A switch that one thread turns on and others look at: "the server is draining". It is never turned off. */
#ifndef ENRICHD_BASE_FLAG_H
#define ENRICHD_BASE_FLAG_H

#include <stdatomic.h>
#include <stdbool.h>

struct flag {
    atomic_bool is_raised; /* zeroed memory is a flag that is down */
};

/* What the raising thread did before is seen by whoever sees the flag up. Any thread. */
static inline void flag_raise(struct flag *flag)
{
    atomic_store_explicit(&flag->is_raised, true, memory_order_release);
}

static inline bool flag_is_up(const struct flag *flag)
{
    return atomic_load_explicit(&flag->is_raised, memory_order_acquire);
}

#endif
