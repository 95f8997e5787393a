/* control.db of a data folder for commands beside the server. */
#ifndef ENRICHD_CMD_FOLDER_CONTROL_H
#define ENRICHD_CMD_FOLDER_CONTROL_H

#include "store/control.h"

/* Opens it, making folder and database where missing. Errors of control_sqlite_open. */
enum err folder_control_open(const char *data_cstr, struct control **ret) MUST_USE;

/* The same for who needs it only if it is there: *ret is NULL without one. */
enum err folder_control_find(const char *data_cstr, struct control **ret) MUST_USE;

#endif
