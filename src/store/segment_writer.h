/* Writes the segment of an import, or one of several.
 *
 * Repeated ids are settled here: the later version takes the keys of the earlier
 * one along, as inherited ones. One thread.
 */
#ifndef ENRICHD_STORE_SEGMENT_WRITER_H
#define ENRICHD_STORE_SEGMENT_WRITER_H

#include "store/segment_keys.h"
#include "store/segment_output.h"

struct segment_writer;

/* Creates the data file. ret: ended by segment_writer_free. Errors of the file system. */
enum err segment_writer_new(const char *folder_cstr, enum entity entity, uint32_t number,
                            struct hash_key secret, const struct packer_settings *packing,
                            struct segment_writer **ret) MUST_USE;

/* Closes the files and frees. What was written stays there; see segment_remove. NULL is accepted. */
void segment_writer_free(struct segment_writer *writer);

/* Adds an opened record, which is not packed. Its bytes stay where they are until segment_writer_take; those
 * of records that stand one behind the other are written as one. ret_is_repeated: the segment had a version
 * of this id, which is now superseded. On an error the writer is only good for segment_writer_free. */
enum err segment_writer_put(struct segment_writer *writer, const struct record *record,
                            bool *ret_is_repeated) MUST_USE;

/* Takes what was put; its memory is free to go. */
enum err segment_writer_take(struct segment_writer *writer) MUST_USE;

/* Whether the segment should be finished: memory_bytes are in use for its keys, or its file is as large as
 * may be. */
bool segment_writer_is_full(const struct segment_writer *writer, size_t memory_bytes);

/* Writes the index. Both files are on stable storage afterwards; their names are once the folder is synced.
 */
enum err segment_writer_finish(struct segment_writer *writer) MUST_USE;

/* What was written; index_bytes and key_count only after finishing. */
const struct segment_counts *segment_writer_counts(const struct segment_writer *writer);

/* The segment's keys, settled; after finishing. Valid until segment_writer_free. */
const struct segment_keys *segment_writer_keys(const struct segment_writer *writer);

#endif
