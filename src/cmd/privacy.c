/* The command line, and the verbs that work on the suppression list alone. */
#include "cmd/privacy.h"

#include "base/json.h"
#include "base/os.h"
#include "base/time.h"
#include "cmd/audited.h"
#include "cmd/data_dir.h"
#include "cmd/folder_control.h"
#include "cmd/privacy_access.h"
#include "cmd/privacy_erase.h"
#include "cmd/privacy_run.h"
#include "cmd/settings.h"
#include "store/records_segments.h"

#define MEMORY_BYTES_MAX ((size_t)4 << 30)
#define OUTPUT_BYTES_MAX ((size_t)1 << 30)
#define REASON_BYTES_MAX ((size_t)64)
#define WRITER_BYTES     ((size_t)16 << 20)

int privacy_report(enum err e, const char *doing_cstr)
{
    if (e == OK) return 0;
    fprintf(stderr, "enrichd privacy: cannot %s: %s\n", doing_cstr,
            *err_detail() ? err_detail() : err_name(e));
    return EXIT_FAILED;
}

void privacy_add_time(struct buf *out, str name, int64_t us)
{
    json_add_key(out, name);
    if (!us) {
        buf_add(out, STR("null"));
        return;
    }
    buf_add_char(out, '"');
    time_add_text(out, us);
    buf_add_char(out, '"');
}

void privacy_add_hex(struct buf *out, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) buf_add_format(out, "%02x", bytes[i]);
}

/* ---- suppress ---- */

/* Other writers are kept out, see suppression_spread. */
static enum err spread(struct privacy_run *run, const struct suppression_order *order,
                       struct suppression_reach *ret)
{
    const struct records_ops *ops = run->records->ops;
    struct records_writer *writer;
    struct records_snapshot *snapshot;
    TRY(ops->write(run->records, true, &writer));
    enum err e = ops->snapshot(run->records, &snapshot);
    if (e == OK) {
        e = snapshot->stale;
        if (e == OK)
            e = suppression_spread(run->suppression, run->control, order, snapshot, &run->arena, ret);
        ops->release(snapshot);
    }
    ops->abort(writer);
    return e;
}

enum err privacy_suppress(struct privacy_run *run, const struct erasure *erasure,
                          struct suppression_reach *ret)
{
    size_t added;
    const struct suppression_order order = {
        .entity = run->entity,
        .keys = run->keys,
        .key_count = run->key_count,
        .is_erasure = erasure,
        .erasure_id = erasure ? erasure->id : 0,
        .now_us = os_now_us(),
        .reason = run->options->reason ? str_of_cstr(run->options->reason) : STR(""),
    };
    TRY(suppression_begin(run->suppression, run->control, &order, &run->arena, &added));
    TRY(records_segments_open(run->options->data, run->entity, &run->store, &run->records));
    TRY(spread(run, &order, ret));
    ret->added_count += added;
    return OK;
}

static int suppress(struct privacy_run *run)
{
    struct suppression_reach reach;
    char members[128];
    enum err e = privacy_suppress(run, NULL, &reach);
    if (e != OK) return privacy_report(e, "suppress");
    int n = snprintf(members, sizeof members, "\"identifiers\":%zu,\"records\":%zu,\"added\":%zu",
                     run->key_count, reach.of.id_count, reach.added_count);
    audited("enrichd privacy", run->options->data, run->control, STR("privacy.suppress"),
            str_of(members, (size_t)n));
    if (run->options->is_json) {
        printf("{%s,\"sharing_records\":%zu}\n", members, reach.of.sharing_id_count);
    } else {
        printf("suppressed %zu identifiers and %zu records: %zu new entries\n", run->key_count,
               reach.of.id_count, reach.added_count);
        if (reach.of.sharing_id_count)
            printf("  %zu further records share an identifier with them and are suppressed, too\n",
                   reach.of.sharing_id_count);
    }
    return 0;
}

/* ---- unsuppress ---- */

