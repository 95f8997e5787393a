/* What an import did, for a person and for a program. */
#ifndef ENRICHD_CMD_IMPORT_SUMMARY_H
#define ENRICHD_CMD_IMPORT_SUMMARY_H

#include "intake/intake.h"

#define LOST_KEYS_SHOWN     5
#define LOST_KEY_TEXT_BYTES 96

/* A key that went from one record to another. */
struct lost_key_shown {
    char text[LOST_KEY_TEXT_BYTES]; /* as people write it; cut if it is longer */
    size_t text_bytes;
    int64_t loser_id, winner_id;
};

struct import_summary {
    enum entity entity;
    enum err outcome;        /* OK, ERR_UNKNOWN_OUTCOME, or why nothing was published */
    const char *reason_cstr; /* the sentence, when it is not OK */
    const char *rejects_path_cstr;
    uint64_t line_count, imported_count, refused_count, suppressed_count;
    uint64_t replaced_count, repeated_count, key_count;
    struct unknown_fields unknown;
    uint64_t lost_count;
    struct lost_key_shown lost[LOST_KEYS_SHOWN]; /* the first few */
    double seconds;
};

/* Notes a lost key; a records_lost_key_fn, context is the summary. */
void import_summary_lost_key(void *summary, struct key key, int64_t loser_id, int64_t winner_id);

/* To standard error. */
void import_summary_print(const struct import_summary *summary);

/* One line of JSON to standard output. False if it could not be written. */
bool import_summary_print_json(const struct import_summary *summary);

#endif
