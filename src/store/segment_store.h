/* What the parts of the segment backend share: records_segments.c reads, records_segments_writer.c imports,
 * records_segments_compact.c merges. */
#ifndef ENRICHD_STORE_SEGMENT_STORE_H
#define ENRICHD_STORE_SEGMENT_STORE_H

#include <pthread.h>

#include "store/records_segments.h"
#include "store/segment_view.h"

struct segment_store {
    struct records base;
    struct records_segments_settings settings;
    char folder[SEGMENT_PATH_MAX];        /* <data>/records/<entity> */
    char manifest_path[SEGMENT_PATH_MAX]; /* in it */

    pthread_mutex_t lock;           /* guards what follows, and the reference counts of views and segments */
    struct segment_view *view;      /* the newest that could be loaded */
    struct os_file manifest_file;   /* the one that it was read from, kept open to notice its replacement */
    struct os_stamp manifest_stamp; /* of that file, from before its name was last looked up */
};

struct segment_snapshot {
    struct records_snapshot base;
    struct segment_view *view;
};

/* Who writes segments. An import holds writer.lock, a merge compact.lock and, to publish, writer.lock. */
enum segment_task { SEGMENT_IMPORT, SEGMENT_MERGE };

/* Takes the lock that a file of the folder stands for, until ret is closed. ERR_BUSY: taken, and wait is
 * false. */
enum err segment_store_lock(const struct segment_store *store, const char *name_cstr, bool wait,
                            struct os_file *ret) MUST_USE;

/* Removes what no manifest names and nobody is writing. manifest: the current one. task: whose lock is held;
 * the other one's work may be under way. */
enum err segment_store_clean(const struct segment_store *store, const struct manifest *manifest,
                             enum segment_task task) MUST_USE;

/* Publishes a manifest as the next generation; its segments' files are synced. writer.lock is held. before:
 * the open manifest file that is replaced, none if there is none. ERR_UNKNOWN_OUTCOME: old or new; on any
 * other error surely the old one is there. */
enum err segment_store_replace_manifest(const struct segment_store *store, struct os_file before,
                                        struct manifest *manifest) MUST_USE;

/* The writing operations of records_ops. */
enum err segment_store_write(struct records *records, bool wait, struct records_writer **ret) MUST_USE;
enum err segment_store_put(struct records_writer *writer, str stored) MUST_USE;
enum err segment_store_commit(struct records_writer *writer, records_lost_key_fn *on_lost_key,
                              void *context) MUST_USE;
void segment_store_abort(struct records_writer *writer);
enum err segment_store_compact(struct records *records, enum records_compact what,
                               bool (*is_stopped_fn)(void *context), void *context,
                               struct records_compaction *ret) MUST_USE;

#endif
