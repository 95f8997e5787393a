/* Each verb opens control.db beside the server, does its one thing and prints it. */
#include "cmd/key.h"

#include "base/conf.h"
#include "base/json.h"
#include "base/os.h"
#include "base/time.h"
#include "cmd/data_dir.h"
#include "store/control_sqlite.h"

#define NAME_BYTES_MAX  ((size_t)100)
#define LIST_BYTES_MAX  ((size_t)64 << 20)
#define ACCOUNT_DEFAULT "default"

struct key_options {
    const char *data, *account, *expires;
    bool is_json;
};

static int report(enum err e, const char *doing)
{
    if (e == OK) return 0;
    fprintf(stderr, "enrichd key: cannot %s: %s\n", doing, *err_detail() ? err_detail() : err_name(e));
    return 1;
}

static bool is_label(str name)
{
    for (size_t i = 0; i < name.n; i++) {
        if ((unsigned char)name.p[i] < ' ' || name.p[i] == 0x7f) return false;
    }
    return name.n > 0 && name.n <= NAME_BYTES_MAX;
}

/* ---- create ---- */

static const struct conf_item expiry_item = {"expires", CONF_DURATION, "0",
                                             0,         INT64_MAX / 2, .help_cstr = ""};

/* A duration such as 30d, from now. */
static enum err read_expiry(const char *text, int64_t now_us, int64_t *ret_us)
{
    struct conf conf;
    *ret_us = 0;
    if (!text) return OK;
    enum err e = conf_init(&conf, &expiry_item, 1);
    if (e == OK) e = conf_set(&conf, 0, str_of_cstr(text), CONF_FLAG);
    if (e == OK && conf_number(&conf, 0) == 0) e = err_raise(ERR_INVALID, "must be longer than 0");
    if (e == OK) *ret_us = now_us + conf_number(&conf, 0);
    conf_fini(&conf);
    return e;
}

static void print_key(const struct key_options *options, const struct api_key *key, str text)
{
    if (!options->is_json) {
        printf("%.*s\n", STR_ARG(text));
        return;
    }
    struct buf out;
    buf_init(&out, 4096);
    buf_add(&out, STR("{\"id\":"));
    json_add_str(&out, str_of(key->token.id, TOKEN_ID_BYTES));
    json_add_key(&out, STR("key"));
    json_add_str(&out, text);
    json_add_key(&out, STR("name"));
    json_add_str_lossy(&out, key->name);
    json_add_key(&out, STR("account"));
    json_add_str_lossy(&out, key->account_name);
    printf("%.*s}\n", STR_ARG(buf_str(&out)));
    buf_fini(&out);
}

static int create(struct control *control, const struct key_options *options, str name)
{
    char text[TOKEN_TEXT_BYTES];
    struct api_key key = {
        .name = name, .account_name = str_of_cstr(options->account), .created_us = os_now_us()};
    if (!is_label(key.name) || !is_label(key.account_name)) {
        fprintf(stderr, "enrichd key: names have 1 to %zu bytes without control characters\n",
                NAME_BYTES_MAX);
        return 2;
    }
    if (read_expiry(options->expires, key.created_us, &key.expires_us) != OK) {
        fprintf(stderr, "enrichd key: --expires: %s\n", err_detail());
        return 2;
    }
    token_new(text, &key.token);
    int exit_code = report(control->ops->key_create(control, &key), "create the key");
    if (exit_code == 0) print_key(options, &key, str_of(text, sizeof text));
    return exit_code;
}

/* ---- list ---- */

static const char *state_of(const struct api_key *key)
{
    if (key->revoked_us) return "revoked";
    return key->expires_us && key->expires_us <= os_now_us() ? "expired" : "active";
}

static void add_time(struct buf *out, str name, int64_t us)
{
    json_add_key(out, name);
    if (us) buf_add_char(out, '"');
    if (us) time_add_text(out, us);
    buf_add(out, us ? STR("\"") : STR("null"));
}

static void add_json(struct buf *out, const struct api_key *key)
{
    buf_add(out, STR("{\"id\":"));
    json_add_str(out, str_of(key->token.id, TOKEN_ID_BYTES));
    json_add_key(out, STR("name"));
    json_add_str_lossy(out, key->name);
    json_add_key(out, STR("account"));
    json_add_str_lossy(out, key->account_name);
    json_add_key(out, STR("state"));
    json_add_str(out, str_of_cstr(state_of(key)));
    add_time(out, STR("created_at"), key->created_us);
    add_time(out, STR("expires_at"), key->expires_us);
    add_time(out, STR("revoked_at"), key->revoked_us);
    buf_add_char(out, '}');
}

