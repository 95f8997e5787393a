/* Reading packed records: inflates one record's text after the other into the same memory.
 *
 * packer.h makes them. An unpacker belongs to one thread; dictionaries may be used by many.
 */
#ifndef ENRICHD_STORE_UNPACKER_H
#define ENRICHD_STORE_UNPACKER_H

#include "entity/record.h"

/* What the texts of one segment have in common; zeroed if it has no packed records. */
struct dictionaries {
    struct ZSTD_DDict_s *of_default; /* for default runs */
    struct ZSTD_DDict_s *of_rest;    /* for what follows them */
};

/* Takes copies. An empty text is no dictionary. ret: closed with dictionaries_close, also on failure.
 * ERR_NOMEM. */
enum err dictionaries_open(str of_default, str of_rest, struct dictionaries *ret) MUST_USE;
void dictionaries_close(struct dictionaries *dictionaries);

struct unpacker {
    struct ZSTD_DCtx_s *context; /* NULL until the first packed record */
    struct buf text;             /* of the latest record */
};

/* Costs nothing until a packed record comes. */
void unpacker_init(struct unpacker *unpacker);
void unpacker_fini(struct unpacker *unpacker);

/* Gives an opened record the wanted part of its text, once; does nothing to a record that has it. The text
 * lives until the unpacker's next record. ERR_CORRUPT: a frame is damaged. ERR_NOMEM. */
enum err unpack_record(struct unpacker *unpacker, const struct dictionaries *dictionaries,
                       enum record_part part, struct record *record) MUST_USE;

#endif
