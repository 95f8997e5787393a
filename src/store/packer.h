/* Packing the records of a segment that is being written, as far as the settings want it.
 *
 * The first records stay as they are: two dictionaries are trained from their texts, one for default runs and
 * one for the rest, as the fields differ. All later ones are compressed, each by itself. unpacker.h reads
 * them. One thread.
 */
#ifndef ENRICHD_STORE_PACKER_H
#define ENRICHD_STORE_PACKER_H

#include "entity/record.h"

/* In the order of the words of the setting import.compression. */
enum compression {
    COMPRESSION_NONE,
    COMPRESSION_REST, /* all but default runs */
    COMPRESSION_ALL,
};

struct packer_settings {
    enum compression compression;
    uint64_t sample_bytes; /* whole texts (record.all_bytes) before the dictionaries are trained */
};

#define PACKER_SAMPLE_BYTES_DEFAULT ((uint64_t)8 << 20)

/* One of the two kinds of texts. */
struct packed_kind {
    struct buf sample;             /* texts, back to back */
    struct buf lengths;            /* of these: a size_t each */
    struct buf dictionary;         /* empty until it was trained */
    struct ZSTD_CDict_s *prepared; /* the same for the compressor; NULL if it is empty */
    struct ZSTD_CCtx_s *context;
    struct buf frame; /* of the latest record */
};

struct packer {
    struct packer_settings settings;
    struct packed_kind of_default, of_rest;
    uint64_t sampled_bytes;
    bool is_trained;
    struct buf packed; /* the latest record */
};

void packer_init(struct packer *packer, const struct packer_settings *settings);
void packer_fini(struct packer *packer);

/* The form in which to store a record, which is not packed: as it is, or packed if that is smaller. ret:
 * valid until the next call, and as long as the record. ERR_NOMEM. */
enum err packer_pack(struct packer *packer, const struct record *record, str *ret) MUST_USE;

/* What an unpacker needs; empty where nothing was packed. Valid until packer_fini. */
str packer_default_dictionary(const struct packer *packer);
str packer_rest_dictionary(const struct packer *packer);

#endif
