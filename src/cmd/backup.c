/* Both commands: signals, a line of progress, one sentence at the end. */
#include "cmd/backup.h"

#include "base/time.h"
#include "cmd/audited.h"
#include "cmd/data_dir.h"
#include "cmd/interrupt.h"
#include "folder/backup.h"
#include "folder/restore.h"
#include "intake/progress.h"

#define EXIT_FAILED 1
#define PROGRESS_US 200000

struct shown {
    struct progress progress;
    int64_t next_us; /* when to show it again */
};

static void show_bytes(void *context, uint64_t bytes)
{
    struct shown *shown = context;
    char line[64];
    int64_t now_us = os_monotonic_us();
    if (now_us < shown->next_us) return;
    shown->next_us = now_us + PROGRESS_US;
    snprintf(line, sizeof line, "%" PRIu64 " MB copied", bytes / 1000000);
    progress_say(&shown->progress, line);
}

static int fail(const char *name, enum err e, const char *consequence)
{
    fprintf(stderr, "enrichd %s: %s\n%s\n", name, *err_detail() ? err_detail() : err_name(e), consequence);
    return EXIT_FAILED;
}

/* ---- backup ---- */

static int run_backup(const char *data, const char *dest)
{
    struct shown shown = {0};
    const struct tree_settings settings = {interrupt_has_come, show_bytes, &shown};
    struct backup_counts counts;
    interrupt_catch();
    progress_begin(&shown.progress, 0);
    enum err e = backup_create(data, dest, &settings, &counts);
    progress_end(&shown.progress);
    if (e != OK) return fail("backup", e, "No backup was made.");
    audited("enrichd backup", data, NULL, STR("backup"), (str){0});
    printf("%" PRIu64 " batches and %" PRIu64 " segments of records in %s: %" PRIu64 " files, %" PRIu64
           " bytes\n",
           counts.batch_count, counts.segment_count, dest, counts.file_count, counts.bytes);
    return fflush(stdout) == 0 ? 0 : EXIT_FAILED;
}

int cmd_backup(int argc, char **argv)
{
    const char *data = DATA_DIR_DEFAULT;
    const struct option options[] = {DATA_DIR_OPTION(&data)};
    const struct command command = {
        .name_cstr = "enrichd backup",
        .arguments_cstr = "DEST",
        .about_cstr =
            "Copies the data folder into the new folder DEST, also while the server runs: everything that\n"
            "was acknowledged before, with checksums. DEST is whole or not there.",
        .notes_cstr =
            "`enrichd restore DEST` brings it back. A backup holds personal data and the secret that signs "
            "links:\nwhat is erased later stays in it until it is removed.\n\n"
            "Exit codes: 0 made. 1 not made. 2 wrong command line.",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int exit_code;
    if (!options_parse(&command, &argc, argv, &exit_code)) return exit_code;
    if (argc != 2) return options_refuse(&command, "exactly one DEST is expected");
    return run_backup(data, argv[1]);
}

/* ---- restore ---- */

static int run_restore(const char *src, const char *data)
{
    struct shown shown = {0};
    const struct tree_settings settings = {interrupt_has_come, show_bytes, &shown};
    struct restore_counts counts;
    struct buf created;
    interrupt_catch();
    progress_begin(&shown.progress, 0);
    enum err e = restore_folder(src, data, &settings, &counts);
    progress_end(&shown.progress);
    if (e != OK) return fail("restore", e, "Nothing was restored.");
    audited("enrichd restore", data, NULL, STR("restore"), (str){0});
    buf_init(&created, 64);
    time_add_text(&created, counts.created_us);
    printf("%s is as it was at %.*s: %" PRIu64 " files, %" PRIu64 " bytes\n", data,
           STR_ARG(buf_str(&created)), counts.file_count, counts.bytes);
    buf_fini(&created);
    return fflush(stdout) == 0 ? 0 : EXIT_FAILED;
}

int cmd_restore(int argc, char **argv)
{
    const char *data = DATA_DIR_DEFAULT;
    const struct option options[] = {DATA_DIR_OPTION(&data)};
    const struct command command = {
        .name_cstr = "enrichd restore",
        .arguments_cstr = "SRC",
        .about_cstr =
            "Copies the backup SRC into the data folder, which must be empty or not there yet, after all\n"
            "checksums were found right.",
        .notes_cstr =
            "Batches that were not finished go on when the server starts. What was erased after the backup "
            "is there\nagain: erase it again.\n\n"
            "Exit codes: 0 restored. 1 nothing was restored. 2 wrong command line.",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int exit_code;
    if (!options_parse(&command, &argc, argv, &exit_code)) return exit_code;
    if (argc != 2) return options_refuse(&command, "exactly one SRC is expected");
    return run_restore(argv[1], data);
}
