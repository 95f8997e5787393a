/* Formatting, and appending to a file that may not be needed. */
#include "intake/rejects.h"

#include "base/json.h"

void rejects_format(struct buf *out, const char *file_cstr, uint64_t line, const char *reason_cstr, str text)
{
    buf_add(out, STR("{\"file\":"));
    json_add_str_lossy(out, str_of_cstr(file_cstr));
    buf_add_format(out, ",\"line\":%" PRIu64 ",\"reason\":", line);
    json_add_str_lossy(out, str_of_cstr(reason_cstr));
    if (text.n) {
        buf_add(out, STR(",\"record\":"));
        json_add_str_lossy(out, text);
    }
    buf_add(out, STR("}\n"));
}

void rejects_init(struct rejects *rejects, const char *path_cstr)
{
    *rejects = (struct rejects){.path_cstr = path_cstr, .file = OS_FILE_NONE};
}

void rejects_fini(struct rejects *rejects)
{
    os_close(&rejects->file);
}

enum err rejects_add(struct rejects *rejects, str formatted, uint64_t count)
{
    if (rejects->file.fd < 0) TRY(os_create(rejects->path_cstr, &rejects->file));
    TRY(err_at(os_write(rejects->file, formatted), rejects->path_cstr));
    rejects->count += count;
    return OK;
}

enum err rejects_finish(struct rejects *rejects)
{
    return rejects->file.fd < 0 ? OK : err_at(os_sync(rejects->file), rejects->path_cstr);
}
