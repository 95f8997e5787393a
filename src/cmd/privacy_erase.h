/* `enrichd privacy erase`: what is left of a person anywhere in the data folder is removed. */
#ifndef ENRICHD_CMD_PRIVACY_ERASE_H
#define ENRICHD_CMD_PRIVACY_ERASE_H

#include "cmd/privacy_run.h"

/* The exit code. The receipt goes to standard output, as JSON. Whatever stops it, it may be repeated. */
int privacy_erase(struct privacy_run *run);

#endif
