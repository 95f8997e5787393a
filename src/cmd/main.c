/* enrichd: picks the subcommand. Each has a file of its own here. */
#include <sys/stat.h>

#include "base/nearest.h"
#include "cmd/backup.h"
#include "cmd/check.h"
#include "cmd/compact.h"
#include "cmd/config.h"
#include "cmd/import.h"
#include "cmd/key.h"
#include "cmd/link.h"
#include "cmd/options.h"
#include "cmd/privacy.h"
#include "cmd/serve.h"
#include "cmd/webhook.h"

struct subcommand {
    const char *name_cstr;
    int (*run)(int argc, char **argv);
    const char *about_cstr;
};

static const struct subcommand subcommands[] = {
    {"serve", cmd_serve, "serve the records over HTTP"},
    {"import", cmd_import, "load records from files"},
    {"link", cmd_link, "rotate the keys that sign links to results"},
    {"key", cmd_key, "create, list and revoke API keys"},
    {"webhook", cmd_webhook, "show and change the secrets of webhooks"},
    {"privacy", cmd_privacy, "suppress persons: nothing of them is handed out"},
    {"check", cmd_check, "verify that the data folder is whole"},
    {"backup", cmd_backup, "copy the data folder, also while the server runs"},
    {"restore", cmd_restore, "bring a backup back"},
    {"compact", cmd_compact, "merge segments of records"},
    {"config", cmd_config, "show and check the settings"},
};
#define SUBCOMMAND_COUNT (sizeof subcommands / sizeof *subcommands)

static int help(FILE *out)
{
    fputs("enrichd " ENRICHD_VERSION
          ": a self-hosted batch-enrichment server\n\nusage: enrichd COMMAND [OPTIONS]\n\n",
          out);
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++) {
        fprintf(out, "  %-8s %s\n", subcommands[i].name_cstr, subcommands[i].about_cstr);
    }
    fputs("\nenrichd COMMAND --help explains one. To begin: enrichd import person FILE, enrichd serve, "
          "enrichd key create NAME\n",
          out);
    return 0;
}

static int refuse(str name)
{
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
        nearest_offer(&nearest, str_of_cstr(subcommands[i].name_cstr));
    fprintf(stderr, "enrichd: unknown command '%.*s'", STR_ARG(name));
    if (nearest.name.n) fprintf(stderr, "; did you mean %.*s?", STR_ARG(nearest.name));
    fputs(" (enrichd --help lists the commands)\n", stderr);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    str name = argc > 1 ? str_of_cstr(argv[1]) : (str){0};
    umask(077); /* whatever is created is nobody else's to read */
    if (name.n == 0) {
        help(stderr);
        return EXIT_USAGE;
    }
    if (str_eq(name, STR("--help")) || str_eq(name, STR("-h")) || str_eq(name, STR("help")))
        return help(stdout);
    if (str_eq(name, STR("--version")) || str_eq(name, STR("version")))
        return puts("enrichd " ENRICHD_VERSION) < 0;
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++) {
        if (str_eq(name, str_of_cstr(subcommands[i].name_cstr)))
            return subcommands[i].run(argc - 1, argv + 1);
    }
    return refuse(name);
}
