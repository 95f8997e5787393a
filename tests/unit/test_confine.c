/* What a confined process may still do. Each case is a process of its own, because there is no way back. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/random.h>
#include <netinet/in.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/landlock.h"
#include "base/os.h"
#include "cmd/confine.h"
#include "folder.h"
#include "unit.h"

#define NO_LANDLOCK 0

/* A folder that a server of its own could have. */
struct scene {
    char outside[FOLDER_PATH_MAX];
    char data[FOLDER_PATH_MAX + 8];
};

static struct scene scene;

static int setup(void **state)
{
    (void)state;
    folder_make(scene.outside);
    snprintf(scene.data, sizeof scene.data, "%s/data", scene.outside);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    folder_remove(scene.outside);
    return 0;
}

static void path_of(char path[512], const char *folder, const char *name)
{
    int n = snprintf(path, 512, "%s/%s", folder, name);
    must(n > 0 && n < 512);
}

/* The exit code of fn in a child process. */
static int in_child(int (*fn)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0) _exit(fn());
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool can_open(const char *path, int flags)
{
    OS_FILE_AUTO file = {open(path, flags | O_CLOEXEC, 0600)};
    return file.fd >= 0;
}

static enum err confine_data(char text[CONFINE_TEXT_MAX])
{
    struct confine_settings settings = {.data_cstr = scene.data};
    return confine(&settings, text);
}

/* Each step has a number, which is the exit code where it went wrong. */
#define STEP(number, cond)                                                                                   \
    do {                                                                                                     \
        if (!(cond)) return number;                                                                          \
    } while (0)

/* ---- files ---- */

static int use_the_data_folder(void)
{
    char text[CONFINE_TEXT_MAX], path[512], other[512];
    STEP(1, confine_data(text) == OK);
    path_of(path, scene.data, "pieces");
    STEP(2, mkdir(path, 0700) == 0);
    path_of(path, scene.data, "pieces/a");
    STEP(3, can_open(path, O_RDWR | O_CREAT | O_TRUNC));
    path_of(other, scene.data, "a");
    STEP(4, rename(path, other) == 0);
    STEP(5, truncate(other, 0) == 0);
    STEP(6, unlink(other) == 0);
    path_of(path, scene.data, "pieces");
    STEP(7, rmdir(path) == 0);
    return 0;
}

static void the_data_folder_stays_writable(void **state)
{
    (void)state;
    assert_int_equal(0, in_child(use_the_data_folder));
}

static int reach_out(void)
{
    char text[CONFINE_TEXT_MAX], path[512], other[512];
    path_of(other, scene.outside, "there");
    STEP(1, can_open(other, O_WRONLY | O_CREAT));
    STEP(2, confine_data(text) == OK && strstr(text, "Landlock"));
    STEP(3, !can_open(other, O_RDONLY) && !can_open(other, O_WRONLY));
    path_of(path, scene.outside, "new");
    STEP(4, !can_open(path, O_WRONLY | O_CREAT));
    STEP(5, unlink(other) != 0);
    STEP(6, !can_open("/etc/hosts", O_RDWR) && !can_open("/root/.profile", O_RDONLY));
    path_of(path, scene.data, "in");
    STEP(7, rename(other, path) != 0);
    STEP(8, geteuid() != 0 || !can_open("/etc/passwd", O_RDONLY));
    return 0;
}

/* Whether something that is no plain file can be made there. */
static bool can_make_special(const char *folder)
{
    char path[512];
    path_of(path, folder, "special");
    return symlink("/", path) == 0 || mkfifo(path, 0600) == 0 || mknod(path, S_IFSOCK | 0600, 0) == 0 ||
           mknod(path, S_IFCHR | 0600, makedev(1, 3)) == 0 || mknod(path, S_IFBLK | 0600, makedev(1, 0)) == 0;
}

static int change_folders(void)
{
    char text[CONFINE_TEXT_MAX], there[512], folder[512], path[512];
    path_of(there, scene.outside, "there");
    path_of(folder, scene.outside, "folder");
    path_of(path, scene.outside, "new");
    STEP(1, can_open(there, O_WRONLY | O_CREAT) && mkdir(folder, 0700) == 0);
    STEP(2, confine_data(text) == OK);
    STEP(3, mkdir(path, 0700) != 0 && mknod(path, S_IFREG | 0600, 0) != 0);
    STEP(4, rmdir(folder) != 0);
    STEP(5, !can_open(folder, O_RDONLY | O_DIRECTORY));
    STEP(6, landlock_version() < 3 || truncate(there, 0) != 0);
    STEP(7, !can_make_special(scene.outside));
    STEP(8, !can_make_special(scene.data));
    return 0;
}

