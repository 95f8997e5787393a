/* `enrichd serve`: the server, from start to the end of the drain. */
#ifndef ENRICHD_CMD_SERVE_H
#define ENRICHD_CMD_SERVE_H

/* argv[0] is "serve". Returns the exit code: 0 after a drain, 1 when something could not be opened,
 * EXIT_USAGE, EXIT_CONFIG. */
int cmd_serve(int argc, char **argv);

#endif
