/* audit_add for those who have nobody to hand its error to. */
#include "cmd/audited.h"

#include "base/json.h"
#include "cmd/folder_control.h"

static enum err add_alone(const char *data, str event, str members)
{
    struct control *control;
    TRY(folder_control_find(data, &control));
    enum err e = audit_add(data, control, event, members, NULL);
    if (control) control->ops->close(control);
    return e;
}

void audited(const char *command_cstr, const char *data_cstr, struct control *control, str event, str members)
{
    enum err e =
        control ? audit_add(data_cstr, control, event, members, NULL) : add_alone(data_cstr, event, members);
    if (e == OK) return;
    fprintf(stderr, "%s: done, but the audit log could not be written: %s\n", command_cstr, err_detail());
}

void audited_text(const char *command_cstr, const char *data_cstr, struct control *control, str event,
                  str name, str value)
{
    struct buf members;
    buf_init(&members, AUDIT_LINE_BYTES_MAX);
    json_add_str(&members, name);
    buf_add_char(&members, ':');
    json_add_str(&members, value);
    audited(command_cstr, data_cstr, control, event, buf_str(&members));
    buf_fini(&members);
}
