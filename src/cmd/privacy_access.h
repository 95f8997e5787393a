/* `enrichd privacy access`: everything that the data folder holds of a person. */
#ifndef ENRICHD_CMD_PRIVACY_ACCESS_H
#define ENRICHD_CMD_PRIVACY_ACCESS_H

#include "cmd/privacy_run.h"

#define ACCESS_IDENTIFIERS_MAX ((size_t)100) /* the identifiers are of one person */

/* The exit code. Nothing is handed out before the audit log has it. */
int privacy_access(struct privacy_run *run);

#endif