static void folders_outside_do_not_change(void **state)
{
    (void)state;
    if (!landlock_version()) skip();
    assert_int_equal(0, in_child(change_folders));
}

/* A file that is no program would be ENOEXEC. */
static int execute_a_file(void)
{
    char text[CONFINE_TEXT_MAX], path[512];
    STEP(1, confine_data(text) == OK);
    path_of(path, scene.data, "program");
    STEP(2, mknod(path, S_IFREG | 0700, 0) == 0);
    STEP(3, execl(path, path, NULL) == -1 && errno == EACCES);
    STEP(4, execl("/bin/true", "true", NULL) == -1 && errno == EACCES);
    return 0;
}

static void nothing_can_be_executed(void **state)
{
    (void)state;
    if (!landlock_version()) skip();
    assert_int_equal(0, in_child(execute_a_file));
}

static int write_what_may_be_read(void)
{
    static const char *const readable[] = {"/etc/hosts", "/etc/ssl/certs/ca-certificates.crt",
                                           "/usr/lib/os-release", "/proc/self/comm", "/dev/urandom"};
    char text[CONFINE_TEXT_MAX];
    STEP(1, confine_data(text) == OK);
    for (int i = 0; i < (int)(sizeof readable / sizeof *readable); i++) {
        STEP(2 + i, can_open(readable[i], O_RDONLY) && !can_open(readable[i], O_WRONLY) && errno == EACCES);
    }
    return 0;
}

static void what_may_be_read_cannot_be_written(void **state)
{
    (void)state;
    if (!landlock_version() || geteuid() != 0) skip();
    assert_int_equal(0, in_child(write_what_may_be_read));
}

static int command_a_device(void)
{
    char text[CONFINE_TEXT_MAX];
    int bits;
    STEP(1, confine_data(text) == OK);
    OS_FILE_AUTO device = {open("/dev/urandom", O_RDONLY | O_CLOEXEC)};
    STEP(2, device.fd >= 0 && ioctl(device.fd, RNDGETENTCNT, &bits) == -1 && errno == EACCES);
    return 0;
}

static void devices_take_no_commands(void **state)
{
    (void)state;
    if (landlock_version() < 5) skip();
    assert_int_equal(0, in_child(command_a_device));
}

static void nothing_else_is(void **state)
{
    (void)state;
    if (!landlock_version()) skip();
    assert_int_equal(0, in_child(reach_out));
}

static int read_what_libraries_need(void)
{
    char text[CONFINE_TEXT_MAX];
    STEP(1, confine_data(text) == OK);
    STEP(2, can_open("/etc/hosts", O_RDONLY));
    STEP(3, can_open("/etc/nsswitch.conf", O_RDONLY));
    STEP(4, can_open("/etc/ssl/certs/ca-certificates.crt", O_RDONLY));
    STEP(5, can_open("/proc/self/statm", O_RDONLY));
    STEP(6, can_open("/dev/urandom", O_RDONLY));
    return 0;
}

static void what_libraries_read_stays_readable(void **state)
{
    (void)state;
    assert_int_equal(0, in_child(read_what_libraries_need));
}

/* A certificate as certbot keeps it, before and after it is replaced: live/cert.pem is a link to
 * archive/cert1.pem, then to cert2.pem. */
static int read_the_next_certificate(void)
{
    char text[CONFINE_TEXT_MAX], live[512], archive[512], first[512], second[512], file[512];
    path_of(live, scene.outside, "live");
    path_of(archive, scene.outside, "archive");
    path_of(first, live, "cert.pem");
    path_of(second, live, "next.pem");
    STEP(1, mkdir(live, 0700) == 0 && mkdir(archive, 0700) == 0);
    path_of(file, archive, "cert1.pem");
    STEP(2, can_open(file, O_WRONLY | O_CREAT) && symlink("../archive/cert1.pem", first) == 0);
    path_of(file, archive, "cert2.pem");
    STEP(3, can_open(file, O_WRONLY | O_CREAT) && symlink("../archive/cert2.pem", second) == 0);
    const char *const files[] = {"", first};
    struct confine_settings settings = {.data_cstr = scene.data, .files_cstr = files, .file_count = 2};
    STEP(4, confine(&settings, text) == OK);
    STEP(5, can_open(first, O_RDONLY) && can_open(second, O_RDONLY));
    STEP(6, !landlock_version() || (!can_open(first, O_WRONLY) && !can_open(second, O_WRONLY)));
    return 0;
}

