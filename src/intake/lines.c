/* A window over the input that always holds the line which is being looked for. */
#include "intake/lines.h"

#define READ_BYTES ((size_t)256 << 10)

enum err lines_init(struct lines *lines, struct input *input, size_t line_bytes_max)
{
    size_t room = line_bytes_max + 2 + READ_BYTES; /* 2: \r\n */
    char *buffer = malloc(room);
    if (!buffer) return err_raise(ERR_NOMEM, "no memory for lines of %zu bytes", line_bytes_max);
    *lines = (struct lines){.input = input, .buffer = buffer, .room = room, .line_bytes_max = line_bytes_max};
    return OK;
}

void lines_fini(struct lines *lines)
{
    free(lines->buffer);
    lines->buffer = NULL;
}

/* Makes room behind the window and reads into it. */
static enum err fill(struct lines *lines)
{
    size_t held = lines->end - lines->start, got;
    if (lines->room - lines->end < READ_BYTES) {
        memmove(lines->buffer, lines->buffer + lines->start, held);
        lines->scanned -= lines->start;
        lines->start = 0;
        lines->end = held;
    }
    TRY(input_read(lines->input, lines->buffer + lines->end, READ_BYTES, &got));
    lines->end += got;
    lines->is_at_end = got == 0;
    return OK;
}

/* Whether the window holds a whole line (or the last one); *ret_end is where it ends, line break included. */
static bool find_end(struct lines *lines, size_t *ret_end)
{
    const char *from = lines->buffer + lines->scanned;
    const char *found = memchr(from, '\n', lines->end - lines->scanned);
    lines->scanned = found ? (size_t)(found - lines->buffer) + 1 : lines->end;
    *ret_end = lines->scanned;
    return found || lines->is_at_end;
}

static str without_break(str line)
{
    if (str_ends(line, STR("\n"))) line.n--;
    if (str_ends(line, STR("\r"))) line.n--;
    return line;
}

enum err lines_next(struct lines *lines, struct line *ret)
{
    size_t end;
    bool is_cut = false; /* its beginning had to be dropped */
    while (!find_end(lines, &end)) {
        if (lines->end - lines->start > lines->line_bytes_max + 2) {
            is_cut = true;
            lines->start = lines->scanned = lines->end;
        }
        TRY(fill(lines));
    }
    str line = str_of(lines->buffer + lines->start, end - lines->start);
    lines->start = end;
    if (line.n == 0 && !is_cut) {
        *ret = (struct line){0};
        return OK;
    }
    line = without_break(line);
    if (++lines->number == 1 && str_starts(line, STR("\xef\xbb\xbf"))) line = str_from(line, 3);
    *ret = (struct line){line, lines->number, is_cut || line.n > lines->line_bytes_max};
    if (ret->is_too_long) ret->text.n = 0;
    return OK;
}
