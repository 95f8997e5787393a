/* The files that hold result bytes: `<data>/pieces/<batch id>`.
 *
 * Pieces stand in a file in any order and with gaps; which bytes count is known elsewhere (piece_list.h). All
 * functions may be called from any thread.
 */
#ifndef ENRICHD_STORE_PIECE_FILE_H
#define ENRICHD_STORE_PIECE_FILE_H

#include "base/os.h"
#include "crypto/uuid.h"
#include "store/piece_list.h"

/* Opens for writing, creating it if it is missing. */
enum err piece_file_open(const char *folder_cstr, struct uuid id, struct os_file *ret) MUST_USE;

/* Closes a file that is open for writing, and removes it if it is empty: it was just created. */
enum err piece_file_discard(const char *folder_cstr, struct uuid id, struct os_file *file) MUST_USE;

/* Opens for reading. Does not keep the file from being erased: bytes that were read count only if the batch
 * was not erased by then. ERR_NOT_FOUND. */
enum err piece_file_open_read(const char *folder_cstr, struct uuid id, struct os_file *ret) MUST_USE;

/* What was written before is on stable storage; the file's name, too, if with_name (needed once a file).
 * After a failure nobody knows what is: the kernel may have dropped the bytes, and another sync that succeeds
 * proves nothing about them. */
enum err piece_file_sync(const char *folder_cstr, struct os_file file, bool with_name) MUST_USE;

/* Cuts back to n bytes, if there is more. ret_bytes: the file's length afterwards. */
enum err piece_file_cut(const char *folder_cstr, struct uuid id, uint64_t n, uint64_t *ret_bytes) MUST_USE;

/* Overwrites with zeros and removes it. OK if there is none. When overwriting fails it is removed all the
 * same, and the error is returned. A file that is mapped just now, because it is being sent, is removed
 * without being overwritten, so that its receiver gets no zeros instead of lines. */
enum err piece_file_erase(const char *folder_cstr, struct uuid id) MUST_USE;

/* Opens for reading and keeps the file from being overwritten until it is closed. ERR_NOT_FOUND: no such
 * file, or it is being overwritten. */
enum err piece_file_hold(const char *folder_cstr, struct uuid id, struct os_file *ret) MUST_USE;

/* The first n bytes of a file that is held, mapped for reading; given back by os_unmap(p, n). ERR_CORRUPT: it
 * is shorter. */
enum err piece_file_map(struct os_file file, uint64_t n, const void **ret) MUST_USE;

/* Opens for writing. ERR_NOT_FOUND. */
enum err piece_file_open_existing(const char *folder_cstr, struct uuid id, struct os_file *ret) MUST_USE;

/* ERR_BUSY: somebody holds the file, and may read what the list of pieces does not name any more. Who comes
 * later reads the list that there is by now. ERR_NOT_FOUND. */
enum err piece_file_check_not_held(const char *folder_cstr, struct uuid id) MUST_USE;

/* Overwrites with zeros what no piece of the list covers, durably. Whoever holds the file since before the
 * list was stored may still read there: then ERR_BUSY and nothing is done. arena: scratch. ERR_NOT_FOUND. */
enum err piece_file_clean(const char *folder_cstr, struct uuid id, const struct piece_list *list,
                          struct arena *arena) MUST_USE;

#endif
