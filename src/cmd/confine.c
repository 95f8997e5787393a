/* The order matters: folder, user, privileges, files. */
#include "cmd/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/landlock.h"
#include "base/os.h"

#define USER_BYTES_MAX 64
#define PATHS_MAX      48
#define FOLDERS_MAX    16

/* ---- the user ---- */

static const struct passwd *find_user(str name)
{
    char name_cstr[USER_BYTES_MAX];
    return str_to_cstr(name, name_cstr, sizeof name_cstr) == OK ? getpwnam(name_cstr) : NULL;
}

static enum err become(const struct passwd *user)
{
    if (geteuid() == user->pw_uid) return OK;
    if (geteuid() != 0) return err_raise(ERR_INVALID, "server.user: only root can become another user");
    if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
        setuid(user->pw_uid) != 0)
        return err_raise_errno("server.user: cannot become %s", user->pw_name);
    must(setuid(0) != 0);
    return OK;
}

/* A folder that was there keeps its owner. */
static enum err make_folder(const char *path, const struct passwd *owner)
{
    struct os_stat status;
    enum err e = os_stat(path, &status);
    if (e != ERR_NOT_FOUND) return e;
    TRY(os_mkdir_all(path));
    if (geteuid() == 0 && chown(path, owner->pw_uid, owner->pw_gid) != 0)
        return err_raise_errno("cannot give %s to %s", path, owner->pw_name);
    return OK;
}

static enum err become_user(const struct confine_settings *settings)
{
    const char *data = settings->data_cstr;
    if (!settings->user.n) return os_mkdir_all(data);
    const struct passwd *user = find_user(settings->user);
    if (!user) return err_raise(ERR_INVALID, "server.user: there is no user '%.*s'", STR_ARG(settings->user));
    TRY(make_folder(data, user));
    TRY(become(user));
    if (access(data, R_OK | W_OK | X_OK) == 0) return OK;
    return err_raise_errno("server.user: %s must belong to %s", data, user->pw_name);
}

/* ---- privileges ---- */

/* The memory holds secrets: it is for no core file and no debugger of the same user. */
static enum err give_up_privileges(void)
{
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0)
        return err_raise_errno("cannot switch core dumps off");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return err_raise_errno("cannot give up privileges");
    return OK;
}

/* ---- files ---- */

struct paths {
    struct landlock_path all[PATHS_MAX];
    size_t count;
    char folders[FOLDERS_MAX][PATH_MAX];
    size_t folder_count;
};

static void add(struct paths *paths, const char *path_cstr, bool is_writable)
{
    must(paths->count < PATHS_MAX);
    paths->all[paths->count++] = (struct landlock_path){path_cstr, is_writable};
}

/* What looking a name up and checking a certificate read: the libraries' modules, the certificates, and files
 * of /etc. These are often replaced under the same name, so that the folder has to be allowed; but to root,
 * whom no permission keeps from the other files in it, only those that are there now. */
static void add_for_webhooks(struct paths *paths)
{
    static const char *const everybody[] = {
        "/usr/lib",
        "/usr/lib64",
        "/lib",
        "/lib64",
        "/usr/share/ca-certificates",
        "/usr/local/share/ca-certificates",
    };
    static const char *const of_etc[] = {
        "/etc/resolv.conf", "/etc/hosts",     "/etc/host.conf",       "/etc/nsswitch.conf", "/etc/gai.conf",
        "/etc/services",    "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/ld.so.cache",
    };
    for (size_t i = 0; i < sizeof everybody / sizeof *everybody; i++) add(paths, everybody[i], false);
    if (geteuid() != 0) add(paths, "/etc", false);
    for (size_t i = 0; geteuid() == 0 && i < sizeof of_etc / sizeof *of_etc; i++)
        add(paths, of_etc[i], false);
}

/* In place of a file in /, that file: everything would be too much. */
static void add_folder_of(struct paths *paths, const char *file)
{
    must(paths->folder_count < FOLDERS_MAX);
    char *folder = paths->folders[paths->folder_count++];
    if (str_to_cstr(str_of_cstr(file), folder, PATH_MAX) != OK) return;
    char *slash = strrchr(folder, '/');
    if (slash && slash != folder) *slash = 0;
    add(paths, slash ? folder : ".", false);
}

/* A file may be replaced under its name, or where its name is a link, under the name that it leads to. */
static void add_file(struct paths *paths, const char *file)
{
    char target[PATH_MAX];
    if (!*file) return;
    add_folder_of(paths, file);
    if (realpath(file, target)) add_folder_of(paths, target);
}

static void add_resolver(struct paths *paths)
{
    char target[PATH_MAX];
    if (realpath("/etc/resolv.conf", target) && !str_starts(str_of_cstr(target), STR("/etc/")))
        add_folder_of(paths, target);
}

static enum err give_up_files(const struct confine_settings *settings)
{
    struct paths paths = {0};
    add(&paths, settings->data_cstr, true);
    add(&paths, "/proc/self", false);              /* metrics */
    add(&paths, "/proc/self/exe", false);          /* the reports of sanitizers */
    add(&paths, "/dev/urandom", false);            /* SQLite */
    add(&paths, "/sys/devices/system/cpu", false); /* the number of cores */
    add_for_webhooks(&paths);
    add_resolver(&paths);
    for (size_t i = 0; i < settings->file_count; i++) add_file(&paths, settings->files_cstr[i]);
    /* The rule is about this process's folder as it is in memory, which an open file keeps there. */
    (void)!open("/proc/self", O_PATH | O_CLOEXEC);
    return landlock_confine(paths.all, paths.count);
}

enum err confine(const struct confine_settings *settings, char ret_text[CONFINE_TEXT_MAX])
{
    int version = landlock_version();
    TRY(become_user(settings));
    if (settings->is_off) {
        snprintf(ret_text, CONFINE_TEXT_MAX, "off");
        return OK;
    }
    TRY(give_up_privileges());
    if (version) TRY(give_up_files(settings));
    snprintf(ret_text, CONFINE_TEXT_MAX, "no core dumps, no new privileges, Landlock %d%s", version,
             version ? "" : " (not in this kernel: files are not confined)");
    return OK;
}
