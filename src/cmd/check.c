/* Findings as lines or as JSON, with a line of progress on a terminal. */
#include "cmd/check.h"

#include "base/json.h"
#include "base/os.h"
#include "cmd/data_dir.h"
#include "folder/check.h"
#include "intake/progress.h"

#define EXIT_DAMAGED   1
#define FINDINGS_SHOWN ((uint64_t)1000) /* of each level */
#define JSON_BYTES_MAX ((size_t)16 << 20)
#define PROGRESS_US    200000

struct check_command {
    const char *data;
    bool is_json, is_deep;
    struct progress progress;
    int64_t next_us;   /* when to show the progress again */
    uint64_t shown[2]; /* findings, by level */
    struct buf json;   /* the list of findings */
};

static const char *level_name(enum check_level level)
{
    return level == CHECK_DAMAGE ? "damage" : "warning";
}

/* ---- while it runs ---- */

static void show_progress(void *context, const struct check_counts *counts)
{
    struct check_command *command = context;
    char line[128];
    int64_t now_us = os_monotonic_us();
    if (now_us < command->next_us) return;
    command->next_us = now_us + PROGRESS_US;
    snprintf(line, sizeof line, "%" PRIu64 " batches, %" PRIu64 " pieces, %" PRIu64 " records",
             counts->batch_count, counts->piece_count, counts->record_count);
    progress_say(&command->progress, line);
}

static void add_json(struct buf *json, const struct check_finding *finding)
{
    if (json->n) buf_add_char(json, ',');
    buf_add(json, STR("{\"level\":"));
    json_add_str(json, str_of_cstr(level_name(finding->level)));
    json_add_key(json, STR("where"));
    json_add_str_lossy(json, str_of_cstr(finding->where_cstr));
    json_add_key(json, STR("what"));
    json_add_str_lossy(json, str_of_cstr(finding->what_cstr));
    json_add_key(json, STR("advice"));
    json_add_str_lossy(json, str_of_cstr(finding->advice_cstr));
    buf_add_char(json, '}');
}

static void show_finding(void *context, const struct check_finding *finding)
{
    struct check_command *command = context;
    if (command->shown[finding->level]++ >= FINDINGS_SHOWN) return;
    if (command->is_json) {
        add_json(&command->json, finding);
        return;
    }
    progress_say(&command->progress, "");
    printf("%s: %s: %s (%s)\n", level_name(finding->level), finding->where_cstr, finding->what_cstr,
           finding->advice_cstr);
}

/* ---- at the end ---- */

static void add_count(struct buf *out, str name, uint64_t count)
{
    json_add_key(out, name);
    buf_add_u64(out, count);
}

static void print_json(const struct check_command *command, const struct check_counts *counts)
{
    struct buf out;
    buf_init(&out, 4096);
    buf_add(&out, STR("{\"sound\":"));
    buf_add(&out, counts->damage_count ? STR("false") : STR("true"));
    add_count(&out, STR("batches"), counts->batch_count);
    add_count(&out, STR("pieces"), counts->piece_count);
    add_count(&out, STR("records"), counts->record_count);
    add_count(&out, STR("damages"), counts->damage_count);
    add_count(&out, STR("warnings"), counts->warning_count);
    printf("%.*s,\"findings\":[%.*s]}\n", STR_ARG(buf_str(&out)), STR_ARG(buf_str(&command->json)));
    buf_fini(&out);
}

static void print_sum(const struct check_command *command, const struct check_counts *counts)
{
    for (int level = 0; level < 2; level++) {
        if (command->shown[level] <= FINDINGS_SHOWN) continue;
        printf("%s: %" PRIu64 " more\n", level_name((enum check_level)level),
               command->shown[level] - FINDINGS_SHOWN);
    }
    printf("%" PRIu64 " batches, %" PRIu64 " pieces, %" PRIu64 " records checked: ", counts->batch_count,
           counts->piece_count, counts->record_count);
    if (counts->damage_count) {
        printf("%" PRIu64 " damaged", counts->damage_count);
    } else {
        printf("no damage");
    }
    if (counts->warning_count) printf(", %" PRIu64 " warnings", counts->warning_count);
    printf("\n");
}

static int run(struct check_command *command)
{
    struct check_counts counts;
    const struct check_settings settings = {.is_deep = command->is_deep,
                                            .on_finding = show_finding,
                                            .on_progress = show_progress,
                                            .context = command};
    progress_begin(&command->progress, 0);
    enum err e = check_folder(command->data, &settings, &counts);
    progress_end(&command->progress);
    if (e != OK) {
        fprintf(stderr, "enrichd check: %s\n", *err_detail() ? err_detail() : err_name(e));
        return EXIT_DAMAGED;
    }
    if (command->is_json) {
        print_json(command, &counts);
    } else {
        print_sum(command, &counts);
    }
    return counts.damage_count || fflush(stdout) != 0 ? EXIT_DAMAGED : 0;
}

int cmd_check(int argc, char **argv)
{
    struct check_command check = {.data = DATA_DIR_DEFAULT};
    const struct option options[] = {
        DATA_DIR_OPTION(&check.data),
        {"deep", .flag = &check.is_deep,
         .help_cstr = "also look every key of every record up (minutes for many)"},
        {"json", .flag = &check.is_json, .help_cstr = "print one JSON object"},
    };
    const struct command command = {
        .name_cstr = "enrichd check",
        .arguments_cstr = "",
        .about_cstr =
            "Verifies that the data folder is whole: every batch with its inputs and results, every\n"
            "checksum, every record; and that no line of audit.log was changed, moved or taken out.\n"
            "Changes nothing and may run beside the server.",
        .notes_cstr =
            "Prints one line a finding. `damage` is something lost, changed or contradictory; a `warning` "
            "is\nharmless or not enrichd's to judge.\n\n"
            "Exit codes: 0 no damage. 1 damage, or the check could not be made. 2 wrong command line.",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int exit_code;
    if (!options_parse(&command, &argc, argv, &exit_code)) return exit_code;
    if (argc > 1) return options_refuse(&command, "unexpected argument '%s'", argv[1]);
    buf_init(&check.json, JSON_BYTES_MAX);
    exit_code = run(&check);
    buf_fini(&check.json);
    return exit_code;
}
