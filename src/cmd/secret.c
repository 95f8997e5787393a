/* The master secret. */
#include "cmd/secret.h"

#include "base/os.h"

/* A server and a tool may start together on a new folder: one makes the secret, the other reads it. */
static enum err make(const char *data_cstr, const char *path, struct buf *content)
{
    uint8_t secret[SECRET_BYTES];
    OS_FILE_AUTO folder = OS_FILE_NONE;
    TRY(os_open_read(data_cstr, &folder));
    TRY(os_lock(folder, true));
    enum err e = os_read_file(path, content);
    if (e != ERR_NOT_FOUND) return e;
    os_random(secret, sizeof secret);
    TRY(os_replace_file(path, str_of(secret, sizeof secret)));
    buf_add(content, str_of(secret, sizeof secret));
    return buf_check(content);
}

enum err secret_load(const char *data_cstr, uint8_t ret[SECRET_BYTES])
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/secret.key", data_cstr);
    if (n < 0 || (size_t)n >= sizeof path) return err_raise(ERR_LIMIT, "path too long: %s", data_cstr);
    struct buf content;
    buf_init(&content, SECRET_BYTES + 1);
    enum err e = os_read_file(path, &content);
    if (e == ERR_NOT_FOUND) {
        e = make(data_cstr, path, &content);
    }
    if (e == ERR_LIMIT || (e == OK && content.n != SECRET_BYTES)) {
        e = err_raise(ERR_CORRUPT, "%s must have %zu bytes", path, SECRET_BYTES);
    } else if (e == OK) {
        memcpy(ret, content.p, SECRET_BYTES);
    }
    buf_fini(&content);
    return e;
}
