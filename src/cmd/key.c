/* Each verb opens control.db beside the server, does its one thing and prints it. */
#include "cmd/key.h"

#include "base/os.h"
#include "base/time.h"
#include "cmd/audited.h"
#include "cmd/data_dir.h"
#include "cmd/folder_control.h"
#include "cmd/key_options.h"
#include "cmd/key_print.h"
#include "cmd/settings.h"
#include "cmd/webhook.h"

#define NAME_BYTES_MAX   ((size_t)100)
#define MEMORY_BYTES_MAX ((size_t)64 << 20)
#define ACCOUNT_DEFAULT  "default"
#define OVERLAP_DEFAULT  "24h"
#define FIRST_SECRET     ((uint32_t)1) /* version of the webhook secret of a new key */

/* NULL: not given. */
struct key_options {
    const char *data;
    const char *account, *name, *expires, *overlap, *scopes, *fields, *budget_daily, *budget_total;
    bool is_json;
};

/* A verb under way. */
struct key_run {
    const struct key_options *options;
    struct control *control;
    struct arena arena;
    str argument; /* NAME or ID */
    int64_t now_us;
};

static int report(enum err e, const char *doing)
{
    if (e == OK) return 0;
    fprintf(stderr, "enrichd key: cannot %s: %s\n", doing, *err_detail() ? err_detail() : err_name(e));
    return 1;
}

/* ---- reading options ---- */

static bool is_label(str name)
{
    for (size_t i = 0; i < name.n; i++) {
        if ((unsigned char)name.p[i] < ' ' || name.p[i] == 0x7f) return false;
    }
    return name.n > 0 && name.n <= NAME_BYTES_MAX;
}

static bool check_label(str name)
{
    if (is_label(name)) return true;
    fprintf(stderr, "enrichd key: names have 1 to %zu bytes without control characters\n", NAME_BYTES_MAX);
    return false;
}

static bool check_option(const char *name, enum err e)
{
    if (e != OK) fprintf(stderr, "enrichd key: --%s: %s\n", name, err_detail());
    return e == OK;
}

static bool read_expiry(const struct key_run *run, int64_t *ret_us)
{
    const char *text = run->options->expires;
    return !text || check_option("expires", key_option_time(text, run->now_us, ret_us));
}

static bool read_lists(struct key_run *run, str *ret_scopes, str *ret_families)
{
    const struct key_options *options = run->options;
    return (!options->scopes ||
            check_option("scopes", key_option_scopes(options->scopes, &run->arena, ret_scopes))) &&
           (!options->fields ||
            check_option("fields", key_option_families(options->fields, &run->arena, ret_families)));
}

static bool read_budget(const struct key_options *options, uint64_t *ret_daily, uint64_t *ret_total)
{
    return (!options->budget_daily ||
            check_option("budget-daily", key_option_records(options->budget_daily, ret_daily))) &&
           (!options->budget_total ||
            check_option("budget-total", key_option_records(options->budget_total, ret_total)));
}

/* What the settings say of new keys. */
static enum err default_budget(const char *data_cstr, struct budget *ret)
{
    struct settings_source source = SETTINGS_SOURCE_INIT;
    struct conf conf;
    source.data_cstr = data_cstr;
    enum err e = settings_load(&source, &conf);
    if (e == OK) ret->daily_max = (uint64_t)conf_number(&conf, SETTING_LIMITS_BUDGET_DAILY);
    if (e == OK) ret->total_max = (uint64_t)conf_number(&conf, SETTING_LIMITS_BUDGET_TOTAL);
    conf_fini(&conf);
    return e;
}

/* ---- looking one up ---- */

static bool check_id(str id)
{
    if (id.n == TOKEN_ID_BYTES) return true;
    fprintf(stderr, "enrichd key: '%.*s' is no key id; `enrichd key list` shows them\n", STR_ARG(id));
    return false;
}

