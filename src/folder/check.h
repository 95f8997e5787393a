/* The check of a data folder: whether what is stored is whole and belongs together.
 *
 * Changes nothing and may run beside a server: a batch is read in a transaction of its own, and what ends or
 * is erased meanwhile is no finding. Next: check_state.h lists the parts.
 */
#ifndef ENRICHD_FOLDER_CHECK_H
#define ENRICHD_FOLDER_CHECK_H

#include "base/str.h"

enum check_level {
    CHECK_WARNING, /* harmless, or not to be judged: a leftover, an unknown file, loose permissions */
    CHECK_DAMAGE,  /* something is lost, changed or contradicts itself */
};

/* Texts are valid during the call. */
struct check_finding {
    enum check_level level;
    const char *where_cstr;  /* a file of the folder, or a batch: "pieces/<batch id>" */
    const char *what_cstr;   /* what was found there */
    const char *advice_cstr; /* what to do about it */
};

/* What was looked at, and what was found. */
struct check_counts {
    uint64_t batch_count;
    uint64_t piece_count;
    uint64_t record_count;
    uint64_t damage_count;
    uint64_t warning_count;
};

struct check_settings {
    bool is_deep; /* also every key of every record store against the record that it leads to */
    void (*on_finding)(void *context, const struct check_finding *finding); /* may be NULL */
    void (*on_progress)(void *context, const struct check_counts *counts);  /* often; may be NULL */
    void *context;
};

/* Checks the folder. ret: the sums, also of what was not reported for want of on_finding; sound when
 * damage_count is 0.
 *
 * ERR_NOT_FOUND: there is no such folder. ERR_NOMEM, ERR_LIMIT (path too long): the check could not be ended.
 * Files that cannot be read are findings. */
enum err check_folder(const char *data_cstr, const struct check_settings *settings,
                      struct check_counts *ret) MUST_USE;

#endif
