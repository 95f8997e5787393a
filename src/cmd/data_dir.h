/* The data folder: every subcommand that touches data takes `--data DIR`. What lies in the folder is listed
 * in ARCHITECTURE.md. */
#ifndef ENRICHD_CMD_DATA_DIR_H
#define ENRICHD_CMD_DATA_DIR_H

#include "cmd/options.h"

#define DATA_DIR_DEFAULT "./enrichd-data"

/* The row for a table of options; place: a const char * that holds DATA_DIR_DEFAULT. */
#define DATA_DIR_OPTION(place)                                                                               \
    {                                                                                                        \
        .name_cstr = "data", .value_cstr = "DIR", .text = (place),                                           \
        .help_cstr = "the data folder (default " DATA_DIR_DEFAULT ")"                                        \
    }

#endif
