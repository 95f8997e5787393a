/* Entries in the audit log for what commands have done. */
#ifndef ENRICHD_CMD_AUDITED_H
#define ENRICHD_CMD_AUDITED_H

#include "store/audit.h"

/* As audit_add for something that is done and cannot be taken back: says so on standard error, in the name of
 * the command, if the entry cannot be written. control: NULL for who has not opened control.db. */
void audited(const char *command_cstr, const char *data_cstr, struct control *control, str event,
             str members);

/* The same with one member: a name and a text that needs no escapes. */
void audited_text(const char *command_cstr, const char *data_cstr, struct control *control, str event,
                  str name, str value);

#endif