static enum err remove_key(struct privacy_run *run, struct key key, size_t *count)
{
    uint8_t hash[SHA256_BYTES];
    suppression_hash(run->suppression, run->entity, key, hash);
    enum err e = run->control->ops->suppression_remove(run->control, hash);
    if (e == OK) ++*count;
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err remove_found(struct privacy_run *run, struct records_snapshot *snapshot, size_t *count)
{
    struct reach reach;
    TRY(reach_find(snapshot, run->keys, run->key_count, &run->arena, &reach));
    for (size_t i = 0; i < reach.key_count; i++) TRY(remove_key(run, reach.keys[i], count));
    return OK;
}

static enum err remove_all(struct privacy_run *run, size_t *count)
{
    struct records_snapshot *snapshot;
    TRY(records_segments_open(run->options->data, run->entity, &run->store, &run->records));
    TRY(run->records->ops->snapshot(run->records, &snapshot));
    enum err e = remove_found(run, snapshot, count);
    run->records->ops->release(snapshot);
    return e;
}

static int unsuppress(struct privacy_run *run)
{
    char members[64];
    size_t count = 0;
    enum err e = remove_all(run, &count);
    int n = snprintf(members, sizeof members, "\"identifiers\":%zu,\"removed\":%zu", run->key_count, count);
    if (count)
        audited("enrichd privacy", run->options->data, run->control, STR("privacy.unsuppress"),
                str_of(members, (size_t)n));
    if (e != OK) return privacy_report(e, "unsuppress");
    printf(run->options->is_json ? "{\"removed\":%zu}\n" : "removed %zu entries\n", count);
    return 0;
}

/* ---- list ---- */

str privacy_kind_name(enum key_kind kind)
{
    static const str names[] = {
        [KEY_ID] = STR_INIT("id"),
        [KEY_PROFILE] = STR_INIT("profile_url"),
        [KEY_MEMBER] = STR_INIT("member_id"),
        [KEY_EMAIL] = STR_INIT("business_email"),
        [KEY_DOMAIN] = STR_INIT("domain"),
        [KEY_NAME] = STR_INIT("name"),
        [KEY_COMPANY_PROFILE] = STR_INIT("company_url"),
        [KEY_MEMBER_NUMBER] = STR_INIT("member_number"),
    };
    bool is_known = (size_t)kind < sizeof names / sizeof *names && names[kind].n;
    return is_known ? names[kind] : STR("unknown");
}

static void add_entry_json(struct buf *out, const struct suppression_entry *entry)
{
    buf_add(out, STR("{\"hash\":\""));
    privacy_add_hex(out, entry->hash, sizeof entry->hash);
    buf_add_format(out, "\",\"entity\":\"%.*s\",\"kind\":\"%.*s\",\"erased\":%s,\"created_at\":\"",
                   STR_ARG(entity_name(entry->entity)), STR_ARG(privacy_kind_name(entry->kind)),
                   entry->is_erasure ? "true" : "false");
    time_add_text(out, entry->created_us);
    buf_add(out, STR("\",\"reason\":"));
    json_add_str_lossy(out, entry->reason);
    buf_add_char(out, '}');
}

static void add_entry_text(struct buf *out, const struct suppression_entry *entry)
{
    privacy_add_hex(out, entry->hash, sizeof entry->hash);
    buf_add_char(out, ' ');
    time_add_text(out, entry->created_us);
    buf_add_format(out, "  %-10s %-8.*s %-15.*s %.*s\n", entry->is_erasure ? "erased" : "suppressed",
                   STR_ARG(entity_name(entry->entity)), STR_ARG(privacy_kind_name(entry->kind)),
                   STR_ARG(entry->reason));
}

int privacy_print(const struct buf *out)
{
    enum err e = buf_check(out);
    if (e == OK && (fwrite(out->p ? out->p : "", 1, out->n, stdout) != out->n || fflush(stdout) != 0))
        e = err_raise_errno("standard output");
    return privacy_report(e, "print");
}

static int list(struct privacy_run *run)
{
    struct suppression_entry *entries;
    size_t count;
    struct buf out;
    enum err e = run->control->ops->suppression_list(run->control, &run->arena, &entries, &count);
    if (e != OK) return privacy_report(e, "read the list");
    buf_init(&out, OUTPUT_BYTES_MAX);
    if (run->options->is_json) buf_add_char(&out, '[');
    for (size_t i = 0; i < count; i++) {
        if (run->options->is_json) buf_add(&out, i ? STR(",\n") : STR(""));
        (run->options->is_json ? add_entry_json : add_entry_text)(&out, &entries[i]);
    }
    if (run->options->is_json) buf_add(&out, STR("]\n"));
    int exit_code = privacy_print(&out);
    buf_fini(&out);
    return exit_code;
}

/* ---- the command ---- */

static const struct verb {
    const char *name_cstr;
    int (*run)(struct privacy_run *run);
    bool takes_identifiers;
    bool needs_folder; /* a new one would only answer that there is nothing */
} verbs[] = {
    {"suppress", suppress, true, false},    {"unsuppress", unsuppress, true, false},
    {"access", privacy_access, true, true}, {"erase", privacy_erase, true, true},
    {"list", list, false, false},
};

static const struct verb *verb_of(str name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (str_eq(name, str_of_cstr(verbs[i].name_cstr))) return &verbs[i];
    }
    return NULL;
}

static enum err read_settings(struct privacy_run *run)
{
    struct settings_source source = SETTINGS_SOURCE_INIT;
    struct conf conf;
    source.data_cstr = run->options->data;
    enum err e = settings_load(&source, &conf);
    if (e == OK) run->store = settings_records(&conf);
    run->store.writer_memory_bytes = WRITER_BYTES;
    conf_fini(&conf);
    return e;
}

