/* Address parsing by getaddrinfo, which knows both families. */
#include "http/listen.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

/* "HOST:PORT" or "[HOST]:PORT" in two NUL-terminated texts. */
static enum err split(str address, char host[256], char port[8])
{
    size_t colon = SIZE_MAX;
    for (size_t i = 0; i < address.n; i++) {
        if (address.p[i] == ':') colon = i;
    }
    if (colon == SIZE_MAX) return ERR_INVALID;
    str name = str_slice(address, 0, colon);
    str number = str_from(address, colon + 1);
    uint64_t ignored;
    if (str_starts(name, STR("[")) && str_ends(name, STR("]"))) name = str_slice(name, 1, name.n - 1);
    TRY(str_to_u64(number, UINT16_MAX, &ignored));
    TRY(str_to_cstr(name, host, 256));
    return str_to_cstr(number, port, 8);
}

static enum err bind_one(const struct addrinfo *info, str address, struct os_file *ret)
{
    OS_FILE_AUTO file = {socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    int on = 1;
    if (file.fd < 0) return err_raise_errno("cannot make a socket");
    setsockopt(file.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(file.fd, info->ai_addr, info->ai_addrlen) != 0)
        return err_raise_errno("cannot listen on %.*s", STR_ARG(address));
    *ret = file;
    file = OS_FILE_NONE;
    return OK;
}

static enum err describe(struct listener *listener)
{
    struct sockaddr_storage bound;
    socklen_t n = sizeof bound;
    char host[256], port[8];
    if (getsockname(listener->file.fd, (struct sockaddr *)&bound, &n) != 0)
        return err_raise_errno("cannot read the address");
    if (getnameinfo((struct sockaddr *)&bound, n, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV)) {
        return err_raise(ERR_IO, "cannot read the address");
    }
    bool is_6 = bound.ss_family == AF_INET6;
    int bytes = snprintf(listener->address, LISTEN_ADDRESS_BYTES_MAX, is_6 ? "[%.45s]:%.5s" : "%.45s:%.5s",
                         host, port);
    return bytes > 0 && (size_t)bytes < LISTEN_ADDRESS_BYTES_MAX ? OK : err_raise(ERR_IO, "address too long");
}

enum err listen_bind(str address, struct listener *ret)
{
    char host[256], port[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    if (split(address, host, port) != OK) {
        return err_raise(ERR_INVALID, "'%.*s' is no address: HOST:PORT is expected, such as 127.0.0.1:8080",
                         STR_ARG(address));
    }
    int code = getaddrinfo(*host ? host : NULL, port, &hints, &found);
    if (code)
        return err_raise(ERR_INVALID, "unknown host in '%.*s': %s", STR_ARG(address), gai_strerror(code));
    struct listener listener = LISTENER_NONE;
    enum err e = bind_one(found, address, &listener.file);
    freeaddrinfo(found);
    if (e == OK) e = describe(&listener);
    if (e == OK)
        *ret = listener;
    else
        os_close(&listener.file);
    return e;
}

enum err listen_begin(const struct listener *listener, uint32_t backlog)
{
    if (listen(listener->file.fd, (int)backlog) == 0) return OK;
    return err_raise_errno("cannot listen on %s", listener->address);
}
