/* One JSON document: what the records say, how they are found, what is on the suppression list, and the
 * batches. Records that only share an identifier are another person's and are counted, not shown. */
#include "cmd/privacy_access.h"

#include "base/json.h"
#include "base/os.h"
#include "cmd/options.h"
#include "entity/project.h"
#include "store/audit.h"

#define OUTPUT_BYTES_MAX ((size_t)2 << 30)

/* The records of a person on their way into the document. */
struct writing {
    struct records_snapshot *snapshot;
    const struct reach *reach;
    const struct project_plan *plan;
    struct unpacker unpacker;
    const char **served; /* where these stand, one an id */
    size_t served_count;
    struct buf *out;
    bool is_first;
};

/* ---- records ---- */

/* All families, whole. */
static enum err compile(struct privacy_run *run, const struct project_plan **ret)
{
    const struct field_table *table = fields_of(run->entity);
    size_t unknown[FAMILY_COUNT_MAX], unknown_count;
    str paths[FAMILY_COUNT_MAX];
    for (size_t i = 0; i < table->family_count; i++) paths[i] = table->fields[table->families[i]].path;
    return project_compile(run->entity, paths, table->family_count, FAMILIES_ALL, &run->arena, ret, unknown,
                           &unknown_count);
}

static enum err add_record(struct writing *writing, const struct record *found)
{
    struct records_snapshot *snapshot = writing->snapshot;
    struct record record = *found;
    TRY(snapshot->records->ops->unpack(snapshot, RECORD_PART_ALL, &writing->unpacker, &record));
    buf_add(writing->out, writing->is_first ? STR("\n") : STR(",\n"));
    writing->is_first = false;
    project_record(writing->plan, &record, writing->out);
    return buf_check(writing->out);
}

static enum err add_served(void *context, const struct record *record)
{
    struct writing *writing = context;
    if (!reach_has_id(writing->reach, record->id)) return OK;
    writing->served[writing->served_count++] = record->bytes.p;
    return add_record(writing, record);
}

static bool is_served(const struct writing *writing, const struct record *record)
{
    for (size_t i = 0; i < writing->served_count; i++) {
        if (writing->served[i] == record->bytes.p) return true;
    }
    return false;
}

static enum err add_superseded(void *context, const struct record *record)
{
    struct writing *writing = context;
    if (!reach_has_id(writing->reach, record->id) || is_served(writing, record)) return OK;
    return add_record(writing, record);
}

static void begin_list(struct writing *writing, str name)
{
    json_add_key(writing->out, name);
    buf_add_char(writing->out, '[');
    writing->is_first = true;
}

static enum err add_lists(struct writing *writing)
{
    const struct records_ops *ops = writing->snapshot->records->ops;
    begin_list(writing, STR("records"));
    TRY(ops->scan(writing->snapshot, add_served, writing));
    buf_add_char(writing->out, ']');
    begin_list(writing, STR("superseded_versions"));
    TRY(ops->scan_versions(writing->snapshot, add_superseded, writing));
    buf_add_char(writing->out, ']');
    return OK;
}

static enum err add_records(struct privacy_run *run, struct records_snapshot *snapshot,
                            const struct reach *reach, struct buf *out)
{
    struct writing writing = {
        .snapshot = snapshot,
        .reach = reach,
        .served = arena_array(&run->arena, reach->id_count, sizeof *writing.served),
        .out = out,
    };
    if (!writing.served) return err_raise(ERR_NOMEM, "no memory for %zu records", reach->id_count);
    TRY(compile(run, &writing.plan));
    unpacker_init(&writing.unpacker);
    enum err e = add_lists(&writing);
    unpacker_fini(&writing.unpacker);
    return e;
}

/* ---- identifiers and the list ---- */

static void add_identifier(struct buf *out, struct key key, struct arena *arena)
{
    buf_add(out, STR("{\"kind\":"));
    json_add_str(out, privacy_kind_name(key.kind));
    json_add_key(out, STR("identifier"));
    json_add_str(out, key_display(key, arena));
}

