/* What the two halves of the segment backend share: records_segments.c reads, records_segments_writer.c
 * writes. */
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

/* The writing operations of records_ops. */
enum err segment_store_write(struct records *records, bool wait, struct records_writer **ret) MUST_USE;
enum err segment_store_put(struct records_writer *writer, str stored) MUST_USE;
enum err segment_store_commit(struct records_writer *writer, records_lost_key_fn *on_lost_key,
                              void *context) MUST_USE;
void segment_store_abort(struct records_writer *writer);

#endif
