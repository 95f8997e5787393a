/* The list of a backup: which files it consists of, with their sizes and checksums.
 *
 * A text file for people and programs, `backup.list` in the backup:
 *
 *     enrichd backup 1
 *     created 1763932800000000
 *     file control.db bytes 1052672 sha256 9f86d081884c7d65...
 *     file records/person/manifest bytes ...
 *     sha256 60303ae22b998861...
 *
 * The last line has the SHA-256 of all that is before it.
 */
#ifndef ENRICHD_FOLDER_BACKUP_LIST_H
#define ENRICHD_FOLDER_BACKUP_LIST_H

#include "base/buf.h"
#include "crypto/mac.h"

#define BACKUP_LIST_NAME      "backup.list"
#define BACKUP_LIST_BYTES_MAX ((size_t)1 << 30)
#define BACKUP_NAME_MAX       ((size_t)96)

struct backup_file {
    char name_cstr[BACKUP_NAME_MAX]; /* in the folder: "pieces/<batch id>" */
    uint64_t bytes;
    uint8_t sha256[SHA256_BYTES];
};

struct backup_list {
    int64_t created_us;
    struct backup_file *files; /* owned */
    size_t count, room;
};

void backup_list_fini(struct backup_list *list); /* a zeroed one is accepted */

/* ERR_NOMEM; ERR_LIMIT: name is longer than BACKUP_NAME_MAX. */
enum err backup_list_add(struct backup_list *list, const char *name_cstr, uint64_t bytes,
                         const uint8_t sha256[SHA256_BYTES]) MUST_USE;

/* Appends the text; out's own failure says whether it fitted. */
void backup_list_write(const struct backup_list *list, struct buf *out);

/* ret: ended with backup_list_fini. ERR_CORRUPT: damaged, of an unknown version, or with a name that leads
 * out of the folder; ERR_NOMEM. */
enum err backup_list_read(str text, struct backup_list *ret) MUST_USE;

#endif
