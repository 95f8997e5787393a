/* Both stores, or one, and what became smaller. */
#include "cmd/compact.h"

#include "base/os.h"
#include "cmd/audited.h"
#include "cmd/interrupt.h"
#include "cmd/settings.h"
#include "store/records_segments.h"

#define EXIT_FAILED 1

static bool is_stopped(void *unused)
{
    (void)unused;
    return interrupt_has_come();
}

static void print_summary(enum entity entity, const struct records_compaction *done, double seconds)
{
    const char *name = entity_name(entity).p;
    if (done->merged_segments == 0) {
        printf("%s: nothing to do\n", name);
        return;
    }
    printf("%s: merged %" PRIu64 " segments in %.1f s: %" PRIu64 " of %" PRIu64
           " records kept, %.1f MB of %.1f MB\n",
           name, done->merged_segments, seconds, done->kept_records, done->read_records,
           (double)done->written_bytes / 1e6, (double)done->read_bytes / 1e6);
}

static void audit(const char *data, enum entity entity, const struct records_compaction *done)
{
    char members[128];
    int n = snprintf(members, sizeof members, "\"entity\":\"%.*s\",\"read\":%" PRIu64 ",\"kept\":%" PRIu64,
                     STR_ARG(entity_name(entity)), done->read_records, done->kept_records);
    audited("enrichd compact", data, NULL, STR("compact"), str_of(members, (size_t)n));
}

static enum err compact_store(const char *data, enum entity entity,
                              const struct records_segments_settings *settings, enum records_compact what)
{
    struct records *records;
    struct records_compaction done;
    int64_t started_us = os_monotonic_us();
    TRY(records_segments_open(data, entity, settings, &records));
    enum err e = records->ops->compact(records, what, is_stopped, NULL, &done);
    records->ops->close(records);
    TRY(e);
    if (done.merged_segments) audit(data, entity, &done);
    print_summary(entity, &done, (double)(os_monotonic_us() - started_us) / 1e6);
    return OK;
}

static enum err compact_stores(const char *data, bool is_wanted[ENTITY_COUNT],
                               const struct records_segments_settings *settings, enum records_compact what)
{
    bool is_there;
    TRY(os_is_same_file(OS_FILE_NONE, data, &is_there));
    if (is_there) return err_raise(ERR_NOT_FOUND, "%s: there is no such folder", data);
    for (int i = 0; i < ENTITY_COUNT; i++) {
        if (is_wanted[i]) TRY(compact_store(data, (enum entity)i, settings, what));
    }
    return OK;
}

static int run(const struct settings_source *source, bool is_wanted[ENTITY_COUNT], enum records_compact what)
{
    struct conf conf;
    int exit_code = EXIT_CONFIG;
    enum err e = settings_load(source, &conf);
    if (e == OK) {
        struct records_segments_settings settings = settings_records(&conf);
        interrupt_catch();
        e = compact_stores(source->data_cstr, is_wanted, &settings, what);
        exit_code = e == OK ? 0 : EXIT_FAILED;
    }
    if (e != OK) fprintf(stderr, "enrichd compact: %s\n", *err_detail() ? err_detail() : err_name(e));
    conf_fini(&conf);
    return exit_code;
}

int cmd_compact(int argc, char **argv)
{
    struct settings_source source = SETTINGS_SOURCE_INIT;
    bool is_all = false, is_wanted[ENTITY_COUNT] = {true, true};
    const struct option options[] = {
        DATA_DIR_OPTION(&source.data_cstr),
        {"all", .flag = &is_all,
         .help_cstr = "merge everything: nothing superseded or deleted stays on disk"},
    };
    const struct command command = {
        .name_cstr = "enrichd compact",
        .arguments_cstr = "[person|company]",
        .about_cstr =
            "Merges the segments of records that many imports have left, without what later imports "
            "replaced\n"
            "or deleted. Without --all as far as it pays, which a running server does by itself (settings\n"
            "compact.period and compact.memory). Server and imports go on beside it.",
        .notes_cstr =
            "Needs as much room on disk as the result takes, until it is published.\n\n"
            "Exit codes: 0 done, or nothing to do. 1 it failed or was interrupted, the records are as\n"
            "before. 2 wrong command line. 78 wrong configuration.",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int exit_code;
    if (!options_parse(&command, &argc, argv, &exit_code)) return exit_code;
    if (argc > 2) return options_refuse(&command, "unexpected argument '%s'", argv[2]);
    if (argc == 2) {
        enum entity entity;
        if (entity_of_name(str_of_cstr(argv[1]), &entity) != OK)
            return options_refuse(&command, "%s", err_detail());
        is_wanted[ENTITY_PERSON] = is_wanted[ENTITY_COMPANY] = false;
        is_wanted[entity] = true;
    }
    return run(&source, is_wanted, is_all ? COMPACT_ALL : COMPACT_DUE);
}