static enum err open_folder(struct privacy_run *run, bool is_needed)
{
    struct os_stat found;
    if (is_needed) TRY(os_stat(run->options->data, &found));
    TRY(read_settings(run));
    TRY(folder_control_open(run->options->data, &run->control));
    TRY(secret_load(run->options->data, run->secret));
    return suppression_open(run->control, str_of(run->secret, sizeof run->secret), &run->suppression);
}

static int run_opened(struct privacy_run *run, const struct verb *verb, int argc, char **argv)
{
    if (verb->takes_identifiers && !privacy_read_identifiers(run, argc, argv)) return EXIT_USAGE;
    int exit_code = privacy_report(open_folder(run, verb->needs_folder), "open the data folder");
    return exit_code ? exit_code : verb->run(run);
}

static int run_verb(const struct verb *verb, const struct privacy_options *options, int argc, char **argv)
{
    struct privacy_run run = {.options = options,
                              .entity = options->is_company ? ENTITY_COMPANY : ENTITY_PERSON};
    arena_init(&run.arena, MEMORY_BYTES_MAX);
    int exit_code = run_opened(&run, verb, argc, argv);
    if (run.records) run.records->ops->close(run.records);
    suppression_close(run.suppression);
    if (run.control) run.control->ops->close(run.control);
    arena_fini(&run.arena);
    return exit_code;
}

/* A word or a few for the list: it is no place for names. */
static bool is_reason(const char *reason)
{
    str text = str_of_cstr(reason);
    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.p[i] < ' ' || text.p[i] == '@' || text.p[i] == 0x7f) return false;
    }
    return text.n <= REASON_BYTES_MAX;
}

static int parse(const struct command *command, const struct privacy_options *options, int argc, char **argv)
{
    const struct verb *verb = verb_of(argc > 1 ? str_of_cstr(argv[1]) : (str){0});
    if (!verb) return options_refuse(command, "suppress, unsuppress, access, erase or list is expected");
    bool has_identifiers = argc > 2 || options->file;
    if (verb->takes_identifiers != has_identifiers)
        return options_refuse(command, "%s takes %s", verb->name_cstr,
                              verb->takes_identifiers ? "identifiers, or --file" : "no identifiers");
    if (!is_reason(options->reason))
        return options_refuse(command, "--reason takes at most %zu bytes without control characters and @",
                              REASON_BYTES_MAX);
    if (verb->run == privacy_erase && !options->is_forced)
        return options_refuse(command, "erase cannot be undone; --force says that it is meant");
    if (verb->run != privacy_access && options->output)
        return options_refuse(command, "%s takes no --output", verb->name_cstr);
    return run_verb(verb, options, argc - 2, argv + 2);
}

int cmd_privacy(int argc, char **argv)
{
    struct privacy_options privacy = {.data = DATA_DIR_DEFAULT};
    const struct option options[] = {
        DATA_DIR_OPTION(&privacy.data),
        {"file", "FILE", "further identifiers, one a line; - is standard input", .text = &privacy.file},
        {"reason", "TEXT", "suppress: a word for the list, such as objection", .text = &privacy.reason},
        {"output", "FILE", "access: where to, mode 0600 (default standard output)", .text = &privacy.output},
        {"company", .flag = &privacy.is_company, .help_cstr = "the identifiers are those of companies"},
        {"force", .flag = &privacy.is_forced, .help_cstr = "erase: without asking back"},
        {"json", .flag = &privacy.is_json, .help_cstr = "print JSON"},
    };
    const struct command command = {
        .name_cstr = "enrichd privacy",
        .arguments_cstr = "suppress|unsuppress|access|erase IDENTIFIER... | list",
        .about_cstr =
            "Who is handed out to nobody. IDENTIFIER is a profile URL, a business email or an id. "
            "Suppressing\n"
            "one suppresses the person: every identifier of the records that it leads to. A running server\n"
            "notices at once. The list holds keyed hashes, from which nothing can be read back.\n"
            "`access` prints everything that the data folder holds of one person, as one JSON document: "
            "records,\n"
            "identifiers, suppression, and what batches of which accounts hold. It changes nothing.\n"
            "`erase` suppresses, removes the records, and takes inputs and lines out of all batches, which "
            "it\n"
            "waits for; it prints a receipt. Backups keep what they hold.",
        .notes_cstr = "Identifiers in arguments stand in the history of the shell: --file - reads them from "
                      "standard input.",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int exit_code;
    if (!options_parse(&command, &argc, argv, &exit_code)) return exit_code;
    return parse(&command, &privacy, argc, argv);
}
