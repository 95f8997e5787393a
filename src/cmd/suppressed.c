/* The steps in order. */
#include "cmd/suppressed.h"

#include "cmd/folder_control.h"
#include "cmd/secret.h"

static enum err open_list(const char *data, struct suppressed *suppressed)
{
    uint8_t secret[SECRET_BYTES];
    TRY(folder_control_find(data, &suppressed->control));
    if (!suppressed->control) return OK;
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
