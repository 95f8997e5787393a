/*
 * options.c - one table of options, one parser. Contract in options.h.
 */
#include "options.h"

#include "person.h"

enum value_type { VALUE_NUMBER, VALUE_SHARE, VALUE_WORD };

struct rule {
    const char *name_cstr;
    enum value_type type;
    unsigned commands; /* bit 1 << enum command */
    size_t offset;     /* of the member in struct options */
    uint64_t min, max;
    const char *words_cstr; /* VALUE_WORD: allowed values, between single blanks; for messages as well */
};

enum {
    FOR_RECORDS = 1 << COMMAND_RECORDS,
    FOR_IDENTIFIERS = 1 << COMMAND_IDENTIFIERS,
    FOR_BOTH = FOR_RECORDS | FOR_IDENTIFIERS,
};

#define AT(member) offsetof(struct options, member)

static const struct rule rules[] = {
    {"--entity", VALUE_WORD, FOR_BOTH, AT(entity_cstr), 0, 0, "person company"},
    {"--seed", VALUE_NUMBER, FOR_BOTH, AT(seed), 0, UINT64_MAX, NULL},
    {"--count", VALUE_NUMBER, FOR_BOTH, AT(count), 0, PERSON_POPULATION_MAX, NULL},
    {"--first", VALUE_NUMBER, FOR_RECORDS, AT(first), 0, PERSON_POPULATION_MAX, NULL},
    {"--take", VALUE_NUMBER, FOR_IDENTIFIERS, AT(take), 1, PERSON_POPULATION_MAX, NULL},
    {"--list-seed", VALUE_NUMBER, FOR_IDENTIFIERS, AT(list_seed), 0, UINT64_MAX, NULL},
    {"--kind", VALUE_WORD, FOR_IDENTIFIERS, AT(kind_cstr), 0, 0, "url email domain name id"},
    {"--hits", VALUE_SHARE, FOR_IDENTIFIERS, AT(shares.hits), 0, SHARE_ALL, NULL},
    {"--spellings", VALUE_SHARE, FOR_IDENTIFIERS, AT(shares.spellings), 0, SHARE_ALL, NULL},
    {"--duplicates", VALUE_SHARE, FOR_IDENTIFIERS, AT(shares.duplicates), 0, SHARE_ALL - 1, NULL},
    {"--invalid", VALUE_SHARE, FOR_IDENTIFIERS, AT(shares.invalid), 0, SHARE_ALL, NULL},
};

static const char *const command_names[] = {
    [COMMAND_HELP] = "help",
    [COMMAND_RECORDS] = "records",
    [COMMAND_IDENTIFIERS] = "identifiers",
};

static void complain_about_name(const char *name_cstr, enum command command)
{
    fprintf(stderr, "people: '%s' is no option of 'people %s'; allowed are", name_cstr,
            command_names[command]);
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (rules[i].commands & 1u << command) fprintf(stderr, " %s", rules[i].name_cstr);
    fprintf(stderr, " --help\n");
}

static void complain_about_value(const struct rule *rule, const char *value_cstr)
{
    fprintf(stderr, "people: %s: '%s' is not allowed; ", rule->name_cstr, value_cstr);
    switch (rule->type) {
    case VALUE_NUMBER:
        fprintf(stderr, "a whole number from %llu to %llu is\n", (unsigned long long)rule->min,
                (unsigned long long)rule->max);
        break;
    case VALUE_SHARE:
        fprintf(stderr, "a percentage from 0 to %s, with up to two decimals, is\n",
                rule->max == SHARE_ALL ? "100" : "99.99");
        break;
    case VALUE_WORD:
        fprintf(stderr, "one of these words is: %s\n", rule->words_cstr);
    }
}

/* Appends a decimal digit to *number; false if it is none or the number does not fit. */
static bool take_digit(uint64_t *number, char digit)
{
    return digit >= '0' && digit <= '9' && !__builtin_mul_overflow(*number, (uint64_t)10, number) &&
           !__builtin_add_overflow(*number, (uint64_t)(digit - '0'), number);
}

static bool read_number(const char *text_cstr, uint64_t *ret_number)
{
    uint64_t number = 0;
    if (*text_cstr == '\0') return false;
    for (; *text_cstr != '\0'; text_cstr++)
        if (!take_digit(&number, *text_cstr)) return false;
    *ret_number = number;
    return true;
}

