/* JSONL files to stored records: lines are read in blocks, converted by threads, and put into a writer of the
 * record store in the order of the files.
 *
 *     struct intake intake;
 *     e = intake_init(&intake, &settings, writer);
 *     if (e == OK) e = intake_file(&intake, "people.jsonl.zst");     for each file
 *     if (e == OK) e = intake_finish(&intake);                       then commit, or abort, the writer
 *     intake_fini(&intake);
 *
 * A line that cannot be a record is refused into the rejects file and the import goes on; any other failure
 * ends it. Nothing is published here. Used by one thread. Reading order: input.h, lines.h, block.h,
 * conveyor.h.
 */
#ifndef ENRICHD_INTAKE_INTAKE_H
#define ENRICHD_INTAKE_INTAKE_H

#include "intake/conveyor.h"
#include "intake/rejects.h"
#include "store/records.h"

struct intake;

struct intake_settings {
    enum entity entity;
    size_t line_bytes_max; /* a longer line is refused */
    size_t threads;        /* that convert; >= 1 */
    const char *rejects_path_cstr;
    const struct suppression_set *suppressed; /* whose records are left out; may be NULL */
    bool (*is_stopped)(void); /* asked often; true ends the import with ERR_CLOSED. May be NULL */
    void (*on_progress)(void *context, const struct intake *intake); /* called often. May be NULL */
    void *context;                                                   /* for on_progress */
};

/* The fields are for reading. */
struct intake {
    struct intake_settings settings;
    struct records_writer *writer;
    uint64_t line_count;       /* converted; blank ones left out */
    uint64_t accepted_count;   /* put into the writer */
    uint64_t suppressed_count; /* left out */
    uint64_t used_bytes;       /* of the files, as they are stored */
    struct rejects rejects;    /* .count: lines refused */
    struct unknown_fields unknown;
    struct conveyor *conveyor;
};

/* settings->rejects_path_cstr and writer outlive intake. ERR_NOMEM: intake_fini is still to be called. */
enum err intake_init(struct intake *intake, const struct intake_settings *settings,
                     struct records_writer *writer) MUST_USE;
void intake_fini(struct intake *intake);

/* Takes all lines of a file ("-": standard input) in; see input.h for its formats.
 *
 * ERR_CLOSED: stopped. ERR_NOT_FOUND, ERR_IO, ERR_CORRUPT: the file cannot be read to its end; err_detail()
 * names it. Errors of records_ops.put and of the rejects file; ERR_NOMEM. The writer can then only be
 * aborted. */
enum err intake_file(struct intake *intake, const char *path_cstr) MUST_USE;

/* The rejects file, if there is one, is complete and on stable storage afterwards. */
enum err intake_finish(struct intake *intake) MUST_USE;

#endif
