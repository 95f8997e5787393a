/* With some patience. */
#include "cmd/folder_control.h"

#include <unistd.h>

#include "base/os.h"
#include "store/control_sqlite.h"

#define OPEN_TRIES    50
#define OPEN_PAUSE_US 100000

/* Who makes control.db just now, or brings it up to date, has it alone for a moment. */
static enum err open_patiently(const char *data, struct control **ret)
{
    enum err e = ERR_BUSY;
    for (int i = 0; e == ERR_BUSY && i < OPEN_TRIES; i++) {
        if (i) usleep(OPEN_PAUSE_US);
        e = control_sqlite_open(data, CONTROL_TOOL, NULL, ret);
    }
    return e;
}

enum err folder_control_open(const char *data_cstr, struct control **ret)
{
    TRY(os_mkdir_all(data_cstr));
    return open_patiently(data_cstr, ret);
}

enum err folder_control_find(const char *data_cstr, struct control **ret)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/control.db", data_cstr);
    if (n < 0 || (size_t)n >= sizeof path) return err_raise(ERR_LIMIT, "path too long: %s", data_cstr);
    struct os_stat found;
    enum err e = os_stat(path, &found);
    if (e == ERR_NOT_FOUND) {
        *ret = NULL;
        return OK;
    }
    TRY(e);
    return open_patiently(data_cstr, ret);
}
