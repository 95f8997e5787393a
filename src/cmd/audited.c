/* audit_add for those who have nobody to hand its error to. */
#include "cmd/audited.h"

#include "base/json.h"

void audited(const char *command_cstr, const char *data_cstr, struct control *control, str event, str members)
{
    if (audit_add(data_cstr, control, event, members, NULL) == OK) return;
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
