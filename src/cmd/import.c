/* The import from the command line to the exit code; the work is done by intake/ and store/. */
#include "cmd/import.h"

#include <unistd.h>

#include "base/os.h"
#include "cmd/audited.h"
#include "cmd/data_dir.h"
#include "cmd/import_summary.h"
#include "cmd/interrupt.h"
#include "cmd/settings.h"
#include "cmd/suppressed.h"
#include "intake/input.h"
#include "intake/progress.h"
#include "store/records_segments.h"

#define EXIT_FAILED  1 /* nothing was published */
#define EXIT_REFUSED 3 /* published, without some lines */

#define LOCK_RETRY_US    100000
#define MEMORY_BYTES_MIN ((size_t)1 << 20)
#define OWN_BYTES        ((size_t)24 << 20) /* what is neither tables nor a thread's blocks (measured) */
#define THREAD_BYTES     ((size_t)4 << 20)

struct import {
    const char *data;
    const char *rejects;
    size_t memory_bytes;
    struct records_segments_settings store;
    size_t line_bytes_max;
    uint64_t threads;
    bool is_strict;
    bool is_json;
    char *const *files;     /* up to a NULL */
    char rejects_path[512]; /* the default for `rejects` */

    struct records *records;
    struct records_writer *writer;
    struct intake intake;
    struct progress progress;
    struct import_summary summary;
};

/* -- the work -- */

/* The size of all files, which also finds out that they can be read; 0 if any has no size. */
static enum err add_sizes(char *const *files, uint64_t *ret)
{
    uint64_t sum = 0;
    bool is_known = true;
    for (; *files; files++) {
        uint64_t bytes;
        TRY(input_file_bytes(*files, &bytes));
        sum += bytes;
        if (bytes == 0) is_known = false;
        if (str_eq(str_of_cstr(*files), STR(INPUT_STDIN))) TRY(interrupt_ends_stdin());
    }
    *ret = is_known ? sum : 0;
    return OK;
}

/* Waits for another writer, but not for longer than the user does. */
static enum err start_writing(struct import *import)
{
    for (;;) {
        enum err e = import->records->ops->write(import->records, false, &import->writer);
        if (e != ERR_BUSY) return e;
        if (interrupt_has_come()) return err_raise(ERR_CLOSED, "stopped");
        progress_say(&import->progress, "waiting for another import to finish");
        usleep(LOCK_RETRY_US);
    }
}

static void show_progress(void *context, const struct intake *intake)
{
    struct import *import = context;
    progress_update(&import->progress, intake->used_bytes, intake->accepted_count);
}

/* Whether what was taken in is to be published. */
static enum err judge(const struct import *import)
{
    const struct intake *intake = &import->intake;
    if (interrupt_has_come()) return err_raise(ERR_CLOSED, "stopped");
    if (intake->rejects.count && import->is_strict)
        return err_raise(ERR_INVALID, "there are refused lines (--strict)");
    if (intake->rejects.count && intake->rejects.count == intake->line_count)
        return err_raise(ERR_INVALID, "every line was refused");
    return OK;
}

static enum err take_files(struct import *import)
{
    for (char *const *file = import->files; *file; file++) TRY(intake_file(&import->intake, *file));
    TRY(intake_finish(&import->intake));
    return judge(import);
}

static void note_counts(struct import_summary *summary, const struct intake *intake)
{
    summary->line_count = intake->line_count;
    summary->imported_count = intake->accepted_count;
    summary->refused_count = intake->rejects.count;
    summary->suppressed_count = intake->suppressed_count;
    summary->replaced_count = intake->writer->replaced_count;
    summary->repeated_count = intake->writer->repeated_count;
    summary->key_count = intake->writer->key_count;
    summary->unknown = intake->unknown;
}