static int report_of(const struct key_run *run, enum err e, const char *doing)
{
    if (e != ERR_NOT_FOUND) return report(e, doing);
    fprintf(stderr, "enrichd key: no key has the id %.*s\n", STR_ARG(run->argument));
    return 1;
}

static enum err find(struct key_run *run, struct api_key *ret)
{
    return run->control->ops->key_find(run->control, run->argument.p, &run->arena, ret);
}

/* ---- verbs ---- */

static void audit(const struct key_run *run, str event, const char id[TOKEN_ID_BYTES])
{
    audited_text("enrichd key", run->options->data, run->control, event, STR("key"),
                 str_of(id, TOKEN_ID_BYTES));
}

static void print_new(const struct key_run *run, const struct api_key *key, str text,
                      const struct api_key *replaced)
{
    struct buf secret;
    buf_init(&secret, WEBHOOK_SECRET_TEXT_BYTES);
    if (webhook_secret_add(run->options->data, key->token.id, FIRST_SECRET, &secret) != OK)
        fprintf(stderr, "enrichd key: the webhook secret is not to be had: %s\n", err_detail());
    if (run->options->is_json) {
        key_print_json(key, text, buf_str(&secret), replaced);
    } else {
        printf("%.*s\n", STR_ARG(text));
        webhook_secret_tell(buf_str(&secret));
    }
    buf_fini(&secret);
}

static int create(struct key_run *run)
{
    char text[TOKEN_TEXT_BYTES];
    const char *account = run->options->account ? run->options->account : ACCOUNT_DEFAULT;
    struct api_key key = {
        .name = run->argument, .account_name = str_of_cstr(account), .created_us = run->now_us};
    enum err e = default_budget(run->options->data, &key.budget);
    if (e != OK) return report(e, "read the settings");
    if (!check_label(key.name) || !check_label(key.account_name) || !read_expiry(run, &key.expires_us) ||
        !read_lists(run, &key.scopes, &key.families) ||
        !read_budget(run->options, &key.budget.daily_max, &key.budget.total_max)) {
        return EXIT_USAGE;
    }
    token_new(text, &key.token);
    int exit_code = report(run->control->ops->key_create(run->control, &key), "create the key");
    if (exit_code == 0) {
        audit(run, STR("key.create"), key.token.id);
        print_new(run, &key, str_of(text, sizeof text), NULL);
    }
    return exit_code;
}

static int list(struct key_run *run)
{
    struct api_key *keys;
    size_t count;
    int exit_code =
        report(run->control->ops->key_list(run->control, &run->arena, &keys, &count), "list the keys");
    if (exit_code == 0 && run->options->is_json) key_print_json_list(keys, count);
    if (exit_code == 0 && !run->options->is_json) key_print_table(keys, count);
    return exit_code;
}

static int set(struct key_run *run)
{
    const struct key_options *options = run->options;
    struct api_key key;
    str scopes, families, name = str_of_cstr(options->name);
    int64_t expires_us;
    uint64_t daily, total;
    if (!check_id(run->argument) || (options->name && !check_label(name)) || !read_expiry(run, &expires_us) ||
        !read_lists(run, &scopes, &families) || !read_budget(options, &daily, &total)) {
        return EXIT_USAGE;
    }
    struct api_key_change change = {
        .name = options->name ? &name : NULL,
        .scopes = options->scopes ? &scopes : NULL,
        .families = options->fields ? &families : NULL,
        .expires_us = options->expires ? &expires_us : NULL,
        .budget_daily = options->budget_daily ? &daily : NULL,
        .budget_total = options->budget_total ? &total : NULL,
    };
    enum err e = run->control->ops->key_set(run->control, run->argument.p, &change);
    if (e == OK) audit(run, STR("key.set"), run->argument.p);
    if (e == OK) e = find(run, &key);
    if (e == OK && options->is_json) key_print_json(&key, (str){0}, (str){0}, NULL);
    return report_of(run, e, "change the key");
}

