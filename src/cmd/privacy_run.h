/* What the verbs of `enrichd privacy` share. Private to privacy*.c.
 *
 *     privacy.c              the command line, suppress, unsuppress, list
 *     privacy_access.c       access
 *     privacy_batches.c      where a person stands in batches, for access
 *     privacy_erase.c        erase
 *     privacy_identifiers.c  identifiers to keys, from arguments and files
 */
#ifndef ENRICHD_CMD_PRIVACY_RUN_H
#define ENRICHD_CMD_PRIVACY_RUN_H

#include "cmd/secret.h"
#include "store/records_segments.h"
#include "store/suppression_spread.h"

struct privacy_options {
    const char *data;
    const char *file;   /* further identifiers; "-": standard input */
    const char *reason; /* a word for the list; NULL: none */
    const char *output; /* access: the file to write; NULL: standard output */
    bool is_company;
    bool is_json;
    bool is_forced; /* erase: yes, really */
};

/* One call of a verb. Texts are in arena. */
struct privacy_run {
    const struct privacy_options *options;
    enum entity entity;
    struct arena arena;
    struct control *control;
    uint8_t secret[SECRET_BYTES];
    struct suppression *suppression;
    struct records_segments_settings store;
    struct records *records; /* the entity's; opened by the verbs that need them */
    struct key *keys;        /* what the identifiers came to */
    size_t key_count;
};

#define EXIT_FAILED 1

/* Reads the identifiers of the arguments and of options->file into run->keys. False: one is none, or the file
 * cannot be read; standard error says which, by its place and not by its text. */
bool privacy_read_identifiers(struct privacy_run *run, int argc, char **argv);

/* "enrichd privacy: cannot <doing>: <err_detail>" on standard error. */
int privacy_report(enum err e, const char *doing_cstr);

/* "id", "profile_url", ... */
str privacy_kind_name(enum key_kind kind);

/* `"name":"<time>"` as a further member, or null for 0. */
void privacy_add_time(struct buf *out, str name, int64_t us);

/* What is written to standard output. The exit code. */
int privacy_print(const struct buf *out);

/* Appends, separated by commas, an object for each batch that holds the person in its identifiers or result
 * lines, with these. ret_count: how many. Errors of control; ERR_CORRUPT; ERR_NOMEM. */
enum err privacy_add_batches(struct privacy_run *run, const struct reach *reach, struct buf *out,
                             size_t *ret_count) MUST_USE;

/* The first bytes of a hash or all of it, in hexadecimal, appended. */
void privacy_add_hex(struct buf *out, const uint8_t *bytes, size_t n);

/* Puts what run->keys name on the list. erasure: which one it is for; NULL for a suppression. */
enum err privacy_suppress(struct privacy_run *run, const struct erasure *erasure,
                          struct suppression_reach *ret) MUST_USE;

#endif
