/* The suppression list of a data folder for commands beside the server. */
#ifndef ENRICHD_CMD_SUPPRESSED_H
#define ENRICHD_CMD_SUPPRESSED_H

#include "store/suppression.h"

/* An open folder; all NULL where there is no control.db, and so no list. */
struct suppressed {
    struct control *control;
    struct suppression *suppression;
    const struct suppression_set *set; /* as of the opening */
};

/* Errors of control_sqlite_open, secret_load and suppression_take: nothing is left open then. */
enum err suppressed_open(const char *data_cstr, struct suppressed *ret) MUST_USE;
void suppressed_close(struct suppressed *suppressed); /* accepts a zeroed one */

#endif
