/* The first SIGINT, SIGTERM or SIGHUP asks a command to stop, the second kills it. For commands that leave
 * everything as it was when they are stopped. Call from the thread that starts the program. */
#ifndef ENRICHD_CMD_INTERRUPT_H
#define ENRICHD_CMD_INTERRUPT_H

#include "base/str.h"

void interrupt_catch(void);

/* From the first signal on, reading standard input finds its end, so that nobody waits for it. */
enum err interrupt_ends_stdin(void) MUST_USE;

/* Whether the first signal has come. Any thread. */
bool interrupt_has_come(void);

#endif
