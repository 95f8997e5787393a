/* Shows the webhook secret of a key, or changes it first. Works beside the server, which notices at once. */
#include "cmd/webhook.h"

#include <unistd.h>

#include "base/os.h"
#include "cmd/audited.h"
#include "cmd/data_dir.h"
#include "cmd/folder_control.h"
#include "cmd/options.h"
#include "cmd/secret.h"
#include "hooks/signature.h"

#define MEMORY_BYTES_MAX ((size_t)1 << 20)

static enum err version_of(struct control *control, const char *id, bool rotate, uint32_t *ret)
{
    struct api_key key;
    struct arena arena;
    if (rotate) return control->ops->key_change_secret(control, id, os_now_us(), ret);
    arena_init(&arena, MEMORY_BYTES_MAX);
    enum err e = control->ops->key_find(control, id, &arena, &key);
    if (e == OK) *ret = key.secret_version;
    arena_fini(&arena);
    return e;
}

enum err webhook_secret_add(const char *data_cstr, const char key_id[TOKEN_ID_BYTES], uint32_t version,
                            struct buf *out)
{
    uint8_t master[SECRET_BYTES];
    struct hook_secrets secrets;
    TRY(secret_load(data_cstr, master));
    hook_secrets_init(&secrets, str_of(master, SECRET_BYTES));
    struct hook_secret secret = hook_secret(&secrets, key_id, version);
    hook_secret_add_text(out, &secret);
    return buf_check(out);
}

void webhook_secret_tell(str secret)
{
    if (isatty(STDERR_FILENO)) fprintf(stderr, "Its webhooks are signed by: %.*s\n", STR_ARG(secret));
}

static enum err print_secret(const char *data, const char *id, uint32_t version)
{
    struct buf text;
    buf_init(&text, WEBHOOK_SECRET_TEXT_BYTES);
    enum err e = webhook_secret_add(data, id, version, &text);
    if (e == OK) printf("%.*s\n", STR_ARG(buf_str(&text)));
    buf_fini(&text);
    return e;
}

static int fail(enum err e, const char *doing)
{
    fprintf(stderr, "enrichd webhook: cannot %s: %s\n", doing, *err_detail() ? err_detail() : err_name(e));
    return 1;
}

static int run(const char *data, str id, bool rotate)
{
    struct control *control;
    uint32_t version;
    enum err e = folder_control_open(data, &control);
    if (e != OK) return fail(e, "open the data folder");
    e = version_of(control, id.p, rotate, &version);
    if (e == OK)
        audited_text("enrichd webhook", data, control, rotate ? STR("webhook.rotate") : STR("webhook.show"),
                     STR("key"), id);
    control->ops->close(control);
    if (e == ERR_NOT_FOUND) {
        fprintf(stderr, "enrichd webhook: no key has the id %.*s\n", STR_ARG(id));
        return 1;
    }
    if (e == OK) e = print_secret(data, id.p, version);
    return e == OK ? 0 : fail(e, "show the secret");
}

int cmd_webhook(int argc, char **argv)
{
    const char *data = DATA_DIR_DEFAULT;
    bool rotate = false;
    const struct option options[] = {
        DATA_DIR_OPTION(&data),
        {"rotate", .flag = &rotate, .help_cstr = "make a new secret; for a day the old one signs, too"},
    };
    const struct command command = {
        .name_cstr = "enrichd webhook",
        .arguments_cstr = "secret KEY_ID",
        .about_cstr =
            "Prints the secret that signs the webhooks of batches which this key submitted, as Standard\n"
            "Webhooks libraries take it. `enrichd key list` shows the ids of keys.",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int exit_code;
    if (!options_parse(&command, &argc, argv, &exit_code)) return exit_code;
    if (argc != 3 || !str_eq(str_of_cstr(argv[1]), STR("secret")))
        return options_refuse(&command, "secret KEY_ID is expected");
    str id = str_of_cstr(argv[2]);
    if (id.n != TOKEN_ID_BYTES) return options_refuse(&command, "'%.*s' is no key id", STR_ARG(id));
    return run(data, id, rotate);
}
