/* The steps in order. */
#include "cmd/suppressed.h"

#include <unistd.h>

#include "base/os.h"
#include "cmd/secret.h"
#include "store/control_sqlite.h"

#define OPEN_TRIES    50
#define OPEN_PAUSE_US 100000

static enum err has_control(const char *data, bool *ret)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/control.db", data);
    if (n < 0 || (size_t)n >= sizeof path) return err_raise(ERR_LIMIT, "path too long: %s", data);
    struct os_stat found;
    enum err e = os_stat(path, &found);
    *ret = e == OK;
    return e == ERR_NOT_FOUND ? OK : e;
}

/* Who makes control.db just now, or brings it up to date, has it alone for a moment. */
static enum err open_control(const char *data, struct control **ret)
{
    enum err e = ERR_BUSY;
    for (int i = 0; e == ERR_BUSY && i < OPEN_TRIES; i++) {
        if (i) usleep(OPEN_PAUSE_US);
        e = control_sqlite_open(data, CONTROL_TOOL, NULL, ret);
    }
    return e;
}

static enum err open_list(const char *data, struct suppressed *suppressed)
{
    uint8_t secret[SECRET_BYTES];
    bool is_there;
    TRY(has_control(data, &is_there));
    if (!is_there) return OK;
    TRY(open_control(data, &suppressed->control));
    TRY(secret_load(data, secret));
    TRY(suppression_open(suppressed->control, str_of(secret, sizeof secret), &suppressed->suppression));
    return suppression_take(suppressed->suppression, &suppressed->set);
}

enum err suppressed_open(const char *data_cstr, struct suppressed *ret)
{
    struct suppressed suppressed = {0};
    enum err e = open_list(data_cstr, &suppressed);
    if (e == OK) {
        *ret = suppressed;
    } else {
        suppressed_close(&suppressed);
    }
    return e;
}

void suppressed_close(struct suppressed *suppressed)
{
    suppression_return(suppressed->suppression, suppressed->set);
    suppression_close(suppressed->suppression);
    if (suppressed->control) suppressed->control->ops->close(suppressed->control);
}
