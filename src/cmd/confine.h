/* What `enrichd serve` gives up before it opens the data folder: root, new privileges, core dumps, and all
 * files and ports that it has no use for. Other commands are not confined.
 */
#ifndef ENRICHD_CMD_CONFINE_H
#define ENRICHD_CMD_CONFINE_H

#include "base/str.h"

#define CONFINE_TEXT_MAX 128

struct confine_settings {
    const char *data_cstr;         /* the only folder that stays writable; is made where missing */
    str user;                      /* to become, when started as root; empty: nobody else */
    const char *const *files_cstr; /* their folders stay readable, so that they can be replaced; at most 4;
                                      empty ones count as none */
    size_t file_count;
    bool is_off; /* only become the user */
};

/* After the ports are bound, before the first thread. A kernel without Landlock leaves files and ports
 * unconfined; ret_text, NUL-terminated, says what is in force.
 *
 * ERR_INVALID: no such user, or not root to become it. ERR_IO: the kernel refused, or the folder is not
 * the user's. The program cannot go on after either: part of it may be done. */
enum err confine(const struct confine_settings *settings, char ret_text[CONFINE_TEXT_MAX]) MUST_USE;

#endif