/* From the first line to the commit. Ends the writer. */
static enum err import_all(struct import *import, const struct suppression_set *suppressed)
{
    const struct records_ops *ops = import->records->ops;
    const struct intake_settings settings = {
        .entity = import->summary.entity,
        .line_bytes_max = import->line_bytes_max,
        .threads = import->threads,
        .rejects_path_cstr = import->rejects,
        .suppressed = suppressed,
        .is_stopped = interrupt_has_come,
        .on_progress = show_progress,
        .context = import,
    };
    enum err e = intake_init(&import->intake, &settings, import->writer);
    if (e == OK) e = take_files(import);
    note_counts(&import->summary, &import->intake);
    intake_fini(&import->intake);
    if (e == OK) {
        progress_say(&import->progress, "writing to disk");
        return ops->commit(import->writer, import_summary_lost_key, &import->summary);
    }
    char sentence[512];
    snprintf(sentence, sizeof sentence, "%s", err_detail());
    ops->abort(import->writer);
    return err_raise(e, "%s", sentence);
}

static void audit(const struct import *import, struct control *control)
{
    char members[128];
    int n = snprintf(members, sizeof members,
                     "\"entity\":\"%.*s\",\"imported\":%" PRIu64 ",\"suppressed\":%" PRIu64,
                     STR_ARG(entity_name(import->summary.entity)), import->summary.imported_count,
                     import->summary.suppressed_count);
    audited("enrichd import", import->data, control, STR("import"), str_of(members, (size_t)n));
}

/* The list is read while other writers are kept out: whoever is put on it later is looked for among what is
 * published here (suppression_spread). */
static enum err import_unsuppressed(struct import *import)
{
    struct suppressed suppressed;
    enum err e = suppressed_open(import->data, &suppressed);
    if (e != OK) {
        import->records->ops->abort(import->writer);
        return e;
    }
    e = import_all(import, suppressed.set);
    if (e == OK) audit(import, suppressed.control);
    suppressed_close(&suppressed);
    return e;
}

static enum err import_into_store(struct import *import)
{
    uint64_t total_bytes;
    TRY(add_sizes(import->files, &total_bytes));
    interrupt_catch();
    TRY(records_segments_open(import->data, import->summary.entity, &import->store, &import->records));
    progress_begin(&import->progress, total_bytes);
    enum err e = start_writing(import);
    if (e == OK) e = import_unsuppressed(import);
    progress_end(&import->progress);
    import->records->ops->close(import->records);
    return e;
}

static int run(struct import *import)
{
    struct import_summary *summary = &import->summary;
    int64_t started_us = os_monotonic_us();
    char reason[512];
    summary->outcome = import_into_store(import);
    snprintf(reason, sizeof reason, "%s", err_detail());
    summary->reason_cstr = reason;
    summary->rejects_path_cstr = import->rejects;
    summary->seconds = (double)(os_monotonic_us() - started_us) / 1e6;
    import_summary_print(summary);
    if (import->is_json && !import_summary_print_json(summary))
        fprintf(stderr, "enrichd import: cannot write the summary\n");
    if (summary->outcome != OK) return EXIT_FAILED;
    return summary->refused_count ? EXIT_REFUSED : 0;
}

/* -- the command line -- */

/* "<name of the first file>.rejects.jsonl", in the current folder. */
static void set_default_rejects(struct import *import)
{
    const char *first = import->files[0];
    const char *slash = strrchr(first, '/');
    const char *name = str_eq(str_of_cstr(first), STR(INPUT_STDIN)) ? "stdin" : slash ? slash + 1 : first;
    snprintf(import->rejects_path, sizeof import->rejects_path, "%.400s.rejects.jsonl", name);
    if (!import->rejects) import->rejects = import->rejects_path;
}

/* Takes the arguments; the exit code to stop with, or -1. */
static int take_arguments(const struct command *command, int argc, char **argv, struct import *import)
{
    if (argc < 2) return options_refuse(command, "person or company is missing");
    if (entity_of_name(str_of_cstr(argv[1]), &import->summary.entity) != OK)
        return options_refuse(command, "%s", err_detail());
    if (argc < 3) return options_refuse(command, "no file is named; - is standard input");
    if (import->threads == 0) return options_refuse(command, "--threads must be at least 1");
    if (import->memory_bytes < MEMORY_BYTES_MIN)
        return options_refuse(command, "--memory must be at least 1M");
    if (import->line_bytes_max < 2 || import->line_bytes_max > RECORD_BYTES_MAX)
        return options_refuse(command, "--line-bytes must be from 2 to 16M");
    argv[argc] = NULL; /* options may have stood behind the files */
    import->files = argv + 2;
    set_default_rejects(import);
    for (char **file = argv + 2; *file; file++) {
        if (str_eq(str_of_cstr(*file), str_of_cstr(import->rejects)))
            return options_refuse(command, "%s is to be read and to receive rejects", *file);
    }
    return -1;
}

