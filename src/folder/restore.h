/* A backup back into a data folder. */
#ifndef ENRICHD_FOLDER_RESTORE_H
#define ENRICHD_FOLDER_RESTORE_H

#include "folder/tree.h"

struct restore_counts {
    int64_t created_us; /* when the backup was begun */
    uint64_t file_count;
    uint64_t bytes;
};

/* Verifies every checksum of the backup, then copies it into an empty or new folder and brings it to stable
 * storage. A server is kept out until then; control.db comes last. On an error nothing is left, except by a
 * crash, after which control.db is missing.
 *
 * ERR_NOT_FOUND: src is no backup. ERR_CORRUPT: it is damaged; err_detail() names the file. ERR_EXISTS: the
 * data folder is not empty. ERR_NOSPACE, ERR_IO, ERR_NOMEM. ERR_CLOSED: stopped. */
enum err restore_folder(const char *src_cstr, const char *data_cstr, const struct tree_settings *settings,
                        struct restore_counts *ret) MUST_USE;

#endif
