/* One datagram a message. */
#include "cmd/notify.h"

#include <sys/socket.h>
#include <sys/un.h>

struct os_file notify_open(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    str name = str_of_cstr(getenv("NOTIFY_SOCKET"));
    if (name.n < 2 || name.n >= sizeof address.sun_path) return OS_FILE_NONE;
    memcpy(address.sun_path, name.p, name.n);
    if (name.p[0] == '@') address.sun_path[0] = 0; /* an abstract socket */
    socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + name.n);
    unsetenv("NOTIFY_SOCKET");
    struct os_file file = {socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (file.fd >= 0 && connect(file.fd, (struct sockaddr *)&address, bytes) != 0) os_close(&file);
    return file;
}

void notify_say(struct os_file to, str what)
{
    if (to.fd >= 0) (void)!send(to.fd, what.p, what.n, MSG_NOSIGNAL);
}
