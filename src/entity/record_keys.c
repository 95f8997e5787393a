/* Collects identifiers from a parsed record. */
#include "entity/record_keys.h"

#include "base/json.h"

struct collector {
    struct arena *arena;
    struct record_key *keys; /* room for `room` */
    size_t count, room;
};

static enum err make_room(struct collector *collector)
{
    if (collector->count < collector->room) return OK;
    if (collector->count == RECORD_KEYS_MAX) {
        return err_raise(ERR_LIMIT, "a record may have at most %zu identifiers", RECORD_KEYS_MAX);
    }
    size_t room = collector->room ? collector->room * 2 : 16;
    struct record_key *keys = arena_array(collector->arena, room, sizeof *keys);
    if (!keys) return err_raise(ERR_NOMEM, "no memory for a record's identifiers");
    if (collector->count) memcpy(keys, collector->keys, collector->count * sizeof *keys);
    collector->keys = keys;
    collector->room = room;
    return OK;
}

static enum err add_text(struct collector *collector, enum identifier_kind kind, str text)
{
    struct key key;
    enum err e = identifier_key(kind, text, collector->arena, &key);
    if (e == ERR_INVALID) return OK;
    TRY(e);
    for (size_t i = 0; i < collector->count; i++) {
        if (key_eq(collector->keys[i].key, key)) return OK;
    }
    TRY(make_room(collector));
    collector->keys[collector->count++] = (struct record_key){.key = key};
    return OK;
}

/* Adds a string; other values hold no identifier. */
static enum err add_value(struct collector *collector, enum identifier_kind kind, yyjson_val *value)
{
    return yyjson_is_str(value) ? add_text(collector, kind, json_str(value)) : OK;
}

/* Adds the strings of an array, or the member `name` of the objects in it. */
static enum err add_list(struct collector *collector, enum identifier_kind kind, yyjson_val *list,
                         const char *name)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(list);
    for (yyjson_val *item; (item = yyjson_arr_iter_next(&iter));) {
        if (yyjson_is_obj(item)) item = yyjson_obj_get(item, name);
        TRY(add_value(collector, kind, item));
    }
    return OK;
}

static enum err collect_person(struct collector *collector, yyjson_val *record)
{
    yyjson_val *handles =
        yyjson_obj_get(yyjson_obj_get(record, "social_handles"), "professional_network_identifier");
    TRY(add_value(collector, IDENTIFIER_PROFILE_URL, yyjson_obj_get(handles, "profile_url")));
    yyjson_obj_iter iter = yyjson_obj_iter_with(handles);
    for (yyjson_val *key; (key = yyjson_obj_iter_next(&iter));) {
        TRY(add_list(collector, IDENTIFIER_PROFILE_URL, yyjson_obj_iter_get_val(key), "profile_url"));
    }
    yyjson_val *emails = yyjson_obj_get(yyjson_obj_get(record, "contact"), "business_emails");
    return add_list(collector, IDENTIFIER_BUSINESS_EMAIL, emails, "email");
}

/* The network's number for a company stands where a slug may stand. */
static enum err add_company_number(struct collector *collector, yyjson_val *value)
{
    if (!yyjson_is_str(value) && !yyjson_is_raw(value)) return OK;
    str number = json_str(value);
    uint64_t ignored;
    return str_to_u64(number, UINT64_MAX, &ignored) == OK
               ? add_text(collector, IDENTIFIER_COMPANY_URL, number)
               : OK;
}

static enum err collect_company(struct collector *collector, yyjson_val *record)
{
    yyjson_val *info = yyjson_obj_get(record, "basic_info");
    TRY(add_value(collector, IDENTIFIER_DOMAIN, yyjson_obj_get(info, "primary_domain")));
    TRY(add_list(collector, IDENTIFIER_DOMAIN, yyjson_obj_get(info, "all_domains"), "domain"));
    /* A website may be a page on somebody else's domain, so it counts only when nothing better is known. */
    if (collector->count == 0) TRY(add_value(collector, IDENTIFIER_DOMAIN, yyjson_obj_get(info, "website")));
    TRY(add_value(collector, IDENTIFIER_NAME, yyjson_obj_get(info, "name")));
    TRY(add_value(collector, IDENTIFIER_COMPANY_URL, yyjson_obj_get(info, "professional_network_url")));
    return add_company_number(collector, yyjson_obj_get(info, "professional_network_id"));
}

enum err record_keys_collect(enum entity entity, yyjson_val *record, struct arena *arena,
                             struct record_key **ret, size_t *ret_count)
{
    struct collector collector = {.arena = arena};
    TRY(entity == ENTITY_PERSON ? collect_person(&collector, record) : collect_company(&collector, record));
    *ret = collector.keys;
    *ret_count = collector.count;
    return OK;
}
