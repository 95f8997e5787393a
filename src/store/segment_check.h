/* Whether a segment is what was written: its checksums, and that index and records belong together.
 *
 * segment_open has looked at the heads. Reading never needs what is here; `enrichd check` does. Any thread,
 * as long as the segment is open.
 */
#ifndef ENRICHD_STORE_SEGMENT_CHECK_H
#define ENRICHD_STORE_SEGMENT_CHECK_H

#include "store/segment.h"

/* Called after each record, for those who show progress. */
typedef void segment_record_fn(void *context);

/* The index: its checksum, the number and the order of its slots, and that each leads into the data.
 * ERR_CORRUPT with what is wrong. */
enum err segment_check_index(const struct segment *segment) MUST_USE;

/* The data: every record's checksum, sections and keys. ERR_CORRUPT names the first that is damaged.
 * ERR_NOMEM. */
enum err segment_check_data(const struct segment *segment, segment_record_fn *fn, void *context) MUST_USE;

/* Index against data, after both were found sound: every slot leads to a record that has the slot's key,
 * every key of a record is in the index, and the counts are those of the records. Takes two look-ups a key.
 * secret: the store's. ERR_CORRUPT, ERR_NOMEM. */
enum err segment_check_keys(const struct segment *segment, struct hash_key secret) MUST_USE;

#endif
