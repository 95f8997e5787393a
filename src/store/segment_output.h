/* The files of a segment while they are written: records as they come, then the index, all of it front to
 * back.
 *
 * A segment exists for readers only once a manifest names it, so what fails or is abandoned leaves at most
 * two files to remove. segment_writer.h fills one from an import, segment_merge.h from older segments. One
 * thread.
 */
#ifndef ENRICHD_STORE_SEGMENT_OUTPUT_H
#define ENRICHD_STORE_SEGMENT_OUTPUT_H

#include "base/hash.h"
#include "base/os.h"
#include "entity/record.h"
#include "store/packer.h"
#include "store/segment_format.h"

struct segment_output {
    char data_path[SEGMENT_PATH_MAX];
    char index_path[SEGMENT_PATH_MAX];
    enum entity entity;
    uint32_t number;
    struct hash_key secret;
    struct os_file file;    /* data, later index */
    uint64_t flushed_bytes; /* of that file */
    uint64_t sent_bytes;    /* of these, on their way to the disk */
    struct buf buffer;      /* what follows them */
    str lent;               /* what follows that, in the caller's memory */
    struct buf earlier;     /* a record that was read back */
    struct packer packer;
    struct segment_counts counts;
};

/* Creates the data file. Ended by segment_output_fini in any case, which closes files and leaves them there;
 * see segment_remove. Errors of the file system. */
enum err segment_output_init(struct segment_output *output, const char *folder_cstr, enum entity entity,
                             uint32_t number, struct hash_key secret,
                             const struct packer_settings *packing) MUST_USE;
void segment_output_fini(struct segment_output *output);

/* The size of the data file so far. */
uint64_t segment_output_bytes(const struct segment_output *output);

/* Appends a record, which is not packed, and counts it. ret_location: where it stands now. */
enum err segment_output_add(struct segment_output *output, const struct record *record,
                            uint64_t *ret_location) MUST_USE;

/* As segment_output_add, but without a copy: the record's bytes stay where they are until
 * segment_output_take.
 */
enum err segment_output_lend(struct segment_output *output, const struct record *record,
                             uint64_t *ret_location) MUST_USE;

/* Takes what was lent; its memory is free to go. */
enum err segment_output_take(struct segment_output *output) MUST_USE;

/* The record was counted, but is superseded by a later one. */
void segment_output_discount(struct segment_output *output, const struct record *record);

/* The record at a location, maybe packed. Valid until the next call and the next append. */
enum err segment_output_read_back(struct segment_output *output, uint64_t location,
                                  struct record *ret) MUST_USE;

/* Calls add for every slot of the index, in the order of their hashes, and passes its errors on. */
typedef enum err segment_slot_fn(void *context, struct segment_slot slot);
typedef enum err segment_slots_fn(void *context, segment_slot_fn *add, void *add_context);

/* Writes the index, of key_count slots. Both files are on stable storage afterwards; their names are once the
 * folder is synced. output->counts is complete. */
enum err segment_output_finish(struct segment_output *output, uint64_t key_count, segment_slots_fn *each,
                               void *context) MUST_USE;

/* Removes both files of a segment, if they are there. */
enum err segment_remove(const char *folder_cstr, uint32_t number) MUST_USE;

#endif
