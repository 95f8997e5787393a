/* `enrichd key create|list|set|rotate|revoke`: API keys, also while a server runs. */
#ifndef ENRICHD_CMD_KEY_H
#define ENRICHD_CMD_KEY_H

/* argv[0] is "key". Returns the exit code. */
int cmd_key(int argc, char **argv);

#endif
