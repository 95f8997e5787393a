/* A folder in the making: files are written into it one by one and listed, then all of them are brought to
 * stable storage; or everything is removed again.
 *
 * One thread. Used by backup.c and restore.c.
 */
#ifndef ENRICHD_FOLDER_TREE_H
#define ENRICHD_FOLDER_TREE_H

#include "base/os.h"
#include "folder/backup_list.h"

#define TREE_PATH_MAX    ((size_t)4096)
#define TREE_FOLDERS_MAX 8 /* below the folder itself */

/* What the maker of a tree may want to know or say while it works. */
struct tree_settings {
    bool (*is_stopped)(void);                           /* true: end with ERR_CLOSED; may be NULL */
    void (*on_progress)(void *context, uint64_t bytes); /* written so far; may be NULL */
    void *context;
};

struct tree {
    const struct tree_settings *settings;
    char path_cstr[TREE_PATH_MAX];
    bool is_own; /* the folder itself was made here, and goes with an abort */
    char folders[TREE_FOLDERS_MAX][BACKUP_NAME_MAX];
    size_t folder_count;
    struct backup_list list;
    uint64_t bytes; /* of all files */
};

/* Makes the folder, or begins in one that is empty. settings stay the caller's. ERR_EXISTS: there is
 * something of that name already. */
enum err tree_begin(struct tree *tree, const char *path_cstr, const struct tree_settings *settings) MUST_USE;

/* "<folder>/<name>". ERR_LIMIT. */
enum err tree_path(const struct tree *tree, const char *name_cstr, char ret[TREE_PATH_MAX]) MUST_USE;

/* Makes a folder below it, unless it is there. */
enum err tree_add_folder(struct tree *tree, const char *name_cstr) MUST_USE;

/* Writes a file, whose folder was added before, and lists it with its checksum. On an error it is
 * removed again. ERR_CLOSED: stopped. */
enum err tree_add(struct tree *tree, const char *name_cstr, str bytes) MUST_USE;

/* Lists a file that somebody else wrote into the tree. */
enum err tree_adopt(struct tree *tree, const char *name_cstr) MUST_USE;

/* Takes the file that was added last out again. */
enum err tree_remove_last(struct tree *tree) MUST_USE;

/* Everything is on stable storage afterwards, the names in the folder too. */
enum err tree_sync(struct tree *tree) MUST_USE;

/* Removes all files, also those of control.db and the lock, and the folders. What cannot be removed stays. */
void tree_abort(struct tree *tree);

/* Forgets the tree; the files stay. */
void tree_fini(struct tree *tree);

#endif
