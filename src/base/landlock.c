/* The three system calls, for which the C library has no functions. Rights that the system's header is too
 * old to name have their numbers here. */
#include "base/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/os.h"

#define ACCESS_FS_TRUNCATE  ((uint64_t)1 << 14)
#define ACCESS_FS_IOCTL_DEV ((uint64_t)1 << 15)
#define ACCESS_NET_BIND_TCP ((uint64_t)1 << 0)
#define SCOPE_ALL           ((uint64_t)3) /* abstract sockets, signals */

#define ACCESS_FS_VERSION_1 (((uint64_t)1 << 13) - 1)

#define READABLE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITABLE                                                                                             \
    (READABLE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                             \
     LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |             \
     LANDLOCK_ACCESS_FS_REFER | ACCESS_FS_TRUNCATE)
#define FOR_FILES (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_FS_TRUNCATE)

/* struct landlock_ruleset_attr as of version 6. */
struct ruleset {
    uint64_t fs, net, scopes;
};

int landlock_version(void)
{
    if (os_hooks.landlock_version) return os_hooks.landlock_version();
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? (int)version : 0;
}

static uint64_t known_fs_rights(int version)
{
    uint64_t rights = ACCESS_FS_VERSION_1;
    if (version >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3) rights |= ACCESS_FS_TRUNCATE;
    if (version >= 5) rights |= ACCESS_FS_IOCTL_DEV;
    return rights;
}

/* A kernel refuses a longer structure than it knows only if it is not zero where that ends. */
static enum err make_ruleset(int version, struct os_file *ret)
{
    struct ruleset ruleset = {
        .fs = known_fs_rights(version),
        .net = version >= 4 ? ACCESS_NET_BIND_TCP : 0,
        .scopes = version >= 6 ? SCOPE_ALL : 0,
    };
    long fd = syscall(SYS_landlock_create_ruleset, &ruleset, sizeof ruleset, 0);
    if (fd < 0) return err_raise_errno("landlock_create_ruleset");
    ret->fd = (int)fd;
    return OK;
}

static enum err allow(struct os_file rules, int version, const struct landlock_path *path)
{
    struct stat status;
    OS_FILE_AUTO file = {open(path->path_cstr, O_PATH | O_CLOEXEC)};
    if (file.fd < 0) return OK;
    if (fstat(file.fd, &status) != 0) return err_raise_errno("cannot look at %s", path->path_cstr);
    uint64_t rights = (path->is_writable ? WRITABLE : READABLE) & known_fs_rights(version);
    if (!S_ISDIR(status.st_mode)) rights &= FOR_FILES;
    struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = file.fd};
    if (syscall(SYS_landlock_add_rule, rules.fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
        return err_raise_errno("landlock_add_rule for %s", path->path_cstr);
    return OK;
}

enum err landlock_confine(const struct landlock_path *paths, size_t count)
{
    int version = landlock_version();
    OS_FILE_AUTO rules = OS_FILE_NONE;
    TRY(make_ruleset(version, &rules));
    for (size_t i = 0; i < count; i++) TRY(allow(rules, version, &paths[i]));
    if (syscall(SYS_landlock_restrict_self, rules.fd, 0) != 0)
        return err_raise_errno("landlock_restrict_self");
    return OK;
}
