/* Command-line options from a table: `--name VALUE`, `--name=VALUE`, flags, and the text of --help.
 *
 *     bool is_strict = false;
 *     const char *data = DATA_DIR_DEFAULT;
 *     const struct option options[] = {
 *         DATA_DIR_OPTION(&data),
 *         {"strict", .flag = &is_strict, .help_cstr = "publish nothing if any line is refused"},
 *     };
 *     const struct command command = {
 *         .name_cstr = "enrichd import",
 *         .arguments_cstr = "person|company FILE...",
 *         .about_cstr = "Loads records into the store.",
 *         .options = options, .option_count = sizeof options / sizeof *options,
 *     };
 *     int exit_code;
 *     if (!options_parse(&command, &argc, argv, &exit_code)) return exit_code;
 *     ... argv[1] to argv[argc - 1] are the arguments that are no options ...
 *
 * What is wrong with the command line goes to standard error, help to standard output. Strings are
 * NUL-terminated because argv is; they live as long as argv. For the start of the program: one thread.
 */
#ifndef ENRICHD_CMD_OPTIONS_H
#define ENRICHD_CMD_OPTIONS_H

#include "base/str.h"

#define OPTION_LIST_MAX 64

#define EXIT_USAGE 2 /* the command line cannot be understood; nothing was done */

/* The values of an option that may be given several times. */
struct option_list {
    const char *values_cstr[OPTION_LIST_MAX];
    size_t count;
};

/* One option. Exactly one of the places is set; it holds the default and receives what the user wrote. */
struct option {
    const char *name_cstr;  /* without the dashes */
    const char *value_cstr; /* what help calls the value: "DIR"; NULL for a flag */
    const char *help_cstr;  /* one line, or several separated by \n */

    bool *flag;               /* set to true */
    const char **text;        /* any value that is not empty */
    struct option_list *list; /* likewise; each time one more */
    uint64_t *number;         /* decimal, 0..number_max */
    size_t *bytes;            /* decimal with an optional K, M or G (powers of 1024) behind it */
    uint64_t number_max;      /* 0: no limit */
};

/* A subcommand as the user sees it. */
struct command {
    const char *name_cstr;      /* as it is typed: "enrichd import" */
    const char *arguments_cstr; /* what follows the name, without options: "person|company FILE..." */
    const char *about_cstr;     /* what it does, in lines */
    const char *notes_cstr;     /* printed behind the options (exit codes, examples); may be NULL */
    const struct option *options;
    size_t option_count;
};

/* Reads the options out of argv and moves the other arguments to the front.
 *
 * argv[0] is left as it is. "--" ends the options, "-" is an argument; an option that is given twice takes
 * its last value, unless it is a list. True: *argc and argv describe the arguments that are left. False: stop
 * with *ret_exit_code, which is 0 after --help or -h and EXIT_USAGE after a message; the values may then have
 * changed in part. */
bool options_parse(const struct command *command, int *argc, char **argv, int *ret_exit_code);

/* Prints "enrichd import: <message>" and a hint at --help to standard error; returns EXIT_USAGE. For what
 * only the subcommand can know, such as a missing argument. */
int options_refuse(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
