/* Several segments in order of age, looked up as one.
 *
 * The rules: the newest segment that holds a key says which record it leads to; what is read is the newest
 * version of that record, in whichever segment it stands; if that is a tombstone there is none.
 * segment_view.h opens such lists. Any thread, as long as the segments are open.
 */
#ifndef ENRICHD_STORE_SEGMENT_LIST_H
#define ENRICHD_STORE_SEGMENT_LIST_H

#include "base/arena.h"
#include "store/segment.h"

struct segment_list {
    struct segment *const *segments; /* oldest first */
    size_t count;
    struct hash_key secret; /* of the hashes in all of them */
};

/* As records_ops.get: ret[i] is what keys[i] leads to, a view into a segment. arena: scratch, 96 bytes a key.
 * ERR_NOMEM, ERR_CORRUPT. */
enum err segment_list_get(const struct segment_list *list, const struct key *keys, size_t count,
                          struct arena *arena, str *ret) MUST_USE;

/* As records_ops.unpack. */
enum err segment_list_unpack(const struct segment_list *list, enum record_part part,
                             struct unpacker *unpacker, struct record *record) MUST_USE;

/* The newest version of the record with this id in segments `from` and newer; a tombstone counts as one.
 * *ret_is_found is false, and ret untouched, if there is none. ERR_CORRUPT. */
enum err segment_list_newest(const struct segment_list *list, size_t from, int64_t id, struct record *ret,
                             bool *ret_is_found) MUST_USE;

/* As records_ops.scan. */
enum err segment_list_scan(const struct segment_list *list,
                           enum err (*fn)(void *context, const struct record *record),
                           void *context) MUST_USE;

/* As records_ops.scan_versions. */
enum err segment_list_scan_versions(const struct segment_list *list,
                                    enum err (*fn)(void *context, const struct record *record),
                                    void *context) MUST_USE;

#endif
