/* Numbers with units, words out of a list, and their limits. */
#include "base/conf_value.h"

struct unit {
    str name;
    int64_t factor;
};

static const struct unit byte_units[] = {
    {STR_INIT("B"), 1},         {STR_INIT("KiB"), 1 << 10}, {STR_INIT("MiB"), 1 << 20},
    {STR_INIT("GiB"), 1 << 30}, {STR_INIT("K"), 1 << 10},   {STR_INIT("M"), 1 << 20},
    {STR_INIT("G"), 1 << 30},   {STR_INIT(""), 1},
};

static const struct unit time_units[] = {
    {STR_INIT("ms"), 1000},
    {STR_INIT("s"), 1000000},
    {STR_INIT("m"), 60 * (int64_t)1000000},
    {STR_INIT("h"), 3600 * (int64_t)1000000},
    {STR_INIT("d"), 86400 * (int64_t)1000000},
};

/* The number in front of the unit, times the unit's factor; false if it is none or too large. */
static bool read_with_unit(str text, const struct unit *units, size_t count, int64_t *ret)
{
    size_t digits = 0;
    uint64_t number;
    while (digits < text.n && char_is_digit(text.p[digits])) digits++;
    if (str_to_u64(str_slice(text, 0, digits), INT64_MAX, &number) != OK) return false;
    str unit = str_trim(str_from(text, digits));
    for (size_t i = 0; i < count; i++) {
        if (!str_eq(unit, units[i].name)) continue;
        return !__builtin_mul_overflow((int64_t)number, units[i].factor, ret);
    }
    return false;
}

/* The text of a limit in the largest unit that divides it. */
static void add_limit(struct buf *out, enum conf_type type, int64_t limit)
{
    const struct unit *units = type == CONF_BYTES ? byte_units : time_units;
    size_t count = type == CONF_BYTES ? 4 : sizeof time_units / sizeof *time_units;
    bool has_unit = (type == CONF_BYTES || type == CONF_DURATION) && limit > 0;
    while (has_unit && count > 1 && limit % units[count - 1].factor) count--;
    buf_add_i64(out, has_unit ? limit / units[count - 1].factor : limit);
    if (has_unit) buf_add(out, units[count - 1].name);
}

static enum err refuse_range(const struct conf_item *item, str text)
{
    struct buf range;
    buf_init(&range, 128);
    add_limit(&range, item->type, item->min);
    buf_add(&range, STR(" to "));
    add_limit(&range, item->type, item->max);
    enum err e = err_raise(ERR_INVALID, "\"%.*s\" is out of range: allowed is %.*s", STR_ARG(text),
                           STR_ARG(buf_str(&range)));
    buf_fini(&range);
    return e;
}

static enum err parse_choice(const struct conf_item *item, str text, int64_t *ret)
{
    str rest = str_of_cstr(item->choices_cstr), choice;
    for (int64_t i = 0; str_split(&rest, '|', &choice); i++) {
        if (!str_eq(choice, text)) continue;
        *ret = i;
        return OK;
    }
    return err_raise(ERR_INVALID, "\"%.*s\" is none of %s", STR_ARG(text), item->choices_cstr);
}

static enum err parse_number(const struct conf_item *item, str text, int64_t *ret)
{
    uint64_t number = 0;
    switch (item->type) {
    case CONF_BYTES:
        if (!read_with_unit(text, byte_units, sizeof byte_units / sizeof *byte_units, ret))
            return err_raise(ERR_INVALID, "\"%.*s\" is not a size such as 64MiB", STR_ARG(text));
        return OK;
    case CONF_DURATION:
        *ret = 0;
        if (str_eq(text, STR("0"))) return OK;
        if (!read_with_unit(text, time_units, sizeof time_units / sizeof *time_units, ret))
            return err_raise(ERR_INVALID, "\"%.*s\" is not a duration such as 30s or 5d", STR_ARG(text));
        return OK;
    default:
        if (str_to_u64(text, INT64_MAX, &number) != OK)
            return err_raise(ERR_INVALID, "\"%.*s\" is not a whole number", STR_ARG(text));
        *ret = (int64_t)number;
        return OK;
    }
}

enum err conf_value_parse(const struct conf_item *item, str text, int64_t *ret)
{
    if (str_find_char(text, '\0', 0) != SIZE_MAX) return err_raise(ERR_INVALID, "holds a NUL character");
    if (item->type == CONF_CHOICE) return parse_choice(item, text, ret);
    int64_t value = (int64_t)text.n;
    bool is_text = item->type == CONF_TEXT || item->type == CONF_LIST;
    if (!is_text) TRY(parse_number(item, text, &value));
    if (item->type != CONF_LIST && (value < item->min || value > item->max)) {
        return is_text ? err_raise(ERR_INVALID, "must have %" PRId64 " to %" PRId64 " bytes", item->min,
                                   item->max)
                       : refuse_range(item, text);
    }
    *ret = is_text ? 0 : value;
    return OK;
}
