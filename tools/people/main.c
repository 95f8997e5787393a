/*
 * main.c - people: invents people and companies for tests and benchmarks.
 *
 * `people records` writes their records, one JSON object a line; `people identifiers` writes lists of what
 * a client might ask for. Nobody here exists: domains are reserved ones, phone numbers fictional ones, and
 * every profile address ends in a code that the real network does not give out.
 *
 * Reading order: person.h (who is person i), person_record.c (the record), company.h, identifiers.h (a
 * list's lines), rng.h and permute.h (why nothing needs to be remembered), out.h (where bytes go).
 */
#include "company_record.h"
#include "options.h"
#include "person_record.h"

#include <signal.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, FLUSH_BYTES = 256 * 1024 };

static const char help_text[] =
    "usage: people records     [--entity person|company] [--seed N] [--count N] [--first N]\n"
    "       people identifiers [--entity person|company] [--seed N] [--count N] [--take N]\n"
    "                          [--kind url|email|domain|name|id] [--hits PCT] [--spellings PCT]\n"
    "                          [--duplicates PCT] [--invalid PCT] [--list-seed N]\n"
    "\n"
    "records writes invented people or companies to standard output, one JSON object a line.\n"
    "  --seed N        the world (1). The same seed gives the same bytes on every machine.\n"
    "  --count N       how many (1000)\n"
    "  --first N       the index of the first (0). Record i depends on the seed and i alone, so ranges\n"
    "                  may be made in parallel or appended later.\n"
    "  The first N people work for companies below N/8 + 16: make so many with --entity company.\n"
    "\n"
    "identifiers writes a list of identifiers, one a line, in random order.\n"
    "  --count N       the size of the population asked about (1000), of that --seed\n"
    "  --take N        how many lines (100)\n"
    "  --kind WORD     person: url (default), email; company: domain (default), name, url, id\n"
    "  --duplicates P  share of all lines that repeat an earlier line, byte for byte (0)\n"
    "  --invalid P     share of all lines that can be no identifier of the kind (0)\n"
    "  --hits P        share of the other lines that exist in the population (80); the rest are\n"
    "                  well-formed and in no population of any size. No subject is asked for twice.\n"
    "  --spellings P   share of the hits in another accepted spelling than the record's (0)\n"
    "  --list-seed N   another choice and order out of the same population (1)\n"
    "  Shares are percentages with up to two decimals, exact down to whole lines. Lines may hold quotes,\n"
    "  commas, and blanks at either end.\n"
    "\n"
    "exit codes: 0 done, 1 the output could not be written, 2 the command line is wrong\n"
    "\n"
    "examples:\n"
    "  people records --count 1000000 > people.jsonl\n"
    "  people identifiers --count 1000000 --take 10000 --hits 90 --spellings 30 --duplicates 1\n";

/* Writes out what has gathered. False: the reason is on standard error. */
static bool flush(struct out *o)
{
    int error = out_drain(o, STDOUT_FILENO);
    if (error == 0) return true;
    fprintf(stderr, "people: standard output: %s\n", strerror(error));
    return false;
}

static bool write_records(struct out *o, const struct options *options)
{
    bool is_company = strcmp(options->entity_cstr, "company") == 0;
    for (uint64_t i = 0; i < options->count; i++) {
        if (is_company)
            company_record_put(o, options->seed, options->first + i);
        else
            person_record_put(o, options->seed, options->first + i);
        if (o->n >= FLUSH_BYTES && !flush(o)) return false;
    }
    return flush(o);
}

static bool write_lines(struct out *o, const struct identifier_list *list)
{
    for (uint64_t k = 0; k < list->lines; k++) {
        identifier_list_put(o, list, k);
        out_char(o, '\n');
        if (o->n >= FLUSH_BYTES && !flush(o)) return false;
    }
    return flush(o);
}

static const struct identifier_kind *find_kind(const struct options *options)
{
    for (uint32_t i = 0; i < identifier_kinds_count; i++) {
        const struct identifier_kind *kind = &identifier_kinds[i];
        if (strcmp(kind->entity_cstr, options->entity_cstr) != 0) continue;
        if (options->kind_cstr == NULL || strcmp(kind->name_cstr, options->kind_cstr) == 0) return kind;
    }
    fprintf(stderr, "people: --kind: '%s' is not allowed with --entity %s; allowed are", options->kind_cstr,
            options->entity_cstr);
    for (uint32_t i = 0; i < identifier_kinds_count; i++)
        if (strcmp(identifier_kinds[i].entity_cstr, options->entity_cstr) == 0)
            fprintf(stderr, " %s", identifier_kinds[i].name_cstr);
    fprintf(stderr, "\n");
    return NULL;
}

static bool is_possible(const struct identifier_list *list)
{
    uint64_t available = list->kind->count(list->seed, list->population);
    if (list->spelled > 0 && list->kind->put_spelled == NULL)
        fprintf(stderr, "people: --spellings: only 0 is allowed with --kind %s\n", list->kind->name_cstr);
    else if (list->invalid > 0 && list->kind->put_invalid == NULL)
        fprintf(stderr, "people: --invalid: only 0 is allowed with --kind %s\n", list->kind->name_cstr);
    else if (list->hits > available)
        fprintf(stderr,
                "people: --take and --hits: %llu hits of the %llu that --count %llu gives; at most as many "
                "are allowed\n",
                (unsigned long long)list->hits, (unsigned long long)available,
                (unsigned long long)list->population);
    else
        return true;
    return false;
}

static int run_identifiers(struct out *o, const struct options *options)
{
    struct identifier_list list = {
        .kind = find_kind(options),
        .seed = options->seed,
        .population = options->count,
        .list_seed = options->list_seed,
        .lines = options->take,
    };
    if (list.kind == NULL) return EXIT_USAGE;
    identifier_list_plan(&list, &options->shares);
    if (!is_possible(&list)) return EXIT_USAGE;
    return write_lines(o, &list) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run_help(struct out *o)
{
    out_lit(o, help_text);
    return flush(o) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static char bytes[FLUSH_BYTES + RECORD_BYTES_MAX];
    struct out o = {bytes, 0, sizeof bytes};
    struct options options;
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a write error like any other */
    if (!options_read(argc, argv, &options)) return EXIT_USAGE;
    switch (options.command) {
    case COMMAND_RECORDS:
        return write_records(&o, &options) ? EXIT_SUCCESS : EXIT_FAILURE;
    case COMMAND_IDENTIFIERS:
        return run_identifiers(&o, &options);
    case COMMAND_HELP:
        break;
    }
    return run_help(&o);
}
