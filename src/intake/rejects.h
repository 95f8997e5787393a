/* The rejects file: the lines that an import refused, and why.
 *
 * JSONL, one object a refused line:
 *
 *     {"file":"people.jsonl","line":17,"reason":"crustdata_person_id is
 * missing","record":"{\"basic_profile\":..."}
 *
 * `record` is the line itself as a string, so that it can be taken out (jq -r .record), repaired and
 * imported. Bytes that are no UTF-8 are replaced by U+FFFD; a line over the length limit has no `record`. The
 * file is created with the first reject: an import without any leaves an existing file alone.
 */
#ifndef ENRICHD_INTAKE_REJECTS_H
#define ENRICHD_INTAKE_REJECTS_H

#include "base/os.h"

/* Appends the object and a line break for a refused line; text is empty if it was too long. Pure. */
void rejects_format(struct buf *out, const char *file_cstr, uint64_t line, const char *reason_cstr, str text);

struct rejects {
    const char *path_cstr;
    struct os_file file;
    uint64_t count;
};

/* path_cstr outlives rejects. */
void rejects_init(struct rejects *rejects, const char *path_cstr);

/* Closes the file; what was not finished may be missing from it after a power failure. */
void rejects_fini(struct rejects *rejects);

/* Writes count formatted lines, count > 0. Errors of the file system. One thread. */
enum err rejects_add(struct rejects *rejects, str formatted, uint64_t count) MUST_USE;

/* Everything added is on stable storage afterwards. Errors of the file system. */
enum err rejects_finish(struct rejects *rejects) MUST_USE;

#endif
