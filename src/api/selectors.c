/* The table of identifier keys, and the two readers. */
#include "api/selectors.h"

#include "api/body.h"
#include "api/error.h"
#include "api/permission.h"
#include "base/json.h"
#include "entity/project.h"

static const struct selector of_person[] = {
    {STR_INIT("professional_network_profile_urls"), IDENTIFIER_PROFILE_URL,
     STR_INIT("professional_network_profile_url"), false},
    {STR_INIT("business_emails"), IDENTIFIER_BUSINESS_EMAIL, STR_INIT("business_email"), false},
};

static const struct selector of_company[] = {
    {STR_INIT("domains"), IDENTIFIER_DOMAIN, STR_INIT("domain"), false},
    {STR_INIT("names"), IDENTIFIER_NAME, STR_INIT("name"), false},
    {STR_INIT("professional_network_profile_urls"), IDENTIFIER_COMPANY_URL,
     STR_INIT("professional_network_profile_url"), false},
    {STR_INIT("crustdata_company_ids"), IDENTIFIER_COMPANY_ID, STR_INIT("crustdata_company_id"), true},
};

struct selector_set selectors_of(enum entity entity)
{
    if (entity == ENTITY_PERSON)
        return (struct selector_set){of_person, sizeof of_person / sizeof *of_person};
    return (struct selector_set){of_company, sizeof of_company / sizeof *of_company};
}

/* "a, b or c" */
static str names_of(struct api_call *call, struct selector_set set)
{
    struct buf names;
    buf_init(&names, 1024);
    for (size_t i = 0; i < set.count; i++) {
        if (i) buf_add(&names, i + 1 == set.count ? STR(" or ") : STR(", "));
        buf_add(&names, set.selectors[i].key);
    }
    str copy = arena_copy(&call->arena, buf_str(&names));
    buf_fini(&names);
    return copy;
}

/* Index of the only key that is there; refuses none and several. */
static bool find_only(struct api_call *call, struct selector_set set, yyjson_val *const *values, size_t *ret)
{
    size_t found = 0;
    for (size_t i = 0; i < set.count; i++) {
        if (!values[i]) continue;
        *ret = i;
        found++;
    }
    if (found == 1) return true;
    str names = names_of(call, set);
    if (found == 0) {
        api_refuse(call, API_INVALID_REQUEST, "Missing identifiers: exactly one of %.*s is required",
                   STR_ARG(names));
    } else {
        api_refuse(call, API_INVALID_REQUEST, "Too many kinds of identifiers: only one of %.*s is allowed",
                   STR_ARG(names));
    }
    return false;
}

bool selectors_read(struct api_call *call, enum entity entity, yyjson_val *const *values, size_t max,
                    const struct selector **ret, str **ret_items, size_t *ret_count)
{
    struct selector_set set = selectors_of(entity);
    size_t i;
    if (!find_only(call, set, values, &i)) return false;
    const struct selector *selector = &set.selectors[i];
    bool is_read = selector->takes_numbers
                       ? body_strings_or_numbers(call, selector->key, values[i], max, ret_items, ret_count)
                       : body_strings(call, selector->key, values[i], max, ret_items, ret_count);
    if (!is_read) return false;
    if (*ret_count == 0) {
        api_refuse(call, API_INVALID_REQUEST, "%.*s must not be empty: 1 to %zu items are allowed",
                   STR_ARG(selector->key), max);
        return false;
    }
    *ret = selector;
    return true;
}

static void add_available(struct buf *out, const struct field_table *table)
{
    buf_add_char(out, '[');
    for (size_t i = 0, n = 0; i < table->count; i++) {
        if (!table->fields[i].types) continue;
        if (n++) buf_add_char(out, ',');
        json_add_str(out, table->fields[i].path);
    }
    buf_add_char(out, ']');
}

static void refuse_fields(struct api_call *call, enum entity entity, const str *paths, const size_t *unknown,
                          size_t count)
{
    struct buf metadata, names;
    buf_init(&metadata, 1 << 20);
    buf_init(&names, 512);
    buf_add(&metadata, STR("{\"invalid_fields\":["));
    for (size_t i = 0; i < count; i++) {
        if (i) buf_add_char(&metadata, ',');
        json_add_str(&metadata, paths[unknown[i]]);
        buf_add_format(&names, "%s%.*s", i ? ", " : "", API_QUOTED(paths[unknown[i]]));
    }
    buf_add(&metadata, STR("],\"available_fields\":"));
    add_available(&metadata, fields_of(entity));
    buf_add_char(&metadata, '}');
    if (metadata.is_failed) {
        api_refuse(call, API_INVALID_REQUEST, "fields has unknown names, too long to be listed");
    } else {
        api_refuse_with(call, API_INVALID_REQUEST, buf_str(&metadata),
                        "Unknown fields: %.*s. metadata[0].available_fields lists what is allowed",
                        API_QUOTED(buf_str(&names)));
    }
    buf_fini(&names);
    buf_fini(&metadata);
}

static str join(struct api_call *call, const str *items, size_t count)
{
    struct buf joined;
    buf_init(&joined, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        if (i) buf_add_char(&joined, ',');
        buf_add(&joined, items[i]);
    }
    str copy = arena_copy(&call->arena, buf_str(&joined));
    buf_fini(&joined);
    return copy;
}

bool fields_read(struct api_call *call, enum entity entity, yyjson_val *value, str *ret_fields,
                 const struct project_plan **ret_plan)
{
    str *paths = NULL;
    size_t count = 0, unknown_count = 0;
    size_t unknown[SELECTOR_FIELDS_MAX];
    uint32_t max = call->api->limits.fields_max;
    if (value && !body_strings(call, STR("fields"), value, max, &paths, &count)) return false;
    uint64_t families = family_set(fields_of(entity), call->key.families);
    enum err e =
        project_compile(entity, paths, count, families, &call->arena, ret_plan, unknown, &unknown_count);
    if (e == ERR_INVALID) {
        refuse_fields(call, entity, paths, unknown, unknown_count);
        return false;
    }
    if (e == OK && !permission_of_fields(call, entity, paths, count)) return false;
    if (e == OK) *ret_fields = join(call, paths, count);
    if (e == OK && call->arena.is_exhausted) e = ERR_NOMEM;
    if (e != OK) api_fail(call, e, "compiling fields");
    return e == OK;
}
