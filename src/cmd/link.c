/* Rotation is a row in control.db; the server sees it by the mark that is set with it. */
#include "cmd/link.h"

#include "base/json.h"
#include "base/os.h"
#include "base/time.h"
#include "cmd/audited.h"
#include "cmd/data_dir.h"
#include "cmd/folder_control.h"

#define LINE_BYTES_MAX ((size_t)8192)

_Static_assert(LINK_KEYS_MAX == 16, "the help says how many keys are kept");

struct link_options {
    const char *data;
    bool is_now, is_json;
};

static int report(enum err e, const char *doing)
{
    if (e == OK) return 0;
    fprintf(stderr, "enrichd link: cannot %s: %s\n", doing, *err_detail() ? err_detail() : err_name(e));
    return 1;
}

static str state_of(const struct link_key *key)
{
    if (key->revoked_us) return STR("revoked");
    return key->retired_us ? STR("retired") : STR("signing");
}

/* ---- printing ---- */

static void add_time(struct buf *out, str name, int64_t us)
{
    json_add_key(out, name);
    if (us) buf_add_char(out, '"');
    if (us) time_add_text(out, us);
    buf_add(out, us ? STR("\"") : STR("null"));
}

static void add_json(struct buf *out, const struct link_key *keys, size_t count)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        buf_add_format(out, "%s{\"kid\":%" PRIu32, i ? "," : "", keys[i].kid);
        json_add_key(out, STR("state"));
        json_add_str(out, state_of(&keys[i]));
        add_time(out, STR("created_at"), keys[i].created_us);
        add_time(out, STR("retired_at"), keys[i].retired_us);
        add_time(out, STR("revoked_at"), keys[i].revoked_us);
        buf_add_char(out, '}');
    }
    buf_add(out, STR("]\n"));
}

static void add_table(struct buf *out, const struct link_key *keys, size_t count)
{
    buf_add_format(out, "%-6s %-8s %s\n", "KID", "STATE", "CREATED");
    for (size_t i = 0; i < count; i++) {
        buf_add_format(out, "%-6" PRIu32 " %-8.*s ", keys[i].kid, STR_ARG(state_of(&keys[i])));
        time_add_text(out, keys[i].created_us);
        buf_add_char(out, '\n');
    }
}

static int list(struct control *control, const struct link_options *options)
{
    struct link_key keys[LINK_KEYS_MAX];
    struct buf out;
    size_t count;
    enum err e = control->ops->link_key_list(control, keys, &count);
    if (e != OK) return report(e, "list the link keys");
    buf_init(&out, LINE_BYTES_MAX);
    if (options->is_json) {
        add_json(&out, keys, count);
    } else {
        add_table(&out, keys, count);
    }
    printf("%.*s", STR_ARG(buf_str(&out)));
    buf_fini(&out);
    return 0;
}

/* ---- the command ---- */

static enum err rotate(struct control *control, const struct link_options *options)
{
    TRY(control->ops->link_key_rotate(control, os_now_us(), options->is_now));
    audited("enrichd link", options->data, control, STR("link.rotate"),
            options->is_now ? STR("\"revoked_older\":true") : STR("\"revoked_older\":false"));
    return OK;
}

static int run(const struct link_options *options, bool is_rotation)
{
    struct control *control;
    enum err e = folder_control_open(options->data, &control);
    if (e != OK) return report(e, "open the data folder");
    if (is_rotation) e = rotate(control, options);
    int exit_code = e != OK ? report(e, "rotate the link keys") : list(control, options);
    control->ops->close(control);
    return exit_code;
}

int cmd_link(int argc, char **argv)
{
    struct link_options link = {.data = DATA_DIR_DEFAULT};
    const struct option options[] = {
        DATA_DIR_OPTION(&link.data),
        {"now", .flag = &link.is_now, .help_cstr = "rotate: all links of before stop working at once"},
        {"json", .flag = &link.is_json, .help_cstr = "print JSON"},
    };
    const struct command command = {
        .name_cstr = "enrichd link",
        .arguments_cstr = "rotate | list",
        .about_cstr =
            "The keys that sign links to result files. After `rotate` another one signs; links of before go "
            "on\n"
            "working until they expire. The latest 16 keys are kept: links of older ones end. A running\n"
            "server changes over at once. Both print the list.",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int exit_code;
    if (!options_parse(&command, &argc, argv, &exit_code)) return exit_code;
    str verb = argc == 2 ? str_of_cstr(argv[1]) : (str){0};
    bool is_rotation = str_eq(verb, STR("rotate"));
    if (!is_rotation && !str_eq(verb, STR("list")))
        return options_refuse(&command, "rotate or list is expected");
    if (link.is_now && !is_rotation) return options_refuse(&command, "list takes no --now");
    return run(&link, is_rotation);
}
