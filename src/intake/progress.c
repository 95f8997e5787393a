/* One write(2) an update, so that the line does not flicker. */
#include "intake/progress.h"

#include <unistd.h>

#include "base/os.h"

#define UPDATE_US      200000
#define BAR_WIDTH      24
#define LINE_MAX_BYTES 256

/* Back to the start of the line, and clear it. */
#define CLEAR "\r\033[K"

void progress_begin(struct progress *progress, uint64_t total_bytes)
{
    int64_t now_us = os_monotonic_us();
    *progress = (struct progress){.is_shown = isatty(STDERR_FILENO),
                                  .total_bytes = total_bytes,
                                  .started_us = now_us,
                                  .next_us = now_us + UPDATE_US};
}

static void show(struct progress *progress, struct buf *line)
{
    struct os_file terminal = {STDERR_FILENO};
    enum err ignored = os_write(terminal, buf_str(line)); /* a terminal that is gone need not be told */
    (void)ignored;
    progress->has_line = true;
}

static void add_bar(struct buf *line, uint64_t bytes, uint64_t total_bytes)
{
    uint64_t filled = bytes * BAR_WIDTH / total_bytes;
    buf_add_char(line, '[');
    for (uint64_t i = 0; i < BAR_WIDTH; i++) buf_add_char(line, i < filled ? '#' : '.');
    buf_add_format(line, "] %3" PRIu64 "%%  ", bytes * 100 / total_bytes);
}

void progress_update(struct progress *progress, uint64_t bytes, uint64_t records)
{
    int64_t now_us = os_monotonic_us();
    if (!progress->is_shown || now_us < progress->next_us) return;
    progress->next_us = now_us + UPDATE_US;
    if (bytes > progress->total_bytes) bytes = progress->total_bytes; /* a file grew */
    uint64_t spent_us = (uint64_t)(now_us - progress->started_us);
    struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    buf_add(&line, STR(CLEAR));
    if (progress->total_bytes) add_bar(&line, bytes, progress->total_bytes);
    buf_add_format(&line, "%" PRIu64 " records, %" PRIu64 " a second", records, records * 1000000 / spent_us);
    if (progress->total_bytes && bytes) {
        uint64_t left_bytes = progress->total_bytes - bytes;
        uint64_t left_s = (uint64_t)((double)spent_us / (double)bytes * (double)left_bytes / 1e6);
        buf_add_format(&line, ", %" PRIu64 ":%02" PRIu64 " left", left_s / 60, left_s % 60);
    }
    show(progress, &line);
    buf_fini(&line);
}

void progress_say(struct progress *progress, const char *cstr)
{
    struct buf line;
    if (!progress->is_shown) return;
    buf_init(&line, LINE_MAX_BYTES);
    buf_add_format(&line, CLEAR "%s", cstr);
    show(progress, &line);
    buf_fini(&line);
}

void progress_end(struct progress *progress)
{
    if (progress->has_line) {
        struct buf line = {.p = (char[]){CLEAR}, .n = sizeof CLEAR - 1};
        show(progress, &line);
    }
    *progress = (struct progress){0};
}
