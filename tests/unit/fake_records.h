/* A record store in memory that answers look-ups, fails on demand and takes its time if asked to.
 *
 * Only what jobs need: snapshot, release, get, stats, close. Made ready by one thread, then read by any.
 */
#ifndef ENRICHD_TESTS_FAKE_RECORDS_H
#define ENRICHD_TESTS_FAKE_RECORDS_H

#include <pthread.h>

#include "store/records.h"

struct fake_records {
    struct records base;
    struct records_snapshot snapshot; /* the only one, always the same */
    struct arena arena;               /* holds the records */
    struct fake_slot {
        struct key key;
        str stored;
    } * slots; /* an open table */
    size_t slot_count;
    struct records_stats stats;

    pthread_mutex_t lock; /* guards the rest */
    enum err get_error;   /* what get returns while error_count is not 0 */
    uint32_t error_count; /* how often; UINT32_MAX: for ever */
    int64_t get_us;       /* how long get takes */
    uint32_t call_count;  /* calls so far */
};

/* room: keys that it will hold. */
void fake_records_init(struct fake_records *fake, enum entity entity, size_t room);
void fake_records_fini(struct fake_records *fake);

/* Adds a record from its JSON. */
void fake_records_add(struct fake_records *fake, str json);

/* Adds persons 1..count, known as person-<id>@example.com, of about bytes each. */
void fake_records_fill(struct fake_records *fake, uint32_t count, size_t bytes);

/* Look-ups take that long from now on. */
void fake_records_slow(struct fake_records *fake, int64_t us);

/* How many look-ups there were. */
uint32_t fake_records_calls(struct fake_records *fake);

/* The next `count` look-ups fail. */
void fake_records_fail(struct fake_records *fake, enum err error, uint32_t count);

#endif