static void certificates_are_read_again(void **state)
{
    (void)state;
    assert_int_equal(0, in_child(read_the_next_certificate));
}

static void *open_outside(void *ret_is_open)
{
    char path[512];
    path_of(path, scene.outside, "new");
    *(bool *)ret_is_open = can_open(path, O_WRONLY | O_CREAT);
    return NULL;
}

static int start_a_thread(void)
{
    char text[CONFINE_TEXT_MAX];
    pthread_t thread;
    bool is_open = true;
    STEP(1, confine_data(text) == OK);
    STEP(2, pthread_create(&thread, NULL, open_outside, &is_open) == 0);
    STEP(3, pthread_join(thread, NULL) == 0);
    STEP(4, !is_open);
    return 0;
}

static void later_threads_are_confined_too(void **state)
{
    (void)state;
    if (!landlock_version()) skip();
    assert_int_equal(0, in_child(start_a_thread));
}

/* ---- the rest ---- */

static int bind_a_port(void)
{
    char text[CONFINE_TEXT_MAX];
    struct sockaddr_in any = {.sin_family = AF_INET};
    STEP(1, confine_data(text) == OK);
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    STEP(2, file >= 0 && bind(file, (struct sockaddr *)&any, sizeof any) == -1 && errno == EACCES);
    return 0;
}

static void no_port_can_be_bound_any_more(void **state)
{
    (void)state;
    if (landlock_version() < 4) skip();
    assert_int_equal(0, in_child(bind_a_port));
}

static int send_a_signal(void)
{
    char text[CONFINE_TEXT_MAX];
    STEP(1, confine_data(text) == OK);
    STEP(2, kill(getppid(), 0) == -1 && errno == EPERM);
    STEP(3, kill(getpid(), 0) == 0);
    return 0;
}

static void other_processes_get_no_signals(void **state)
{
    (void)state;
    if (landlock_version() < 6) skip();
    assert_int_equal(0, in_child(send_a_signal));
}

/* An abstract socket, which has no file. */
static struct sockaddr_un abstract_address(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "enrichd-test-%ld", (long)getppid());
    return address;
}

