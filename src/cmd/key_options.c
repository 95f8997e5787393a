/* Times by base/conf and base/time; names against the tables, with the nearest one for a misspelt one. */
#include "cmd/key_options.h"

#include "api/scope.h"
#include "base/conf.h"
#include "base/nearest.h"
#include "base/time.h"
#include "entity/fields.h"

#define DAY_US         (INT64_C(24) * 3600 * 1000000)
#define RECORDS_MAX    (UINT64_C(1) << 50)
#define LIST_BYTES_MAX ((size_t)4096)

/* ---- times ---- */

enum err key_option_span(const char *text_cstr, int64_t *ret_us)
{
    static const struct conf_item item = {"span", CONF_DURATION, "0", 0, INT64_MAX / 2, .help_cstr = ""};
    struct conf conf;
    enum err e = conf_init(&conf, &item, 1);
    if (e == OK) e = conf_set(&conf, 0, str_of_cstr(text_cstr), CONF_FLAG);
    if (e == OK) *ret_us = conf_number(&conf, 0);
    conf_fini(&conf);
    return e;
}

enum err key_option_time(const char *text_cstr, int64_t now_us, int64_t *ret_us)
{
    int64_t day, span_us, us = 0;
    str text = str_of_cstr(text_cstr);
    if (str_eq(text, STR("never"))) {
        *ret_us = 0;
        return OK;
    }
    if (time_parse_date(text, &day) == OK) {
        us = day * DAY_US;
    } else {
        TRY(key_option_span(text_cstr, &span_us));
        us = now_us + span_us;
    }
    if (us <= now_us) return err_raise(ERR_INVALID, "must be a time to come");
    *ret_us = us;
    return OK;
}

enum err key_option_records(const char *text_cstr, uint64_t *ret)
{
    uint64_t number;
    if (str_eq(str_of_cstr(text_cstr), STR("none"))) {
        *ret = 0;
        return OK;
    }
    if (str_to_u64(str_of_cstr(text_cstr), RECORDS_MAX, &number) != OK || number == 0)
        return err_raise(ERR_INVALID, "must be a number of records from 1 to %" PRIu64 ", or none",
                         RECORDS_MAX);
    *ret = number;
    return OK;
}

/* ---- names ---- */

/* Offers every known name to the search, and says whether one of them is the given. */
typedef bool known_names(str given, struct nearest *nearest);

static bool known_scope(str given, struct nearest *nearest)
{
    bool is_known = false;
    for (int i = SCOPE_PUBLIC + 1; i < SCOPE_COUNT; i++) {
        nearest_offer(nearest, scope_name((enum scope)i));
        is_known |= str_eq(given, scope_name((enum scope)i));
    }
    return is_known;
}

static bool known_family(str given, struct nearest *nearest)
{
    bool is_known = false;
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        const struct field_table *table = fields_of((enum entity)entity);
        for (size_t i = 0; i < table->family_count; i++)
            nearest_offer(nearest, table->fields[table->families[i]].path);
        is_known |= family_find(table, given) != NULL;
    }
    return is_known;
}

static bool has_name(str list, str name)
{
    str one;
    while (str_split(&list, ',', &one)) {
        if (str_eq(one, name)) return true;
    }
    return false;
}

static enum err add_names(str rest, const char *what_cstr, known_names *known, struct buf *out)
{
    str name;
    while (str_split(&rest, ',', &name)) {
        name = str_trim(name);
        if (!name.n || has_name(buf_str(out), name)) continue;
        struct nearest nearest = nearest_to(name);
        if (!known(name, &nearest)) {
            return err_raise(ERR_INVALID, "there is no %s '%.*s'%s%.*s%s", what_cstr, STR_ARG(name),
                             nearest.name.n ? "; did you mean " : "", STR_ARG(nearest.name),
                             nearest.name.n ? "?" : "");
        }
        if (out->n) buf_add_char(out, ',');
        buf_add(out, name);
    }
    if (!out->n) return err_raise(ERR_INVALID, "no %s is named", what_cstr);
    return buf_check(out);
}

static enum err read_names(const char *text_cstr, const char *what_cstr, known_names *known,
                           struct arena *arena, str *ret)
{
    str text = str_of_cstr(text_cstr);
    struct buf names;
    if (str_eq(text, STR("all"))) {
        *ret = STR("");
        return OK;
    }
    buf_init(&names, LIST_BYTES_MAX);
    enum err e = add_names(text, what_cstr, known, &names);
    str copy = arena_copy(arena, buf_str(&names));
    buf_fini(&names);
    TRY(e);
    if (!copy.p) return err_raise(ERR_NOMEM, "no memory for a list");
    *ret = copy;
    return OK;
}

enum err key_option_scopes(const char *text_cstr, struct arena *arena, str *ret)
{
    return read_names(text_cstr, "scope", known_scope, arena, ret);
}

enum err key_option_families(const char *text_cstr, struct arena *arena, str *ret)
{
    return read_names(text_cstr, "family of fields", known_family, arena, ret);
}
