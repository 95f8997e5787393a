/* The audit log: who was given or lost access, what was loaded, suppressed, told, erased. `<data>/audit.log`.
 *
 * One JSON object a line, appended and synced under a lock, so that any number of processes may write:
 *
 *     {"entry":3,"time":"2026-...+00:00","event":"key.revoke","key":"Ab3dE5gH","previous":"<SHA-256 of line
 * 2>"}
 *
 * Each line names the hash of the one before (64 zeros in the first), so that nothing can be changed, taken
 * out or moved without changing all lines behind it; control.db remembers the latest one, so that the end
 * cannot be cut off either. No personal data: ids and keyed hashes only.
 */
#ifndef ENRICHD_STORE_AUDIT_H
#define ENRICHD_STORE_AUDIT_H

#include "store/control.h"

#define AUDIT_LINE_BYTES_MAX ((size_t)16 << 10)

/* Appends an entry and remembers it in control.db. On OK both are on stable storage.
 *
 * event: "key.create". members: further members of the object as JSON text, `"key":"Ab3dE5gH"`, or empty.
 * control may be NULL: then control.db does not learn of it before the next entry. ret may be NULL.
 * ERR_LIMIT: longer than a line may be. ERR_CORRUPT: the log has no line where its end is. ERR_IO,
 * ERR_NOSPACE. */
enum err audit_add(const char *data_cstr, struct control *control, str event, str members,
                   struct audit_head *ret) MUST_USE;

/* Reads the whole log. known: what control.db remembers; entry 0: nothing. ret: the latest entry, entry 0 if
 * there is no log. ERR_CORRUPT with a sentence that names the first line that is wrong, or says that the end
 * is missing. */
enum err audit_verify(const char *data_cstr, const struct audit_head *known, struct audit_head *ret) MUST_USE;

#endif
