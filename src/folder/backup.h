/* A consistent copy of a data folder, also while a server runs on it.
 *
 * What it holds: control.db as of one moment after the beginning, so every batch that was acknowledged
 * before; of each batch the pieces that control.db knew at that moment; the records of one publication;
 * secret.key and enrichd.conf; and a list of all of it with checksums (backup_list.h). A batch that is erased
 * while the backup is made is erased in the backup, too, unless it had been copied already.
 */
#ifndef ENRICHD_FOLDER_BACKUP_H
#define ENRICHD_FOLDER_BACKUP_H

#include "folder/tree.h"

struct backup_counts {
    uint64_t batch_count;   /* with the erased ones */
    uint64_t segment_count; /* of records */
    uint64_t file_count;
    uint64_t bytes;
};

/* Writes the backup under a temporary name ("<dest>.partial"), syncs it and renames it: dest is whole or not
 * there. On an error nothing is left, except by a crash.
 *
 * ERR_EXISTS: there is something at dest or at the temporary name. ERR_NOT_FOUND: no such data folder.
 * ERR_CONFLICT: control.db is of an older enrichd. ERR_CORRUPT: the data folder is damaged. ERR_NOSPACE,
 * ERR_IO, ERR_NOMEM. ERR_CLOSED: stopped. */
enum err backup_create(const char *data_cstr, const char *dest_cstr, const struct tree_settings *settings,
                       struct backup_counts *ret) MUST_USE;

#endif
