/* The progress of an import on a terminal: one line, rewritten a few times a second. One thread. */
#ifndef ENRICHD_INTAKE_PROGRESS_H
#define ENRICHD_INTAKE_PROGRESS_H

#include "base/str.h"

/* All zero: nothing is ever shown. */
struct progress {
    bool is_shown;
    bool has_line;        /* something stands on the terminal's line */
    uint64_t total_bytes; /* 0: not known */
    int64_t started_us;
    int64_t next_us; /* when to show it again */
};

/* Shows nothing unless standard error is a terminal. total_bytes: of all files, 0 if not known. */
void progress_begin(struct progress *progress, uint64_t total_bytes);

/* Shows how far the import is, unless it was shown a moment ago. */
void progress_update(struct progress *progress, uint64_t bytes, uint64_t records);

/* Replaces the bar by a word on what is happening now; cstr without a line break. */
void progress_say(struct progress *progress, const char *cstr);

/* Clears the line. */
void progress_end(struct progress *progress);

#endif
