/* Listening sockets by "HOST:PORT". */
#ifndef ENRICHD_HTTP_LISTEN_H
#define ENRICHD_HTTP_LISTEN_H

#include "base/os.h"

#define LISTEN_ADDRESS_BYTES_MAX ((size_t)64)

/* Binds and listens. address: "127.0.0.1:8080", "[::1]:8080", "localhost:8080"; port 0 takes a free one.
 * ret_address: the numeric address as bound, NUL-terminated. ERR_INVALID: not of that form, or an unknown
 * host; ERR_IO: taken or forbidden. */
enum err listen_open(str address, struct os_file *ret, char ret_address[LISTEN_ADDRESS_BYTES_MAX]) MUST_USE;

#endif