static void tell_rotation(const struct api_key *old, const struct api_key *new)
{
    struct buf until;
    buf_init(&until, 64);
    time_add_text(&until, old->expires_us);
    fprintf(stderr, "enrichd key: %.*s works until %.*s\n", (int)TOKEN_ID_BYTES, old->token.id,
            STR_ARG(buf_str(&until)));
    fprintf(stderr, "enrichd key: webhooks of %.*s have a secret of their own: enrichd webhook secret %.*s\n",
            (int)TOKEN_ID_BYTES, new->token.id, (int)TOKEN_ID_BYTES, new->token.id);
    buf_fini(&until);
}

static int refuse_rotation(const struct key_run *run, enum err e, const struct api_key *old)
{
    if (e != ERR_EXISTS || !old->successor_id.n) return report_of(run, e, "rotate the key");
    fprintf(stderr, "enrichd key: %.*s was rotated already: its successor is %.*s\n", STR_ARG(run->argument),
            STR_ARG(old->successor_id));
    return 1;
}

/* The successor lives as long as the old key was made for, unless --expires says otherwise. */
static int rotate(struct key_run *run)
{
    char text[TOKEN_TEXT_BYTES];
    const char *overlap = run->options->overlap ? run->options->overlap : OVERLAP_DEFAULT;
    struct api_key old, key;
    int64_t overlap_us;
    if (!check_id(run->argument) || !check_option("overlap", key_option_span(overlap, &overlap_us)))
        return EXIT_USAGE;
    enum err e = find(run, &old);
    if (e != OK) return report_of(run, e, "rotate the key");
    key = old;
    key.created_us = run->now_us;
    key.last_used_us = 0;
    key.successor_id = (str){0};
    if (old.expires_us) key.expires_us = run->now_us + old.expires_us - old.created_us;
    if (!read_expiry(run, &key.expires_us)) return EXIT_USAGE;
    token_new(text, &key.token);
    e = run->control->ops->key_rotate(run->control, old.token.id, run->now_us + overlap_us, &key);
    if (e == OK) e = find(run, &old);
    if (e != OK) return refuse_rotation(run, e, &old);
    audit(run, STR("key.rotate"), old.token.id);
    print_new(run, &key, str_of(text, sizeof text), &old);
    if (!run->options->is_json) tell_rotation(&old, &key);
    return 0;
}

static int revoke(struct key_run *run)
{
    struct api_key key;
    if (!check_id(run->argument)) return EXIT_USAGE;
    enum err e = run->control->ops->key_revoke(run->control, run->argument.p, run->now_us);
    if (e == OK) audit(run, STR("key.revoke"), run->argument.p);
    if (e == OK) e = find(run, &key);
    if (e == OK && run->options->is_json) key_print_json(&key, (str){0}, (str){0}, NULL);
    return report_of(run, e, "revoke the key");
}

/* ---- the command ---- */

static const struct verb {
    const char *name_cstr;
    int (*run)(struct key_run *run);
    const char *argument_cstr; /* NULL: none */
    const char *options_cstr;  /* the options, but those of all verbs, that it takes; space-separated */
} verbs[] = {
    {"create", create, "NAME", "account expires scopes fields budget-daily budget-total"},
    {"list", list, NULL, ""},
    {"set", set, "ID", "name expires scopes fields budget-daily budget-total"},
    {"rotate", rotate, "ID", "overlap expires"},
    {"revoke", revoke, "ID", ""},
};

static const struct verb *verb_of(str name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (str_eq(name, str_of_cstr(verbs[i].name_cstr))) return &verbs[i];
    }
    return NULL;
}

static bool takes(const struct verb *verb, str option)
{
    str rest = str_of_cstr(verb->options_cstr), name;
    while (str_split(&rest, ' ', &name)) {
        if (str_eq(name, option)) return true;
    }
    return false;
}

