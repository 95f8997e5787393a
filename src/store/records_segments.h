/* Records in immutable segments: the embedded backend of records.h.
 *
 * Folder `<data>/records/<entity>/`: `manifest` (which segments, in order of age; replaced by rename),
 * `writer.lock`, `compact.lock`, and for each segment `segment-<number>.data` (records back to back) and
 * `segment-<number>.index` (a hash table over their keys; see segment.h). A crash leaves at most files that
 * no manifest names; the next writer or merge removes them.
 */
#ifndef ENRICHD_STORE_RECORDS_SEGMENTS_H
#define ENRICHD_STORE_RECORDS_SEGMENTS_H

#include "store/packer.h"
#include "store/records.h"

struct records_segments_settings {
    /* A writer starts a new segment when its tables reach this: about 80 bytes a record with 3 keys. While
     * they grow they may take twice as much. */
    size_t writer_memory_bytes;

    /* What a merge may take: 16 bytes a stored record. Larger ones are not due. */
    size_t merge_memory_bytes;

    /* How writers and merges store records. */
    struct packer_settings packing;
};

#define RECORDS_SEGMENTS_MEMORY_DEFAULT ((size_t)512 << 20) /* for both */

/* Opens the store of one entity, creating its folder.
 *
 * data_cstr: the data folder. ret: closed with ret->ops->close once no snapshot or writer is left.
 * ERR_CORRUPT: the manifest or a segment that it names fails its checks; err_detail() names the file. */
enum err records_segments_open(const char *data_cstr, enum entity entity,
                               const struct records_segments_settings *settings,
                               struct records **ret) MUST_USE;

#endif
