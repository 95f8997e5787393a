/* The readers: defaults, the file's lines, the environment's variables. See conf_value.c for the values. */
#include "base/conf.h"

#include "base/conf_value.h"
#include "base/nearest.h"
#include "base/os.h"

#define FILE_BYTES_MAX  ((size_t)1 << 20)
#define ARENA_BYTES_MAX ((size_t)8 << 20)
#define LIST_MAX        1024 /* entries, whatever the table says */

static str name_of(const struct conf *conf, size_t index)
{
    return str_of_cstr(conf->items[index].name_cstr);
}

enum err conf_append(struct conf *conf, size_t index, str text, enum conf_origin origin)
{
    const struct conf_item *item = &conf->items[index];
    struct conf_value *value = &conf->values[index];
    int64_t ignored;
    TRY(conf_value_parse(item, text, &ignored));
    if (!value->list) value->list = arena_array(&conf->arena, LIST_MAX, sizeof *value->list);
    if (!value->list) return err_raise(ERR_NOMEM, "no memory for settings");
    if (value->origin != origin) value->number = 0;
    if (value->number == LIST_MAX || value->number == item->max)
        return err_raise(ERR_INVALID, "more than %" PRId64 " entries", value->number);
    value->list[value->number] = arena_copy(&conf->arena, text);
    value->number++;
    value->origin = origin;
    value->text = value->list[0];
    return OK;
}

/* Entries between commas. */
static enum err append_all(struct conf *conf, size_t index, str text, enum conf_origin origin)
{
    str entry;
    while (str_split(&text, ',', &entry)) {
        entry = str_trim(entry);
        if (entry.n) TRY(conf_append(conf, index, entry, origin));
    }
    return OK;
}

static enum err set_list(struct conf *conf, size_t index, str text, enum conf_origin origin)
{
    struct conf_value *value = &conf->values[index];
    value->origin = origin;
    value->number = 0;
    value->text = (str){0};
    TRY(append_all(conf, index, text, origin));
    if (value->number < conf->items[index].min)
        return err_raise(ERR_INVALID, "needs at least %" PRId64 " entries", conf->items[index].min);
    return OK;
}

enum err conf_set(struct conf *conf, size_t index, str text, enum conf_origin origin)
{
    struct conf_value *value = &conf->values[index];
    int64_t number;
    if (conf->items[index].type == CONF_LIST) return set_list(conf, index, text, origin);
    TRY(conf_value_parse(&conf->items[index], text, &number));
    str copy = arena_copy(&conf->arena, text);
    if (!copy.p) return err_raise(ERR_NOMEM, "no memory for settings");
    *value = (struct conf_value){.origin = origin, .text = copy, .number = number};
    return OK;
}

enum err conf_init(struct conf *conf, const struct conf_item *items, size_t count)
{
    *conf = (struct conf){.items = items, .item_count = count};
    arena_init(&conf->arena, ARENA_BYTES_MAX);
    conf->values = arena_array(&conf->arena, count, sizeof *conf->values);
    if (!conf->values) return err_raise(ERR_NOMEM, "no memory for settings");
    for (size_t i = 0; i < count; i++) {
        enum err e = conf_set(conf, i, str_of_cstr(items[i].default_cstr), CONF_DEFAULT);
        must(e == OK || e == ERR_NOMEM);
        TRY(e);
    }
    return OK;
}

void conf_fini(struct conf *conf)
{
    arena_fini(&conf->arena);
    *conf = (struct conf){0};
}

/* Puts words before the sentence that is in err_detail(). */
__attribute__((format(printf, 2, 3))) static enum err in_context(enum err e, const char *format, ...)
{
    char context[200], sentence[300];
    va_list args;
    va_start(args, format);
    vsnprintf(context, sizeof context, format, args);
    va_end(args);
    snprintf(sentence, sizeof sentence, "%s", err_detail());
    return err_raise(e, "%s: %s", context, sentence);
}

/* Where a file is being read. */
struct reader {
    struct conf *conf;
    str file;
    str section; /* without brackets; empty before the first */
    size_t line;
};

static bool is_section(const struct conf *conf, str section)
{
    for (size_t i = 0; i < conf->item_count; i++) {
        str name = name_of(conf, i);
        if (str_eq(str_slice(name, 0, str_find_char(name, '.', 0)), section)) return true;
    }
    return false;
}

static enum err refuse_unknown(const char *what, str given, struct nearest nearest)
{
    if (!nearest.name.n) return err_raise(ERR_INVALID, "unknown %s \"%.*s\"", what, STR_ARG(given));
    return err_raise(ERR_INVALID, "unknown %s \"%.*s\", did you mean \"%.*s\"?", what, STR_ARG(given),
                     STR_ARG(nearest.name));
}

static enum err read_section(struct reader *reader, str line)
{
    if (!str_ends(line, STR("]"))) return err_raise(ERR_INVALID, "a section is written [name]");
    str section = str_trim(str_slice(line, 1, line.n - 1));
    if (is_section(reader->conf, section)) {
        reader->section = section;
        return OK;
    }
    struct nearest nearest = nearest_to(section);
    for (size_t i = 0; i < reader->conf->item_count; i++) {
        str name = name_of(reader->conf, i);
        nearest_offer(&nearest, str_slice(name, 0, str_find_char(name, '.', 0)));
    }
    return refuse_unknown("section", section, nearest);
}

