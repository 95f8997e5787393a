/* Telling systemd how far the server is: sd_notify(3), by the socket that NOTIFY_SOCKET names. */
#ifndef ENRICHD_CMD_NOTIFY_H
#define ENRICHD_CMD_NOTIFY_H

#include "base/os.h"

/* Connects; the variable is removed. None if nobody wants to be told, or cannot be reached. */
struct os_file notify_open(void);

/* "READY=1", "STOPPING=1". */
void notify_say(struct os_file to, str what);

#endif
