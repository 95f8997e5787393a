/* Keys that an import takes away from records: found segment by segment, told at the commit.
 *
 * Only hashes are compared while segments are finished, in their order, so that the indexes are read front to
 * back; the few texts that are needed are read at the end. One thread.
 */
#ifndef ENRICHD_STORE_LOST_KEYS_H
#define ENRICHD_STORE_LOST_KEYS_H

#include "store/records.h"
#include "store/segment_keys.h"
#include "store/segment_list.h"

struct lost_key {
    uint64_t hash;
    uint64_t location; /* of the record that has it now */
    int64_t loser_id;
    uint32_t segment; /* that the record stands in, as an index into the list */
};

/* All zero when empty. */
struct lost_keys {
    struct lost_key *items;
    size_t count, room;
};
void lost_keys_fini(struct lost_keys *lost);

/* Adds what the newest segment of the list takes from others. keys: its settled keys. ERR_CORRUPT, ERR_NOMEM.
 */
enum err lost_keys_collect(struct lost_keys *lost, const struct segment_keys *keys,
                           const struct segment_list *list) MUST_USE;

/* Calls fn as records.h says, for what is true once the whole list is published. ERR_CORRUPT, ERR_NOMEM. */
enum err lost_keys_report(const struct lost_keys *lost, const struct segment_list *list,
                          records_lost_key_fn *fn, void *context) MUST_USE;

#endif