/* Whether name is "section.key". */
static bool is_name(str name, str section, str key)
{
    return name.n == section.n + 1 + key.n && str_starts(name, section) && name.p[section.n] == '.' &&
           str_ends(name, key);
}

static enum err find_key(const struct conf *conf, str section, str key, size_t *ret)
{
    struct nearest nearest = nearest_to(key);
    for (size_t i = 0; i < conf->item_count; i++) {
        str name = name_of(conf, i);
        if (is_name(name, section, key)) {
            *ret = i;
            return OK;
        }
        if (str_starts(name, section) && name.p[section.n] == '.')
            nearest_offer(&nearest, str_from(name, section.n + 1));
    }
    return refuse_unknown("key", key, nearest);
}

static enum err read_assignment(struct reader *reader, str line)
{
    size_t index = 0;
    struct conf *conf = reader->conf;
    size_t equals = str_find_char(line, '=', 0);
    if (equals == SIZE_MAX) return err_raise(ERR_INVALID, "expected \"key = value\" or \"[section]\"");
    if (reader->section.n == 0) return err_raise(ERR_INVALID, "a [section] must come first");
    str text = str_trim(str_from(line, equals + 1));
    TRY(find_key(conf, reader->section, str_trim(str_slice(line, 0, equals)), &index));
    struct conf_value *value = &conf->values[index];
    if (conf->items[index].type == CONF_LIST) {
        TRY(append_all(conf, index, text, CONF_FILE));
    } else if (value->origin == CONF_FILE) {
        return err_raise(ERR_INVALID, "%s was set in line %zu already", conf->items[index].name_cstr,
                         value->line);
    } else {
        enum err e = conf_set(conf, index, text, CONF_FILE);
        if (e != OK) return in_context(e, "%s", conf->items[index].name_cstr);
    }
    conf->values[index].line = reader->line;
    return OK;
}

enum err conf_read_text(struct conf *conf, str file, str text)
{
    struct reader reader = {.conf = conf, .file = file};
    str line;
    while (str_split(&text, '\n', &line)) {
        reader.line++;
        line = str_trim(line);
        if (line.n == 0 || line.p[0] == '#') continue;
        enum err e = line.p[0] == '[' ? read_section(&reader, line) : read_assignment(&reader, line);
        if (e != OK) return in_context(e, "%.*s:%zu", STR_ARG(file), reader.line);
    }
    conf->file = arena_copy(&conf->arena, file);
    return OK;
}

enum err conf_read_file(struct conf *conf, const char *path_cstr)
{
    struct buf text;
    buf_init(&text, FILE_BYTES_MAX);
    enum err e = os_read_file(path_cstr, &text);
    if (e == OK) {
        e = conf_read_text(conf, str_of_cstr(path_cstr), buf_str(&text));
    } else if (e != ERR_NOT_FOUND) {
        e = in_context(e, "%s", path_cstr);
    }
    buf_fini(&text);
    return e;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c == '.' ? '_' : c;
}

/* Whether the first name.n characters of variable are the name in capitals, '.' written '_'. */
static bool is_variable_start(str variable, str name)
{
    if (variable.n < name.n) return false;
    for (size_t i = 0; i < name.n; i++) {
        if (variable.p[i] != upper(name.p[i])) return false;
    }
    return true;
}

/* variable: without the prefix. The index of the setting that it names; item_count if it is of a known
 * section but names none; SIZE_MAX if it is not ours. */
static size_t find_variable(const struct conf *conf, str variable)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < conf->item_count; i++) {
        str name = name_of(conf, i);
        if (name.n == variable.n && is_variable_start(variable, name)) return i;
        str section = str_slice(name, 0, str_find_char(name, '.', 0) + 1);
        if (is_variable_start(variable, section)) found = conf->item_count;
    }
    return found;
}

enum err conf_read_environment(struct conf *conf, str prefix, const char *const *environment)
{
    for (; *environment; environment++) {
        str entry = str_of_cstr(*environment);
        str variable = str_slice(entry, 0, str_find_char(entry, '=', 0));
        if (!str_starts(variable, prefix) || variable.n == entry.n) continue;
        size_t index = find_variable(conf, str_from(variable, prefix.n));
        if (index == SIZE_MAX) continue;
        if (index == conf->item_count)
            return err_raise(ERR_INVALID, "environment: %.*s names no setting", STR_ARG(variable));
        enum err e = conf_set(conf, index, str_from(entry, variable.n + 1), CONF_ENVIRONMENT);
        if (e != OK) return in_context(e, "environment: %.*s", STR_ARG(variable));
    }
    return OK;
}

void conf_add_origin(const struct conf *conf, size_t index, struct buf *out)
{
    switch (conf->values[index].origin) {
    case CONF_DEFAULT:
        buf_add(out, STR("default"));
        return;
    case CONF_FILE:
        buf_add(out, conf->file);
        buf_add_char(out, ':');
        buf_add_u64(out, conf->values[index].line);
        return;
    case CONF_ENVIRONMENT:
        buf_add(out, STR("environment"));
        return;
    case CONF_FLAG:
        buf_add(out, STR("command line"));
        return;
    }
}
