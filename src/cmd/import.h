/* `enrichd import`: loads records from JSONL files into the data folder, all or nothing, also while a server
 * runs. */
#ifndef ENRICHD_CMD_IMPORT_H
#define ENRICHD_CMD_IMPORT_H

/* argv[0] is "import". Returns the exit code, which --help explains. Takes over SIGINT, SIGTERM and SIGHUP.
 */
int cmd_import(int argc, char **argv);

#endif
