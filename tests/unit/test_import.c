/* `enrichd import` as a user meets it: exit codes, what is published, interruption, and every failure of the
 * disk on the way. Each run is a process of its own. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/os.h"
#include "cmd/import.h"
#include "conformance/records_help.h"
#include "folder.h"
#include "store/records_segments.h"

#define PATH_MAX_HERE (FOLDER_PATH_MAX + 32)

static char folder[FOLDER_PATH_MAX];
static char people[PATH_MAX_HERE], rejects[PATH_MAX_HERE], output[PATH_MAX_HERE], messages[PATH_MAX_HERE];

static int set_up(void **state)
{
    (void)state;
    records_help_begin();
    folder_make(folder);
    snprintf(people, sizeof people, "%s/people.jsonl", folder);
    snprintf(rejects, sizeof rejects, "%s/rejects.jsonl", folder);
    snprintf(output, sizeof output, "%s/stdout", folder);
    snprintf(messages, sizeof messages, "%s/stderr", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    folder_remove(folder);
    records_help_end();
    return 0;
}

static void redirect(int fd, const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    must(file >= 0 && dup2(file, fd) == fd);
}

/* Runs in a child: "import", the arguments up to a NULL, and where data and rejects go. */
static pid_t start(const char *const *arguments)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child) return child;
    char *argv[24] = {(char *)(uintptr_t) "import"};
    int argc = 1;
    for (; *arguments; arguments++) argv[argc++] = (char *)(uintptr_t)*arguments;
    must(close_range(3, ~0u, 0) == 0); /* a lock that the test holds must not be inherited */
    redirect(STDOUT_FILENO, output);
    redirect(STDERR_FILENO, messages);
    int code = cmd_import(argc, argv);
    fflush(stdout);
    _exit(code);
}

static int finish(pid_t child)
{
    int status;
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#define ARGUMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define RUN(...)       finish(start(ARGUMENTS(__VA_ARGS__, "--data", folder, "--rejects", rejects)))

static void write_people(str content)
{
    assert_ok(os_replace_file(people, content));
}

static int64_t found(const char *key)
{
    const struct records_segments_settings settings = {.writer_memory_bytes = 1 << 20};
    struct records *records;
    assert_ok(records_segments_open(folder, ENTITY_PERSON, &settings, &records));
    int64_t id = owner_now(records, key);
    records->ops->close(records);
    return id;
}

static bool has_said(const char *path, const char *words)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    assert_ok(os_read_file(path, &text));
    bool has = str_find(buf_str(&text), str_of_cstr(words)) != SIZE_MAX;
    buf_fini(&text);
    return has;
}

/* -- exit codes -- */

static void whole_import(void **state)
{
    (void)state;
    write_people(
        STR("{\"crustdata_person_id\":1}\n{\"crustdata_person_id\":2}\n{\"crustdata_person_id\":1}\n"));
    assert_int_equal(0, RUN("person", people));
    assert_int_equal(1, found("id:1"));
    assert_int_equal(2, found("id:2"));
    assert_true(has_said(messages, "imported 3 person records"));
    assert_true(has_said(messages, "repeated: 1,"));
    assert_int_equal(0, RUN("person", people, people));
    assert_true(has_said(messages, "replaced: 2,"));
    assert_int_equal(0, folder_count(folder, "rejects"));
}

static void refused_lines(void **state)
{
    (void)state;
    write_people(STR("{\"crustdata_person_id\":1}\nbroken\n"));
    assert_int_equal(1, RUN("person", people, "--strict"));
    assert_int_equal(0, found("id:1"));
    assert_int_equal(1, folder_count(folder, "rejects"));
    assert_int_equal(3, RUN("person", people));
    assert_int_equal(1, found("id:1"));
    assert_true(has_said(rejects, "\"line\":2"));
    write_people(STR("broken\n"));
    assert_int_equal(1, RUN("person", people));
    assert_true(has_said(messages, "every line was refused"));
}

static void failures(void **state)
{
    (void)state;
    write_people(STR("{\"crustdata_person_id\":1}\n"));
    assert_int_equal(1, RUN("person", people, "/nonexistent/people.jsonl"));
    assert_true(has_said(messages, "/nonexistent/people.jsonl"));
    assert_int_equal(0, found("id:1"));
    assert_int_equal(1, finish(start(ARGUMENTS("person", people, "--data", "/proc/nonexistent"))));
}

static void usage(void **state)
{
    (void)state;
    assert_int_equal(2, finish(start(ARGUMENTS("--strict"))));
    assert_int_equal(2, finish(start(ARGUMENTS("people", people))));
    assert_int_equal(2, finish(start(ARGUMENTS("person"))));
    assert_int_equal(2, finish(start(ARGUMENTS("person", people, "--memory", "1K"))));
    assert_int_equal(2, finish(start(ARGUMENTS("person", people, "--rejects", people))));
    assert_int_equal(2, finish(start(ARGUMENTS("person", people, "--rejcts=x"))));
    assert_true(has_said(messages, "did you mean --rejects?"));
    assert_int_equal(0, finish(start(ARGUMENTS("--help"))));
    assert_true(has_said(output, "Exit codes"));
}