static void add_identifiers(struct privacy_run *run, const struct reach *reach, struct buf *out)
{
    json_add_key(out, STR("identifiers"));
    buf_add_char(out, '[');
    for (size_t i = 0; i < reach->key_count; i++) {
        if (i) buf_add_char(out, ',');
        add_identifier(out, reach->keys[i], &run->arena);
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
}

static void add_entry(struct privacy_run *run, struct key key, const struct suppression_entry *entry,
                      struct buf *out)
{
    add_identifier(out, key, &run->arena);
    privacy_add_time(out, STR("since"), entry->created_us);
    json_add_key(out, STR("erased"));
    buf_add(out, entry->is_erasure ? STR("true") : STR("false"));
    json_add_key(out, STR("reason"));
    json_add_str_lossy(out, entry->reason);
    buf_add_char(out, '}');
}

static enum err add_suppressions(struct privacy_run *run, const struct reach *reach, struct buf *out)
{
    const struct suppression_set *set;
    size_t count = 0;
    TRY(suppression_take(run->suppression, &set));
    json_add_key(out, STR("suppressed"));
    buf_add_char(out, '[');
    for (size_t i = 0; i < reach->key_count; i++) {
        const struct suppression_entry *entry = suppression_find(set, run->entity, reach->keys[i]);
        if (!entry) continue;
        if (count++) buf_add_char(out, ',');
        add_entry(run, reach->keys[i], entry, out);
    }
    buf_add_char(out, ']');
    suppression_return(run->suppression, set);
    return OK;
}

/* ---- the document ---- */

struct counts {
    size_t records, batches;
};

static enum err add_reach(struct privacy_run *run, struct records_snapshot *snapshot, struct buf *out,
                          struct counts *counts)
{
    struct reach reach;
    TRY(snapshot->stale);
    TRY(reach_find(snapshot, run->keys, run->key_count, &run->arena, &reach));
    add_identifiers(run, &reach, out);
    TRY(add_suppressions(run, &reach, out));
    json_add_key(out, STR("sharing_records"));
    buf_add_u64(out, reach.sharing_id_count);
    TRY(add_records(run, snapshot, &reach, out));
    counts->records = reach.id_count;
    json_add_key(out, STR("batches"));
    buf_add_char(out, '[');
    TRY(privacy_add_batches(run, &reach, out, &counts->batches));
    buf_add(out, STR("]}\n"));
    return buf_check(out);
}

static enum err make_document(struct privacy_run *run, struct buf *out, struct counts *counts)
{
    struct records_snapshot *snapshot;
    buf_add(out, STR("{\"entity\":"));
    json_add_str(out, entity_name(run->entity));
    privacy_add_time(out, STR("created_at"), os_now_us());
    TRY(records_segments_open(run->options->data, run->entity, &run->store, &run->records));
    TRY(run->records->ops->snapshot(run->records, &snapshot));
    enum err e = add_reach(run, snapshot, out, counts);
    run->records->ops->release(snapshot);
    return e;
}

/* ---- the audit log ---- */

/* The hashes are those of `privacy list`: who knows an identifier can find out whether it was asked for. */
static void add_members(struct privacy_run *run, const struct counts *counts, struct buf *out)
{
    buf_add_format(out, "\"records\":%zu,\"batches\":%zu,\"hashes\":[", counts->records, counts->batches);
    for (size_t i = 0; i < run->key_count; i++) {
        uint8_t hash[SHA256_BYTES];
        suppression_hash(run->suppression, run->entity, run->keys[i], hash);
        buf_add(out, i ? STR(",\"") : STR("\""));
        privacy_add_hex(out, hash, sizeof hash);
        buf_add_char(out, '"');
    }
    buf_add_char(out, ']');
}

static enum err write_audit(struct privacy_run *run, const struct counts *counts)
{
    struct buf members;
    buf_init(&members, AUDIT_LINE_BYTES_MAX);
    add_members(run, counts, &members);
    enum err e = audit_add(run->options->data, run->control, STR("privacy.access"), buf_str(&members), NULL);
    buf_fini(&members);
    return e;
}

static int hand_out(const struct privacy_run *run, const struct buf *document)
{
    const char *output = run->options->output;
    if (!output) return privacy_print(document);
    return privacy_report(os_replace_file(output, buf_str(document)), "write the answer");
}

int privacy_access(struct privacy_run *run)
{
    struct buf document;
    struct counts counts = {0};
    if (run->key_count > ACCESS_IDENTIFIERS_MAX) {
        fprintf(stderr, "enrichd privacy: access takes at most %zu identifiers, all of one person\n",
                ACCESS_IDENTIFIERS_MAX);
        return EXIT_USAGE;
    }
    buf_init(&document, OUTPUT_BYTES_MAX);
    enum err e = make_document(run, &document, &counts);
    if (e == OK) e = write_audit(run, &counts);
    int exit_code = e == OK ? hand_out(run, &document) : privacy_report(e, "answer");
    buf_fini(&document);
    return exit_code;
}
