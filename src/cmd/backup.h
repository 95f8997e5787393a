/* `enrichd backup` and `enrichd restore`: a copy of the data folder, and back. */
#ifndef ENRICHD_CMD_BACKUP_H
#define ENRICHD_CMD_BACKUP_H

/* argv[0] is "backup" or "restore". Return the exit code. */
int cmd_backup(int argc, char **argv);
int cmd_restore(int argc, char **argv);

#endif
