/* The option parser: one pass over argv against the table; the nearest name for a misspelt one. */
#include "cmd/options.h"

#include <stdarg.h>

#include "base/nearest.h"

#define HELP_COLUMN 24 /* where the help texts start */

int options_refuse(const struct command *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", command->name_cstr);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\ntry '%s --help'\n", command->name_cstr);
    va_end(args);
    return EXIT_USAGE;
}

/* Prints text in a column: what follows a line break is indented to the same place. */
static void print_in_column(const char *text_cstr)
{
    str rest = str_of_cstr(text_cstr), line;
    bool is_first = true;
    while (str_split(&rest, '\n', &line)) {
        printf("%*s%.*s\n", is_first ? 0 : HELP_COLUMN, "", STR_ARG(line));
        is_first = false;
    }
}

static void print_option(const char *name, const char *value, const char *help)
{
    int n = printf("  --%s%s%s", name, value ? " " : "", value ? value : "");
    if (n >= HELP_COLUMN) n = printf("\n") - 1;
    printf("%*s", HELP_COLUMN - n, "");
    print_in_column(help);
}

static void print_help(const struct command *command)
{
    printf("usage: %s %s [OPTIONS]\n\n%s\n\nOptions:\n", command->name_cstr, command->arguments_cstr,
           command->about_cstr);
    for (size_t i = 0; i < command->option_count; i++) {
        const struct option *option = &command->options[i];
        print_option(option->name_cstr, option->value_cstr, option->help_cstr);
    }
    print_option("help", NULL, "this text");
    if (command->notes_cstr) printf("\n%s\n", command->notes_cstr);
}

/* The option that a misspelt name probably meant; empty if none is near. */
static str nearest_name(const struct command *command, str name)
{
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0; i < command->option_count; i++) {
        nearest_offer(&nearest, str_of_cstr(command->options[i].name_cstr));
    }
    return nearest.name;
}

static const struct option *find_option(const struct command *command, str name)
{
    for (size_t i = 0; i < command->option_count; i++) {
        if (str_eq(name, str_of_cstr(command->options[i].name_cstr))) return &command->options[i];
    }
    return NULL;
}

static bool read_bytes(str value, size_t *ret)
{
    unsigned shift = 0;
    switch (value.n ? value.p[value.n - 1] : '\0') {
    case 'G':
        shift += 10;
        __attribute__((fallthrough));
    case 'M':
        shift += 10;
        __attribute__((fallthrough));
    case 'K':
        shift += 10;
        value.n--;
        break;
    default:
        break;
    }
    uint64_t number;
    if (str_to_u64(value, SIZE_MAX >> shift, &number) != OK) return false;
    *ret = (size_t)number << shift;
    return true;
}

/* Stores the value in the option's place; the message for a person, or NULL when all is well. */
static const char *set_value(const struct option *option, const char *value_cstr)
{
    str value = str_of_cstr(value_cstr);
    if (option->text) {
        *option->text = value_cstr;
        return value.n ? NULL : "must not be empty";
    }
    if (option->list) {
        if (!value.n) return "must not be empty";
        if (option->list->count == OPTION_LIST_MAX) return "is one too many";
        option->list->values_cstr[option->list->count++] = value_cstr;
        return NULL;
    }
    if (option->number) {
        uint64_t max = option->number_max ? option->number_max : UINT64_MAX;
        return str_to_u64(value, max, option->number) == OK ? NULL : "is not a number in range";
    }
    must(option->bytes);
    return read_bytes(value, option->bytes) ? NULL : "is not a size such as 512M";
}

static int refuse_unknown(const struct command *command, str name)
{
    str nearest = nearest_name(command, name);
    return options_refuse(command, "unknown option --%.*s%s%.*s%s", STR_ARG(name),
                          nearest.n ? " (did you mean --" : "", STR_ARG(nearest), nearest.n ? "?)" : "");
}

/* Takes the option at argv[*at], which starts with "--", and moves *at to its last word. Returns the exit
 * code to stop with, or -1 to go on. */
static int take_option(const struct command *command, int argc, char **argv, int *at)
{
    str word = str_from(str_of_cstr(argv[*at]), 2);
    size_t equals = str_find_char(word, '=', 0);
    str name = str_slice(word, 0, equals);
    const char *value = equals == SIZE_MAX ? NULL : word.p + equals + 1;

    const struct option *option = find_option(command, name);
    if (!option) return refuse_unknown(command, name);
    if (option->flag) {
        if (value) return options_refuse(command, "--%s takes no value", option->name_cstr);
        *option->flag = true;
        return -1;
    }
    if (!value && *at + 1 < argc) value = argv[++*at];
    if (!value)
        return options_refuse(command, "--%s needs a value: %s", option->name_cstr, option->value_cstr);
    const char *fault = set_value(option, value);
    if (fault) return options_refuse(command, "--%s: '%s' %s", option->name_cstr, value, fault);
    return -1;
}

bool options_parse(const struct command *command, int *argc, char **argv, int *ret_exit_code)
{
    int kept = 1;
    bool is_over = false; /* "--" was seen */
    for (int at = 1; at < *argc; at++) {
        str word = str_of_cstr(argv[at]);
        if (is_over || word.n < 2 || word.p[0] != '-') {
            argv[kept++] = argv[at];
        } else if (str_eq(word, STR("--"))) {
            is_over = true;
        } else if (str_eq(word, STR("--help")) || str_eq(word, STR("-h"))) {
            print_help(command);
            *ret_exit_code = 0;
            return false;
        } else if (!str_starts(word, STR("--"))) {
            *ret_exit_code = options_refuse(command, "unknown option %.*s", STR_ARG(word));
            return false;
        } else {
            int code = take_option(command, *argc, argv, &at);
            if (code < 0) continue;
            *ret_exit_code = code;
            return false;
        }
    }
    *argc = kept;
    return true;
}
