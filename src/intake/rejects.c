/* Buffered appending. */
#include "intake/rejects.h"

#include "base/json.h"

#define BUFFER_BYTES ((size_t)256 << 10)

void rejects_init(struct rejects *rejects, const char *path_cstr, size_t text_bytes_max)
{
    *rejects = (struct rejects){.path_cstr = path_cstr, .file = OS_FILE_NONE};
    buf_init(&rejects->buffer,
             BUFFER_BYTES + text_bytes_max * 6 + 16384); /* 6: a control character is \u00XX */
}

void rejects_fini(struct rejects *rejects)
{
    os_close(&rejects->file);
    buf_fini(&rejects->buffer);
}

static enum err flush(struct rejects *rejects)
{
    TRY(buf_check(&rejects->buffer));
    TRY(err_at(os_write(rejects->file, buf_str(&rejects->buffer)), rejects->path_cstr));
    buf_clear(&rejects->buffer);
    return OK;
}

enum err rejects_add(struct rejects *rejects, const char *file_cstr, uint64_t line, const char *reason_cstr,
                     str text)
{
    struct buf *out = &rejects->buffer;
    if (rejects->file.fd < 0) TRY(os_create(rejects->path_cstr, &rejects->file));
    buf_add(out, STR("{\"file\":"));
    json_add_str_lossy(out, str_of_cstr(file_cstr));
    buf_add_format(out, ",\"line\":%" PRIu64 ",\"reason\":", line);
    json_add_str_lossy(out, str_of_cstr(reason_cstr));
    if (text.n) {
        buf_add(out, STR(",\"record\":"));
        json_add_str_lossy(out, text);
    }
    buf_add(out, STR("}\n"));
    rejects->count++;
    return out->n >= BUFFER_BYTES || out->is_failed ? flush(rejects) : OK;
}

enum err rejects_finish(struct rejects *rejects)
{
    if (rejects->file.fd < 0) return OK;
    TRY(flush(rejects));
    return err_at(os_sync(rejects->file), rejects->path_cstr);
}
