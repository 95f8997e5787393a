/* Reading, and unpacking what was read. */
#include "intake/input.h"

#include <unistd.h>

#include "intake/unpack.h"

#define READ_BYTES ((size_t)256 << 10)

struct input {
    struct os_file file;
    bool is_stdin;
    bool is_at_end; /* of the file */
    bool is_plain;
    struct unpack *unpack;
    uint64_t read_bytes; /* of the file */
    str rest;            /* read but not used yet, in buffer */
    char buffer[READ_BYTES];
};

static enum err open_file(const char *path, struct os_file *ret, bool *ret_is_stdin)
{
    *ret_is_stdin = str_eq(str_of_cstr(path), STR(INPUT_STDIN));
    if (!*ret_is_stdin) return os_open_read(path, ret);
    ret->fd = STDIN_FILENO;
    return OK;
}

/* Reads on behind what is left. */
static enum err fill(struct input *input)
{
    size_t got;
    if (input->rest.n) memmove(input->buffer, input->rest.p, input->rest.n);
    TRY(os_read_some(input->file, input->buffer + input->rest.n, READ_BYTES - input->rest.n, &got));
    input->rest = str_of(input->buffer, input->rest.n + got);
    input->read_bytes += got;
    input->is_at_end = got == 0;
    return OK;
}

static enum err begin(struct input *input, const char *path)
{
    TRY(open_file(path, &input->file, &input->is_stdin));
    while (input->rest.n < UNPACK_MAGIC_BYTES && !input->is_at_end) TRY(err_at(fill(input), path));
    enum unpack_format format = unpack_detect(input->rest);
    input->is_plain = format == UNPACK_PLAIN;
    return unpack_new(format, &input->unpack);
}

enum err input_open(const char *path_cstr, struct input **ret)
{
    struct input *input = calloc(1, sizeof *input);
    if (!input) return err_raise(ERR_NOMEM, "no memory to read %s", path_cstr);
    input->file = OS_FILE_NONE;
    enum err e = begin(input, path_cstr);
    if (e != OK) {
        input_close(input);
        return e;
    }
    *ret = input;
    return OK;
}

void input_close(struct input *input)
{
    if (!input) return;
    unpack_free(input->unpack);
    if (!input->is_stdin) os_close(&input->file);
    free(input);
}

/* Past the buffer. */
static enum err read_plain(struct input *input, char *out, size_t n, size_t *ret)
{
    TRY(os_read_some(input->file, out, n, ret));
    input->read_bytes += *ret;
    input->is_at_end = *ret == 0;
    return OK;
}

enum err input_read(struct input *input, char *out, size_t n, size_t *ret)
{
    must(n > 0);
    if (input->is_plain && input->rest.n == 0 && !input->is_at_end) return read_plain(input, out, n, ret);
    for (;;) {
        if (input->rest.n == 0 && !input->is_at_end) TRY(fill(input));
        size_t before = input->rest.n;
        if (before == 0 && unpack_is_complete(input->unpack)) {
            *ret = 0;
            return OK;
        }
        TRY(unpack_step(input->unpack, &input->rest, out, n, ret));
        if (*ret) return OK;
        if (input->rest.n != before) continue;
        if (input->is_at_end) return err_raise(ERR_CORRUPT, "ends in the middle of the compressed data");
        TRY(fill(input));
    }
}

uint64_t input_used_bytes(const struct input *input)
{
    return input->read_bytes - input->rest.n;
}

enum err input_file_bytes(const char *path_cstr, uint64_t *ret)
{
    OS_FILE_AUTO file = OS_FILE_NONE;
    *ret = 0;
    if (str_eq(str_of_cstr(path_cstr), STR(INPUT_STDIN))) return OK;
    TRY(os_open_read(path_cstr, &file));
    return err_at(os_file_bytes(file, ret), path_cstr);
}
