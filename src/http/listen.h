/* Listening sockets by "HOST:PORT". */
#ifndef ENRICHD_HTTP_LISTEN_H
#define ENRICHD_HTTP_LISTEN_H

#include "base/os.h"

#define LISTEN_ADDRESS_BYTES_MAX ((size_t)64)

/* A bound socket; nobody can connect yet. */
struct listener {
    struct os_file file;
    char address[LISTEN_ADDRESS_BYTES_MAX]; /* numeric, as bound, NUL-terminated */
};
#define LISTENER_NONE ((struct listener){.file = OS_FILE_NONE})

/* Binds, which may take privileges. address: "127.0.0.1:8080", "[::1]:8080", "localhost:8080"; port 0 takes a
 * free one. ERR_INVALID: not of that form, or an unknown host; ERR_IO: taken or forbidden. */
enum err listen_bind(str address, struct listener *ret) MUST_USE;

/* Lets clients connect. ERR_IO: the address is taken. */
enum err listen_begin(const struct listener *listener, uint32_t backlog) MUST_USE;

#endif
