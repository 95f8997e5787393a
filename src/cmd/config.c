/* Settings, printed as the configuration file would have them. */
#include "cmd/config.h"

#include "cmd/settings.h"

#define LIST_BYTES_MAX ((size_t)1 << 20)

/* A list with commas, as the environment and the command line would have it. */
static str text_of(const struct conf *conf, size_t index, struct buf *scratch)
{
    const struct conf_value *value = &conf->values[index];
    if (conf->items[index].type != CONF_LIST) return value->text;
    buf_clear(scratch);
    for (int64_t i = 0; i < value->number; i++) {
        if (i) buf_add_char(scratch, ',');
        buf_add(scratch, value->list[i]);
    }
    return buf_str(scratch);
}

static void print(const struct conf *conf)
{
    struct buf origin, list;
    buf_init(&origin, 4096);
    buf_init(&list, LIST_BYTES_MAX);
    for (size_t i = 0; i < conf->item_count; i++) {
        str text = text_of(conf, i, &list);
        buf_clear(&origin);
        conf_add_origin(conf, i, &origin);
        printf("%-32s = %-20.*s # %.*s\n", conf->items[i].name_cstr, STR_ARG(text),
               STR_ARG(buf_str(&origin)));
    }
    buf_fini(&list);
    buf_fini(&origin);
}

int cmd_config(int argc, char **argv)
{
    struct settings_source source = SETTINGS_SOURCE_INIT;
    struct option options[SETTINGS_OPTION_COUNT];
    settings_options(&source, options);
    const struct command command = {
        .name_cstr = "enrichd config",
        .arguments_cstr = "show | check",
        .about_cstr = "`show` prints every setting with its value and origin; `check` only says whether they "
                      "are right.",
        .notes_cstr = "Exit codes: 0 fine, 2 wrong command line, 78 wrong configuration.",
        .options = options,
        .option_count = SETTINGS_OPTION_COUNT,
    };
    int exit_code;
    if (!options_parse(&command, &argc, argv, &exit_code)) return exit_code;
    str verb = argc == 2 ? str_of_cstr(argv[1]) : (str){0};
    bool is_show = str_eq(verb, STR("show"));
    if (!is_show && !str_eq(verb, STR("check"))) return options_refuse(&command, "show or check is expected");
    struct conf conf;
    enum err e = settings_load(&source, &conf);
    if (e != OK) fprintf(stderr, "enrichd config: %s\n", err_detail());
    if (e == OK && is_show) print(&conf);
    conf_fini(&conf);
    return e == OK ? 0 : EXIT_CONFIG;
}
