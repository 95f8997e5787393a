/* Preloaded: names lead where the file $NAMES says, which is read at each question. Its lines are a name and
 * its addresses, or "stuck" for a resolver that never answers. Names that are not there do not exist, so that
 * nobody outside is asked; what is an address already goes to the C library. */
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef int resolver(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static resolver *c_library(void)
{
    resolver *found;
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
    if (!symbol) abort();
    memcpy(&found, &symbol, sizeof found);
    return found;
}

static int look_up(const char *address, const char *service, const struct addrinfo *hints,
                   struct addrinfo **ret)
{
    struct addrinfo numeric = hints ? *hints : (struct addrinfo){0};
    numeric.ai_flags |= AI_NUMERICHOST;
    return c_library()(address, service, &numeric, ret);
}

/* Behind those that are there. Addresses of a family that is not asked for are left out. */
static void add(struct addrinfo **list, const char *address, const char *service,
                const struct addrinfo *hints)
{
    while (*list) list = &(*list)->ai_next;
    if (look_up(address, service, hints, list) != 0) *list = NULL;
}

static struct addrinfo *addresses_of(char *rest, const char *service, const struct addrinfo *hints)
{
    struct addrinfo *list = NULL;
    for (const char *word; (word = strsep(&rest, " \n"));) {
        while (strcmp(word, "stuck") == 0) pause();
        add(&list, word, service, hints);
    }
    return list;
}

__attribute__((visibility("default"))) int getaddrinfo(const char *name, const char *service,
                                                       const struct addrinfo *hints, struct addrinfo **ret)
{
    char line[4096];
    const char *path = getenv("NAMES");
    if (!name) return c_library()(name, service, hints, ret);
    if (look_up(name, service, hints, ret) == 0) return 0;
    FILE *file = path ? fopen(path, "re") : NULL;
    if (!file) abort();
    struct addrinfo *list = NULL;
    while (!list && fgets(line, sizeof line, file)) {
        char *rest = line;
        if (strcasecmp(strsep(&rest, " \n"), name) == 0) list = addresses_of(rest, service, hints);
    }
    fclose(file);
    *ret = list;
    return list ? 0 : EAI_NONAME;
}
