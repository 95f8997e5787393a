/* What the parts of a backup share. Private to backup*.c.
 *
 *     backup.c          the order of the steps, single files, the end
 *     backup_control.c  control.db and the pieces that it knows
 *     backup_records.c  the record stores
 */
#ifndef ENRICHD_FOLDER_BACKUP_STATE_H
#define ENRICHD_FOLDER_BACKUP_STATE_H

#include "folder/backup.h"

struct backup {
    const char *data_cstr;
    struct tree tree;
    struct backup_counts counts;
};

/* "<data>/<name>". ERR_LIMIT. */
enum err backup_source(const struct backup *backup, const char *name_cstr, char ret[TREE_PATH_MAX]) MUST_USE;

enum err backup_control(struct backup *backup) MUST_USE;
enum err backup_records(struct backup *backup) MUST_USE;

#endif