static uint64_t default_threads(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1                      ? 1
           : processors > CONVEYOR_THREADS_MAX ? CONVEYOR_THREADS_MAX
                                               : (uint64_t)processors;
}

static const char about[] =
    "Loads records into the data folder: all or nothing, also while a server runs on it, which then uses "
    "them\n"
    "at once. FILE has one JSON object a line, a record as the API delivers it or a line of a result file; "
    "plain,\n"
    "gzip or zstd, and - is standard input. A record replaces an earlier one with the same id.";

static const char notes[] =
    "A refused line does not stop the import. It goes to the rejects file with its file, line number and "
    "reason;\n"
    "to repair and import what was refused: jq -r .record people.jsonl.rejects.jsonl > repaired.jsonl\n"
    "\n"
    "Exit codes: 0 every line was imported. 1 the import failed or was interrupted, nothing was imported.\n"
    "2 the command line is wrong. 3 imported, but some lines were refused.";

/* What of the memory is for tables of keys: all but what an import needs anyway, but half of it at least. */
static size_t table_bytes(const struct import *import)
{
    size_t other = OWN_BYTES + (size_t)import->threads * THREAD_BYTES;
    return import->memory_bytes > 2 * other ? import->memory_bytes - other : import->memory_bytes / 2;
}

/* What the command line leaves open stands in the settings; the exit code to stop with, or -1. */
static int take_settings(struct import *import)
{
    struct settings_source source = SETTINGS_SOURCE_INIT;
    struct conf conf;
    source.data_cstr = import->data;
    enum err e = settings_load(&source, &conf);
    if (e != OK) fprintf(stderr, "enrichd import: %s\n", err_detail());
    if (e == OK && !import->memory_bytes)
        import->memory_bytes = (size_t)conf_number(&conf, SETTING_IMPORT_MEMORY);
    if (e == OK) import->store = settings_records(&conf);
    import->store.writer_memory_bytes = table_bytes(import);
    if (e == OK && !import->line_bytes_max)
        import->line_bytes_max = (size_t)conf_number(&conf, SETTING_IMPORT_LINE_MAX);
    conf_fini(&conf);
    return e == OK ? -1 : e == ERR_INVALID ? EXIT_CONFIG : EXIT_FAILED;
}

int cmd_import(int argc, char **argv)
{
    struct import import = {.data = DATA_DIR_DEFAULT, .threads = default_threads()};
    const struct option options[] = {
        DATA_DIR_OPTION(&import.data),
        {"rejects", "FILE",
         "where refused lines go (default <first FILE>.rejects.jsonl, in the\ncurrent folder)",
         .text = &import.rejects},
        {"strict", NULL, "import nothing if any line is refused", .flag = &import.is_strict},
        {"json", NULL, "print a summary as JSON to standard output, too", .flag = &import.is_json},
        {"memory", "SIZE",
         "memory that it takes, most of it for tables of keys, e.g. 2G (default: the\nsetting import.memory, "
         "512M, about 5 million people); more records go into further\nsegments; some 32M are always taken",
         .bytes = &import.memory_bytes},
        {"threads", "N", "threads that parse (default: as many as processors)", .number = &import.threads,
         .number_max = CONVEYOR_THREADS_MAX},
        {"line-bytes", "SIZE",
         "the longest line that is accepted (default: the setting\nimport.line_max, 8M)",
         .bytes = &import.line_bytes_max},
    };
    const struct command command = {.name_cstr = "enrichd import",
                                    .arguments_cstr = "person|company FILE...",
                                    .about_cstr = about,
                                    .notes_cstr = notes,
                                    .options = options,
                                    .option_count = sizeof options / sizeof *options};
    int exit_code;
    if (!options_parse(&command, &argc, argv, &exit_code)) return exit_code;
    exit_code = take_settings(&import);
    if (exit_code < 0) exit_code = take_arguments(&command, argc, argv, &import);
    return exit_code >= 0 ? exit_code : run(&import);
}
