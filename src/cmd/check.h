/* `enrichd check`: whether the data folder is whole, also while a server runs on it. */
#ifndef ENRICHD_CMD_CHECK_H
#define ENRICHD_CMD_CHECK_H

/* argv[0] is "check". Returns the exit code. */
int cmd_check(int argc, char **argv);

#endif