static void print_json(const struct api_key *keys, size_t count)
{
    struct buf out;
    buf_init(&out, LIST_BYTES_MAX);
    buf_add_char(&out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i) buf_add_char(&out, ',');
        add_json(&out, &keys[i]);
    }
    printf("%.*s]\n", STR_ARG(buf_str(&out)));
    buf_fini(&out);
}

static void print_table(const struct api_key *keys, size_t count)
{
    struct buf created;
    buf_init(&created, 64);
    printf("%-10s %-8s %-20s %-20s %s\n", "ID", "STATE", "ACCOUNT", "NAME", "CREATED");
    for (size_t i = 0; i < count; i++) {
        buf_clear(&created);
        time_add_text(&created, keys[i].created_us);
        printf("%-10.*s %-8s %-20.*s %-20.*s %.*s\n", (int)TOKEN_ID_BYTES, keys[i].token.id,
               state_of(&keys[i]), STR_ARG(keys[i].account_name), STR_ARG(keys[i].name),
               STR_ARG(str_slice(buf_str(&created), 0, 19)));
    }
    buf_fini(&created);
}

static int list(struct control *control, const struct key_options *options)
{
    struct arena arena;
    struct api_key *keys;
    size_t count;
    arena_init(&arena, LIST_BYTES_MAX);
    int exit_code = report(control->ops->key_list(control, &arena, &keys, &count), "list the keys");
    if (exit_code == 0 && options->is_json) print_json(keys, count);
    if (exit_code == 0 && !options->is_json) print_table(keys, count);
    arena_fini(&arena);
    return exit_code;
}

/* ---- revoke ---- */

static int revoke(struct control *control, str id)
{
    if (id.n != TOKEN_ID_BYTES) {
        fprintf(stderr, "enrichd key: '%.*s' is no key id; `enrichd key list` shows them\n", STR_ARG(id));
        return 2;
    }
    enum err e = control->ops->key_revoke(control, id.p, os_now_us());
    if (e == ERR_NOT_FOUND) {
        fprintf(stderr, "enrichd key: no key has the id %.*s\n", STR_ARG(id));
        return 1;
    }
    return report(e, "revoke the key");
}

/* ---- the command ---- */

static int run(const struct command *command, const struct key_options *options, int argc, char **argv)
{
    str verb = argc > 1 ? str_of_cstr(argv[1]) : (str){0};
    bool is_list = str_eq(verb, STR("list"));
    bool is_create = str_eq(verb, STR("create"));
    if (!is_list && !is_create && !str_eq(verb, STR("revoke"))) {
        return options_refuse(command, "create, list or revoke is expected");
    }
    if (argc != (is_list ? 2 : 3)) {
        return options_refuse(command, is_list ? "list takes no argument" : "exactly one %s is expected",
                              is_create ? "NAME" : "ID");
    }
    struct control *control;
    enum err e = os_mkdir_all(options->data);
    if (e == OK) e = control_sqlite_open(options->data, CONTROL_TOOL, NULL, &control);
    if (e != OK) return report(e, "open the data folder");
    int exit_code = is_list     ? list(control, options)
                    : is_create ? create(control, options, str_of_cstr(argv[2]))
                                : revoke(control, str_of_cstr(argv[2]));
    control->ops->close(control);
    return exit_code;
}

int cmd_key(int argc, char **argv)
{
    struct key_options key = {.data = DATA_DIR_DEFAULT, .account = ACCOUNT_DEFAULT};
    const struct option options[] = {
        DATA_DIR_OPTION(&key.data),
        {"account", "NAME", "create: the account that the key is for (default " ACCOUNT_DEFAULT ")",
         .text = &key.account},
        {"expires", "TIME", "create: how long it is valid, such as 30d (default: for ever)",
         .text = &key.expires},
        {"json", .flag = &key.is_json, .help_cstr = "create, list: print JSON"},
    };
    const struct command command = {
        .name_cstr = "enrichd key",
        .arguments_cstr = "create NAME | list | revoke ID",
        .about_cstr =
            "API keys. `create` prints the new key, alone and only this once; the server keeps its hash.\n"
            "Keys of one account see the same batches. A running server notices changes at once.",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int exit_code;
    if (!options_parse(&command, &argc, argv, &exit_code)) return exit_code;
    return run(&command, &key, argc, argv);
}