/* The first option that was given and that the verb does not take; NULL if there is none. */
static const char *stray_option(const struct command *command, const struct verb *verb)
{
    for (size_t i = 0; i < command->option_count; i++) {
        const struct option *option = &command->options[i];
        bool is_for_all = option->flag || str_eq(str_of_cstr(option->name_cstr), STR("data"));
        if (!is_for_all && *option->text && !takes(verb, str_of_cstr(option->name_cstr)))
            return option->name_cstr;
    }
    return NULL;
}

static int run_verb(const struct verb *verb, const struct key_options *options, str argument)
{
    struct key_run run = {.options = options, .argument = argument, .now_us = os_now_us()};
    enum err e = folder_control_open(options->data, &run.control);
    if (e != OK) return report(e, "open the data folder");
    arena_init(&run.arena, MEMORY_BYTES_MAX);
    int exit_code = verb->run(&run);
    arena_fini(&run.arena);
    run.control->ops->close(run.control);
    return exit_code;
}

static int parse(const struct command *command, const struct key_options *options, int argc, char **argv)
{
    const struct verb *verb = verb_of(argc > 1 ? str_of_cstr(argv[1]) : (str){0});
    if (!verb) return options_refuse(command, "create, list, set, rotate or revoke is expected");
    if (argc != (verb->argument_cstr ? 3 : 2)) {
        return options_refuse(command, "%s takes %s", verb->name_cstr,
                              !verb->argument_cstr ? "no argument" : verb->argument_cstr);
    }
    const char *stray = stray_option(command, verb);
    if (stray) return options_refuse(command, "%s takes no --%s", verb->name_cstr, stray);
    bool changes = options->name || options->expires || options->scopes || options->fields ||
                   options->budget_daily || options->budget_total;
    if (verb->run == set && !changes) return options_refuse(command, "set needs an option to change");
    return run_verb(verb, options, str_of_cstr(argc > 2 ? argv[2] : NULL));
}

int cmd_key(int argc, char **argv)
{
    struct key_options key = {.data = DATA_DIR_DEFAULT};
    const struct option options[] = {
        DATA_DIR_OPTION(&key.data),
        {"account", "NAME", "create: the account that the key is for (default " ACCOUNT_DEFAULT ")",
         .text = &key.account},
        {"name", "NAME", "set: another name", .text = &key.name},
        {"expires", "TIME",
         "create, set, rotate: when it ends: 30d from now, or on\n"
         "2027-01-31, or never (default never; a rotated key\n"
         "lives as long as the one before was made for)",
         .text = &key.expires},
        {"scopes", "LIST",
         "create, set: what it may do: all (default), or some of\n"
         "enrich:person,enrich:company,batch:read,batch:write,\n"
         "account:read",
         .text = &key.scopes},
        {"fields", "LIST",
         "create, set: families of fields that it may read: all\n"
         "(default), or some such as basic_profile,social_handles",
         .text = &key.fields},
        {"budget-daily", "N",
         "create, set: records that it may get on a day (UTC), in\n"
         "batches and at once, or none (default: the setting\n"
         "limits.budget_daily of the data folder's enrichd.conf)",
         .text = &key.budget_daily},
        {"budget-total", "N",
         "create, set: records that it may get at all, or none\n(default: limits.budget_total)",
         .text = &key.budget_total},
        {"overlap", "TIME",
         "rotate: how long the old key goes on working\n"
         "(default " OVERLAP_DEFAULT ")",
         .text = &key.overlap},
        {"json", .flag = &key.is_json, .help_cstr = "print JSON"},
    };
    const struct command command = {
        .name_cstr = "enrichd key",
        .arguments_cstr = "create NAME | list | set ID | rotate ID | revoke ID",
        .about_cstr =
            "API keys. `create` and `rotate` print the new key, alone and only this once; the server keeps\n"
            "its hash. Keys of one account see the same batches. A running server notices changes at once.",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int exit_code;
    if (!options_parse(&command, &argc, argv, &exit_code)) return exit_code;
    return parse(&command, &key, argc, argv);
}