static void summary_as_json(void **state)
{
    struct arena arena;
    struct buf text;
    yyjson_val *root;
    (void)state;
    write_people(STR("{\"crustdata_person_id\":1,\"new\":1}\nbroken\n"));
    assert_int_equal(3, RUN("person", people, "--json"));
    arena_init(&arena, 1 << 20);
    buf_init(&text, 1 << 16);
    assert_ok(os_read_file(output, &text));
    assert_ok(json_parse(&arena, str_trim(buf_str(&text)), &root));
    assert_str(STR("1"), json_str(yyjson_obj_get(root, "imported")));
    assert_str(STR("1"), json_str(yyjson_obj_get(root, "refused")));
    assert_str(STR("ok"), json_str(yyjson_obj_get(root, "outcome")));
    assert_str(str_of_cstr(rejects), json_str(yyjson_obj_get(root, "rejects_file")));
    buf_fini(&text);
    arena_fini(&arena);
}

/* -- interruption -- */

/* Waits until the child has the store's folder open for writing, or waits for it. */
static void wait_for_lock_file(void)
{
    for (int i = 0; i < 1000 && folder_count(folder, "writer.lock") == 0; i++) usleep(10000);
    usleep(50000);
}

static void interrupted_while_reading(void **state)
{
    int ends[2], kept = dup(STDIN_FILENO);
    (void)state;
    assert_int_equal(0, pipe(ends));
    assert_int_equal(STDIN_FILENO, dup2(ends[0], STDIN_FILENO));
    pid_t child = start(ARGUMENTS("person", "-", "--data", folder, "--rejects", rejects));
    assert_ok(os_write((struct os_file){ends[1]}, STR("{\"crustdata_person_id\":1}\n")));
    wait_for_lock_file();
    assert_int_equal(0, kill(child, SIGINT));
    assert_int_equal(1, finish(child));
    assert_int_equal(0, folder_count(folder, "segment-"));
    assert_int_equal(0, found("id:1"));
    assert_int_equal(STDIN_FILENO, dup2(kept, STDIN_FILENO));
    close(kept);
    close(ends[0]);
    close(ends[1]);
}

static void interrupted_while_waiting(void **state)
{
    const struct records_segments_settings settings = {.writer_memory_bytes = 1 << 20};
    struct records *records;
    struct records_writer *writer;
    (void)state;
    write_people(STR("{\"crustdata_person_id\":1}\n"));
    assert_ok(records_segments_open(folder, ENTITY_PERSON, &settings, &records));
    assert_ok(records->ops->write(records, false, &writer));
    pid_t child = start(ARGUMENTS("person", people, "--data", folder));
    usleep(300000);
    assert_int_equal(0, kill(child, SIGTERM));
    assert_int_equal(1, finish(child));
    child = start(ARGUMENTS("person", people, "--data", folder));
    usleep(300000);
    records->ops->abort(writer);
    assert_int_equal(0, finish(child));
    assert_int_equal(1, owner_now(records, "id:1"));
    records->ops->close(records);
}

/* -- failures of the disk -- */

static int fail_at, operations;

static int fail_once(enum os_operation operation, const char *path_cstr)
{
    (void)operation, (void)path_cstr;
    return ++operations == fail_at ? EIO : 0;
}

/* An import with one operation refused. Its code is 100 if there are not so many. */
static int run_with_fault(int at)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child) return finish(child);
    char *argv[] = {(char[]){"import"},
                    (char[]){"person"},
                    people,
                    (char[]){"--data"},
                    folder,
                    (char[]){"--rejects"},
                    rejects,
                    NULL};
    redirect(STDERR_FILENO, messages);
    fail_at = at;
    os_hooks.fault = fail_once;
    int code = cmd_import(7, argv);
    _exit(operations < at ? 100 : code);
}

static void every_operation_fails_once(void **state)
{
    int faults = 0;
    (void)state;
    for (int at = 1; at < 500; at++, faults++) {
        write_people(STR("{\"crustdata_person_id\":1}\n"));
        assert_int_equal(0, RUN("person", people));
        write_people(STR("{\"crustdata_person_id\":2}\nbroken\n"));
        int code = run_with_fault(at);
        if (code == 100) break;
        assert_true(code == 1 || code == 3);
        assert_int_equal(1, found("id:1"));
        if (code == 3) assert_int_equal(2, found("id:2"));
        if (code == 1 && !has_said(messages, "It is not known")) assert_int_equal(0, found("id:2"));
        assert_int_equal(3, RUN("person", people));
        assert_int_equal(2, found("id:2"));
        tear_down(NULL);
        set_up(NULL);
    }
    print_message("%d faults\n", faults);
    assert_true(faults > 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whole_import),
        TEST(refused_lines),
        TEST(failures),
        TEST(usage),
        TEST(summary_as_json),
        TEST(interrupted_while_reading),
        TEST(interrupted_while_waiting),
        TEST(every_operation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