static int connect_to_a_socket(void)
{
    char text[CONFINE_TEXT_MAX];
    struct sockaddr_un address = abstract_address();
    OS_FILE_AUTO listener = {socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    OS_FILE_AUTO client = {socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    STEP(1, bind(listener.fd, (struct sockaddr *)&address, sizeof address) == 0);
    STEP(2, listen(listener.fd, 1) == 0 && confine_data(text) == OK);
    STEP(3, connect(client.fd, (struct sockaddr *)&address, sizeof address) == -1 && errno == EPERM);
    return 0;
}

static void other_processes_sockets_are_out_of_reach(void **state)
{
    (void)state;
    if (landlock_version() < 6) skip();
    assert_int_equal(0, in_child(connect_to_a_socket));
}

static int look_at_privileges(void)
{
    char text[CONFINE_TEXT_MAX];
    struct rlimit core;
    STEP(1, confine_data(text) == OK);
    STEP(2, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    STEP(3, prctl(PR_GET_DUMPABLE) == 0);
    STEP(4, getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0);
    return 0;
}

static void privileges_and_core_dumps_are_given_up(void **state)
{
    (void)state;
    assert_int_equal(0, in_child(look_at_privileges));
}

static int no_version(void)
{
    return NO_LANDLOCK;
}

static int go_on_without_landlock(void)
{
    char text[CONFINE_TEXT_MAX], path[512];
    path_of(path, scene.outside, "new");
    os_hooks.landlock_version = no_version;
    STEP(1, confine_data(text) == OK);
    STEP(2, strstr(text, "not in this kernel"));
    STEP(3, can_open(path, O_WRONLY | O_CREAT));
    STEP(4, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    return 0;
}

static void a_kernel_without_landlock_is_said(void **state)
{
    (void)state;
    assert_int_equal(0, in_child(go_on_without_landlock));
}

static int old_version(void)
{
    return 1;
}

static int go_on_with_an_old_landlock(void)
{
    os_hooks.landlock_version = old_version;
    return reach_out();
}

static void an_old_landlock_is_used_as_far_as_it_goes(void **state)
{
    (void)state;
    if (!landlock_version()) skip();
    assert_int_equal(0, in_child(go_on_with_an_old_landlock));
}

static int switch_it_off(void)
{
    char text[CONFINE_TEXT_MAX], path[512];
    struct confine_settings settings = {.data_cstr = scene.data, .is_off = true};
    path_of(path, scene.outside, "new");
    STEP(1, confine(&settings, text) == OK);
    STEP(2, strcmp(text, "off") == 0);
    STEP(3, can_open(path, O_WRONLY | O_CREAT));
    STEP(4, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
    return 0;
}

static void off_is_off(void **state)
{
    (void)state;
    assert_int_equal(0, in_child(switch_it_off));
}

/* ---- the user ---- */

static int become_nobody(void)
{
    char text[CONFINE_TEXT_MAX], path[512];
    struct confine_settings settings = {.data_cstr = scene.data, .user = STR("nobody")};
    struct passwd *nobody = getpwnam("nobody");
    struct stat status;
    gid_t groups[64];
    STEP(1, nobody && setgroups(1, (gid_t[]){0}) == 0 && chmod(scene.outside, 0711) == 0);
    STEP(2, confine(&settings, text) == OK);
    STEP(3, getuid() == nobody->pw_uid && geteuid() == nobody->pw_uid && getgid() == nobody->pw_gid);
    STEP(4, setuid(0) != 0);
    for (int i = getgroups(64, groups); i-- > 0;) STEP(7, groups[i] == nobody->pw_gid);
    STEP(5, stat(scene.data, &status) == 0 && status.st_uid == nobody->pw_uid);
    path_of(path, scene.data, "a");
    STEP(6, can_open(path, O_WRONLY | O_CREAT));
    return 0;
}

static void root_becomes_the_user_and_gives_it_the_new_folder(void **state)
{
    (void)state;
    if (geteuid() != 0) skip();
    assert_int_equal(0, in_child(become_nobody));
}

static int serve_the_folder_of_root(void)
{
    char text[CONFINE_TEXT_MAX];
    struct confine_settings settings = {.data_cstr = scene.data, .user = STR("nobody")};
    STEP(1, chmod(scene.outside, 0711) == 0 && mkdir(scene.data, 0700) == 0);
    STEP(2, confine(&settings, text) == ERR_IO);
    STEP(3, strstr(err_detail(), "must belong to nobody"));
    return 0;
}

static void a_folder_of_another_user_is_refused(void **state)
{
    (void)state;
    if (geteuid() != 0) skip();
    assert_int_equal(0, in_child(serve_the_folder_of_root));
}

static void an_unknown_user_is_refused(void **state)
{
    (void)state;
    char text[CONFINE_TEXT_MAX];
    struct confine_settings settings = {.data_cstr = scene.data, .user = STR("no such user")};
    assert_err(ERR_INVALID, confine(&settings, text));
    assert_non_null(strstr(err_detail(), "server.user"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_data_folder_stays_writable),
        TEST(nothing_else_is),
        TEST(folders_outside_do_not_change),
        TEST(what_may_be_read_cannot_be_written),
        TEST(nothing_can_be_executed),
        TEST(devices_take_no_commands),
        TEST(what_libraries_read_stays_readable),
        TEST(certificates_are_read_again),
        TEST(later_threads_are_confined_too),
        TEST(no_port_can_be_bound_any_more),
        TEST(other_processes_get_no_signals),
        TEST(other_processes_sockets_are_out_of_reach),
        TEST(privileges_and_core_dumps_are_given_up),
        TEST(a_kernel_without_landlock_is_said),
        TEST(an_old_landlock_is_used_as_far_as_it_goes),
        TEST(off_is_off),
        TEST(root_becomes_the_user_and_gives_it_the_new_folder),
        TEST(a_folder_of_another_user_is_refused),
        TEST(an_unknown_user_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