/* "12.5" to 1250: digits, then at most two after a point. */
static bool read_share(const char *text_cstr, uint64_t *ret_share)
{
    uint64_t share = 0;
    unsigned decimals = 0;
    size_t digits = strspn(text_cstr, "0123456789");
    const char *p = text_cstr;
    for (; digits > 0 && p < text_cstr + digits; p++)
        if (!take_digit(&share, *p)) return false;
    if (digits > 0 && *p == '.')
        for (p++; *p != '\0'; p++, decimals++)
            if (decimals == 2 || !take_digit(&share, *p)) return false;
    for (; decimals < 2; decimals++)
        if (!take_digit(&share, '0')) return false;
    *ret_share = share;
    return digits > 0 && *p == '\0';
}

static bool is_among(const char *words_cstr, const char *word_cstr)
{
    size_t n = strlen(word_cstr);
    for (const char *p = words_cstr; *p != '\0'; p += strspn(p, " ")) {
        size_t length = strcspn(p, " ");
        if (length == n && memcmp(p, word_cstr, n) == 0) return true;
        p += length;
    }
    return false;
}

static bool set_value(struct options *options, const struct rule *rule, const char *value_cstr)
{
    char *member = (char *)options + rule->offset;
    uint64_t number = 0;
    bool is_read = false;
    switch (rule->type) {
    case VALUE_WORD:
        if (is_among(rule->words_cstr, value_cstr)) {
            memcpy(member, &value_cstr, sizeof value_cstr);
            return true;
        }
        break;
    case VALUE_NUMBER:
        is_read = read_number(value_cstr, &number);
        break;
    case VALUE_SHARE:
        is_read = read_share(value_cstr, &number);
        break;
    }
    if (!is_read || number < rule->min || number > rule->max) {
        complain_about_value(rule, value_cstr);
        return false;
    }
    memcpy(member, &number, sizeof number);
    return true;
}

/* The rule for argument `arg`, which is "--name" or "--name=value"; *ret_value is NULL or the value. */
static const struct rule *find_rule(enum command command, const char *arg_cstr, const char **ret_value)
{
    size_t n = strcspn(arg_cstr, "=");
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        const char *name = rules[i].name_cstr;
        if (!(rules[i].commands & 1u << command) || strlen(name) != n || memcmp(name, arg_cstr, n) != 0)
            continue;
        *ret_value = arg_cstr[n] == '=' ? arg_cstr + n + 1 : NULL;
        return &rules[i];
    }
    complain_about_name(arg_cstr, command);
    return NULL;
}

static bool read_all(int argc, char **argv, struct options *options)
{
    for (int i = 0; i < argc; i++) {
        const char *value = NULL;
        if (strcmp(argv[i], "--help") == 0) {
            options->command = COMMAND_HELP;
            return true;
        }
        const struct rule *rule = find_rule(options->command, argv[i], &value);
        if (rule == NULL) return false;
        if (value == NULL && i + 1 < argc) value = argv[++i];
        if (value == NULL) {
            fprintf(stderr, "people: %s: a value must follow\n", rule->name_cstr);
            return false;
        }
        if (!set_value(options, rule, value)) return false;
    }
    return true;
}

static bool check_together(const struct options *options)
{
    if (options->first > PERSON_POPULATION_MAX - options->count) {
        fprintf(stderr, "people: --first and --count: together at most %llu is allowed\n",
                (unsigned long long)PERSON_POPULATION_MAX);
        return false;
    }
    if (options->command == COMMAND_IDENTIFIERS && options->count == 0) {
        fprintf(stderr, "people: --count: '0' is not allowed; a population has at least 1\n");
        return false;
    }
    if (options->shares.duplicates + options->shares.invalid > SHARE_ALL) {
        fprintf(stderr, "people: --duplicates and --invalid: together at most 100 is allowed\n");
        return false;
    }
    return true;
}

static bool find_command(const char *word_cstr, enum command *ret_command)
{
    for (unsigned i = 0; i < COUNT_OF(command_names); i++) {
        if (strcmp(word_cstr, command_names[i]) != 0) continue;
        *ret_command = (enum command)i;
        return true;
    }
    if (strcmp(word_cstr, "--help") == 0) {
        *ret_command = COMMAND_HELP;
        return true;
    }
    fprintf(stderr, "people: '%s' is no command; allowed are records, identifiers, --help\n", word_cstr);
    return false;
}

bool options_read(int argc, char **argv, struct options *ret_options)
{
    struct options options = {
        .command = COMMAND_HELP,
        .entity_cstr = "person",
        .seed = 1,
        .count = 1000,
        .take = 100,
        .list_seed = 1,
        .shares = {.hits = 80 * SHARE_ALL / 100},
    };
    if (argc < 2) {
        fprintf(stderr, "people: a command is missing; allowed are records, identifiers, --help\n");
        return false;
    }
    if (!find_command(argv[1], &options.command)) return false;
    if (options.command != COMMAND_HELP && !read_all(argc - 2, argv + 2, &options)) return false;
    if (!check_together(&options)) return false;
    *ret_options = options;
    return true;
}
