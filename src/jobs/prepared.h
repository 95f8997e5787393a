/* Batches made ready for work: inputs decoded, fields compiled. Kept for the next claim, the least recently
 * used one dropped first.
 */
#ifndef ENRICHD_JOBS_PREPARED_H
#define ENRICHD_JOBS_PREPARED_H

#include <pthread.h>

#include "jobs/enrich.h"
#include "store/control.h"

/* Read-only while it is held. */
struct prepared {
    struct uuid batch_id;
    struct request_id request_id;
    struct enrich_spec spec;
    const struct input *inputs;
    size_t input_count;
};

struct prepared_entry;

struct prepared_cache {
    struct control *control;
    pthread_mutex_t lock;            /* guards all below, and the entries */
    pthread_cond_t loaded;           /* an entry is ready or has failed */
    struct prepared_entry **entries; /* most recently used first */
    uint32_t count, kept_max, room;
    size_t identifier_bytes_max; /* of the specs */
};

/* kept_max: batches that stay when nobody holds them. holders_max: threads that hold one at a time.
 * identifier_bytes_max: see struct enrich_spec. */
enum err prepared_init(struct prepared_cache *cache, struct control *control, uint32_t kept_max,
                       uint32_t holders_max, size_t identifier_bytes_max) MUST_USE;

/* Nothing may be held. A zeroed cache is accepted. */
void prepared_fini(struct prepared_cache *cache);

/* The batch, held until prepared_return. Loads it, or waits for the thread that does. ERR_NOT_FOUND: erased
 * meanwhile. ERR_CORRUPT: its inputs are damaged. ERR_INVALID: fields that this enrichd does not know.
 * ERR_IO, ERR_NOMEM, ERR_BUSY: may go better next time. */
enum err prepared_take(struct prepared_cache *cache, struct uuid batch_id,
                       const struct prepared **ret) MUST_USE;
void prepared_return(struct prepared_cache *cache, const struct prepared *prepared);

/* The batch is final: it will not be asked for any more. */
void prepared_forget(struct prepared_cache *cache, struct uuid batch_id);

#endif
