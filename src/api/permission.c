/* Scopes by name, families as sets. */
#include "api/permission.h"

#include "api/error.h"
#include "api/route.h"
#include "base/json.h"
#include "entity/fields.h"

#define DENIED_BYTES_MAX ((size_t)1 << 20)

bool permission_of_route(struct api_call *call)
{
    enum scope scope = call->route->scope;
    char metadata[80];
    if (scope == SCOPE_PUBLIC || scope_is_in(scope, call->key.scopes)) return true;
    int n = snprintf(metadata, sizeof metadata, "{\"missing_scope\":\"%.*s\"}", STR_ARG(scope_name(scope)));
    must(n > 0 && (size_t)n < sizeof metadata);
    api_refuse_with(call, API_PERMISSION, str_of(metadata, (size_t)n),
                    "The key lacks the scope %.*s, which this route needs; it has %.*s",
                    STR_ARG(scope_name(scope)), API_QUOTED(call->key.scopes));
    return false;
}

/* ---- fields ---- */

struct denied {
    struct buf names;    /* for the message */
    struct buf metadata; /* {"denied_fields":[... */
    size_t count;
};

static void denied_init(struct denied *denied)
{
    *denied = (struct denied){0};
    buf_init(&denied->names, DENIED_BYTES_MAX);
    buf_init(&denied->metadata, DENIED_BYTES_MAX);
    buf_add(&denied->metadata, STR("{\"denied_fields\":["));
}

static void denied_add(struct denied *denied, str path)
{
    if (denied->count++) {
        buf_add(&denied->names, STR(", "));
        buf_add_char(&denied->metadata, ',');
    }
    buf_add(&denied->names, path);
    json_add_str(&denied->metadata, path);
}

/* Refuses the call if anything was added. */
static bool denied_end(struct denied *denied, struct api_call *call)
{
    buf_add(&denied->metadata, STR("]}"));
    if (denied->metadata.is_failed || denied->names.is_failed) {
        api_fail(call, ERR_NOMEM, "listing denied fields");
    } else if (denied->count) {
        api_refuse_with(call, API_PERMISSION, buf_str(&denied->metadata), "Access denied to fields: %.*s",
                        STR_ARG(buf_str(&denied->names)));
    }
    buf_fini(&denied->names);
    buf_fini(&denied->metadata);
    return !api_call_is_answered(call);
}

bool permission_of_fields(struct api_call *call, enum entity entity, const str *paths, size_t count)
{
    const struct field_table *table = fields_of(entity);
    uint64_t allowed = family_set(table, call->key.families);
    struct denied denied;
    if (allowed == FAMILIES_ALL) return true;
    denied_init(&denied);
    for (size_t i = 0; i < count; i++) {
        if (!((allowed >> field_find(table, paths[i])->family) & 1)) denied_add(&denied, paths[i]);
    }
    return denied_end(&denied, call);
}

/* ---- batches ---- */

/* The families of which the lines of a batch have something. */
static uint64_t families_in(const struct batch *batch)
{
    const struct field_table *table = fields_of(batch->entity);
    uint64_t set = table->default_families;
    str rest = batch->fields, path;
    while (str_split(&rest, ',', &path)) {
        const struct field *field = field_find(table, path);
        if (field) set |= (uint64_t)1 << field->family;
    }
    return set & family_set(table, batch->families);
}

bool permission_of_batch(struct api_call *call, const struct batch *batch)
{
    const struct field_table *table = fields_of(batch->entity);
    uint64_t over = families_in(batch) & ~family_set(table, call->key.families);
    struct denied denied;
    if (!over) return true;
    denied_init(&denied);
    for (size_t i = 0; i < table->family_count; i++) {
        if ((over >> i) & 1) denied_add(&denied, table->fields[table->families[i]].path);
    }
    return denied_end(&denied, call);
}
