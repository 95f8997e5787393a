/* `enrichd link rotate|list`: the keys that sign links to result files, also while a server runs. */
#ifndef ENRICHD_CMD_LINK_H
#define ENRICHD_CMD_LINK_H

/* argv[0] is "link". Returns the exit code. */
int cmd_link(int argc, char **argv);

#endif
