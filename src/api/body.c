/* Checks of types and sizes, each with its sentence. */
#include "api/body.h"

#include "api/error.h"
#include "base/json.h"

static const char *type_name(yyjson_val *value)
{
    switch (yyjson_get_type(value)) {
    case YYJSON_TYPE_NULL:
        return "null";
    case YYJSON_TYPE_BOOL:
        return "true or false";
    case YYJSON_TYPE_STR:
        return "a string";
    case YYJSON_TYPE_ARR:
        return "an array";
    case YYJSON_TYPE_OBJ:
        return "an object";
    default:
        return "a number";
    }
}

static str list_of(struct api_call *call, const str *words, size_t count)
{
    struct buf list;
    buf_init(&list, 4096);
    for (size_t i = 0; i < count; i++) {
        if (i) buf_add(&list, STR(", "));
        buf_add(&list, words[i]);
    }
    str copy = arena_copy(&call->arena, buf_str(&list));
    buf_fini(&list);
    return copy;
}

static size_t index_of(const str *keys, size_t key_count, str key)
{
    size_t i = 0;
    while (i < key_count && !str_eq(keys[i], key)) i++;
    return i;
}

/* Values that a body may hold: a few times what the largest valid one needs, so that a list which is a little
 * too long gets the message that counts it. */
static size_t value_max(const struct api_call *call)
{
    return 10000 + 4 * (size_t)call->api->limits.batch_identifiers_max;
}

bool body_read(struct api_call *call, const str *keys, size_t key_count, yyjson_val **ret_values)
{
    yyjson_val *object;
    enum err e = json_check_size(call->request.body, value_max(call));
    if (e == OK) e = json_parse(&call->arena, call->request.body, &object);
    if (e == ERR_LIMIT) {
        api_refuse(call, API_INVALID_REQUEST,
                   "The body holds %s; at most %" PRIu32 " identifiers are allowed", err_detail(),
                   call->api->limits.batch_identifiers_max);
        return false;
    }
    if (e == ERR_NOMEM) {
        api_fail(call, e, "parsing a body");
        return false;
    }
    if (e != OK || !yyjson_is_obj(object)) {
        api_refuse(call, API_INVALID_REQUEST, "The body must be one JSON object: %s",
                   e != OK ? err_detail() : type_name(object));
        return false;
    }
    for (size_t i = 0; i < key_count; i++) ret_values[i] = NULL;
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    for (yyjson_val *key; (key = yyjson_obj_iter_next(&iter));) {
        size_t i = index_of(keys, key_count, json_str(key));
        if (i == key_count) {
            str allowed = list_of(call, keys, key_count);
            api_refuse(call, API_INVALID_REQUEST, "Unknown key '%.*s'. Allowed: %.*s",
                       API_QUOTED(json_str(key)), STR_ARG(allowed));
            return false;
        }
        ret_values[i] = yyjson_obj_iter_get_val(key);
    }
    return true;
}

/* ---- lists ---- */

struct list {
    struct api_call *call;
    str key;
    size_t max;
    str *items;
    size_t count;
};

static bool too_many(struct list *list, size_t have)
{
    api_refuse(list->call, API_INVALID_REQUEST, "%.*s has %zu items; at most %zu are allowed",
               STR_ARG(list->key), have, list->max);
    return false;
}

static bool make_room(struct list *list, size_t count)
{
    list->items = arena_array(&list->call->arena, count, sizeof *list->items);
    if (!list->items)
        api_fail(list->call, err_raise(ERR_NOMEM, "no memory for %zu items", count), "reading a list");
    return list->items != NULL;
}

/* Steps to the next item that is not empty. */
static bool next_item(str *rest, str *ret)
{
    while (str_split(rest, ',', ret)) {
        *ret = str_trim(*ret);
        if (ret->n) return true;
    }
    return false;
}

static bool read_text(struct list *list, str text)
{
    size_t count = 0;
    str rest = text, item;
    while (next_item(&rest, &item)) count++;
    if (count > list->max) return too_many(list, count);
    if (!make_room(list, count)) return false;
    for (rest = text; next_item(&rest, &item);) list->items[list->count++] = item;
    return true;
}

static bool is_integer(yyjson_val *value)
{
    uint64_t ignored;
    return yyjson_is_raw(value) && str_to_u64(json_str(value), UINT64_MAX, &ignored) == OK;
}

static bool read_array(struct list *list, yyjson_val *array, bool takes_numbers)
{
    size_t count = yyjson_arr_size(array);
    if (count > list->max) return too_many(list, count);
    if (!make_room(list, count)) return false;
    yyjson_arr_iter iter = yyjson_arr_iter_with(array);
    for (yyjson_val *item; (item = yyjson_arr_iter_next(&iter)); list->count++) {
        if (!yyjson_is_str(item) && !(takes_numbers && is_integer(item))) {
            api_refuse(list->call, API_INVALID_REQUEST, "%.*s[%zu] must be a string%s, not %s",
                       STR_ARG(list->key), list->count, takes_numbers ? " or a whole number" : "",
                       type_name(item));
            return false;
        }
        list->items[list->count] = json_str(item);
    }
    return true;
}

static bool read_list(struct api_call *call, str key, yyjson_val *value, size_t max, bool takes_numbers,
                      str **ret, size_t *ret_count)
{
    struct list list = {.call = call, .key = key, .max = max};
    if (!yyjson_is_arr(value) && !yyjson_is_str(value)) {
        api_refuse(call, API_INVALID_REQUEST,
                   "%.*s must be an array of strings or one string with commas between items, not %s",
                   STR_ARG(key), type_name(value));
        return false;
    }
    if (!(yyjson_is_arr(value) ? read_array(&list, value, takes_numbers) : read_text(&list, json_str(value))))
        return false;
    *ret = list.items;
    *ret_count = list.count;
    return true;
}

bool body_strings(struct api_call *call, str key, yyjson_val *value, size_t max, str **ret, size_t *ret_count)
{
    return read_list(call, key, value, max, false, ret, ret_count);
}

bool body_strings_or_numbers(struct api_call *call, str key, yyjson_val *value, size_t max, str **ret,
                             size_t *ret_count)
{
    return read_list(call, key, value, max, true, ret, ret_count);
}

/* ---- single values ---- */

bool body_integer(struct api_call *call, str key, yyjson_val *value, uint32_t min, uint32_t max,
                  uint32_t *ret)
{
    uint64_t number;
    if (yyjson_is_raw(value) && str_to_u64(json_str(value), max, &number) == OK && number >= min) {
        *ret = (uint32_t)number;
        return true;
    }
    str have = yyjson_is_raw(value) ? json_str(value) : str_of_cstr(type_name(value));
    api_refuse(call, API_INVALID_REQUEST,
               "%.*s must be a whole number from %" PRIu32 " to %" PRIu32 ", not %.*s", STR_ARG(key), min,
               max, API_QUOTED(have));
    return false;
}

bool body_string(struct api_call *call, str key, yyjson_val *value, str *ret)
{
    if (!yyjson_is_str(value)) {
        api_refuse(call, API_INVALID_REQUEST, "%.*s must be a string, not %s", STR_ARG(key),
                   type_name(value));
        return false;
    }
    *ret = json_str(value);
    return true;
}
