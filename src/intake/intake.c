/* One line after the other. What happens to a line before it is put (to_stored) depends on nothing but the
 * line. */
#include "intake/intake.h"

#include "intake/lines.h"

#define LINES_A_REPORT 256 /* between two calls of on_progress */

void intake_init(struct intake *intake, const struct intake_settings *settings, struct records_writer *writer)
{
    *intake = (struct intake){.settings = *settings, .writer = writer};
    arena_init(&intake->arena, settings->line_bytes_max * 32 + ((size_t)1 << 20));
    buf_init(&intake->stored, RECORD_BYTES_MAX * 2);
    rejects_init(&intake->rejects, settings->rejects_path_cstr, settings->line_bytes_max);
}

void intake_fini(struct intake *intake)
{
    arena_fini(&intake->arena);
    buf_fini(&intake->stored);
    rejects_fini(&intake->rejects);
}

/* A line's stored form, in intake->stored. */
static enum err to_stored(struct intake *intake, str line)
{
    struct record_source source;
    arena_reset(&intake->arena);
    buf_clear(&intake->stored);
    TRY(record_parse(intake->settings.entity, line, &intake->arena, &source));
    if (source.ignored.n) unknown_fields_add(&intake->unknown, source.ignored);
    return record_encode(intake->settings.entity, &source, &intake->stored);
}

/* Whether an error of to_stored is the line's own: it breaks a rule, or is so intricate that its tree has no
 * room. */
static bool is_refusal(const struct intake *intake, enum err e)
{
    return e == ERR_INVALID || e == ERR_LIMIT || (e == ERR_NOMEM && intake->arena.is_exhausted);
}

static enum err take_line(struct intake *intake, const char *path, const struct line *line)
{
    enum err e;
    if (line->is_too_long) {
        e = err_raise(ERR_LIMIT, "longer than %zu bytes", intake->settings.line_bytes_max);
    } else if (str_trim(line->text).n == 0) {
        return OK;
    } else {
        e = to_stored(intake, line->text);
    }
    intake->line_count++;
    if (is_refusal(intake, e))
        return rejects_add(&intake->rejects, path, line->number, err_detail(), line->text);
    TRY(e);
    TRY(intake->writer->records->ops->put(intake->writer, buf_str(&intake->stored)));
    intake->accepted_count++;
    return OK;
}

static enum err take_lines(struct intake *intake, const char *path, struct input *input, struct lines *lines)
{
    const struct intake_settings *settings = &intake->settings;
    uint64_t bytes_before = intake->used_bytes;
    for (;;) {
        struct line line;
        if (settings->is_stopped && settings->is_stopped()) return err_raise(ERR_CLOSED, "stopped");
        TRY(err_at(lines_next(lines, &line), path));
        intake->used_bytes = bytes_before + input_used_bytes(input);
        if (!line.text.p) return OK;
        TRY(take_line(intake, path, &line));
        if (settings->on_progress && line.number % LINES_A_REPORT == 0)
            settings->on_progress(settings->context, intake);
    }
}

enum err intake_file(struct intake *intake, const char *path_cstr)
{
    struct input *input;
    struct lines lines;
    TRY(input_open(path_cstr, &input));
    enum err e = lines_init(&lines, input, intake->settings.line_bytes_max);
    if (e == OK) {
        e = take_lines(intake, path_cstr, input, &lines);
        lines_fini(&lines);
    }
    input_close(input);
    return e;
}

enum err intake_finish(struct intake *intake)
{
    return rejects_finish(&intake->rejects);
}
