/* `enrichd config show|check`: the settings in force and where each comes from. */
#ifndef ENRICHD_CMD_CONFIG_H
#define ENRICHD_CMD_CONFIG_H

/* argv[0] is "config". Returns the exit code: EXIT_CONFIG if a setting is unknown or wrong. */
int cmd_config(int argc, char **argv);

#endif
