/* Record stores: what the manifest says, segment by segment. */
#include "base/os.h"
#include "folder/check_state.h"
#include "store/manifest.h"
#include "store/segment_check.h"

#define ADVICE_IMPORT "restore the folder from a backup, or empty this one and import again"

/* How often a store that other programs publish to meanwhile is begun anew. */
#define ROUNDS_MAX 10

struct store_check {
    struct check *check;
    enum entity entity;
    char name_cstr[64]; /* "records/person" */
    char folder_cstr[CHECK_PATH_MAX];
    char manifest_cstr[CHECK_PATH_MAX];
    struct os_file manifest_file; /* open, to notice its replacement; none without a manifest */
    struct manifest manifest;
};

/* ---- segments ---- */

static void count_record(void *context)
{
    struct check *check = context;
    check->counts.record_count++;
    if (check->counts.record_count % 1024 == 0) check_progress(check);
}

static enum err report_part(const struct store_check *store, uint32_t number, const char *kind, enum err e)
{
    char where[128];
    snprintf(where, sizeof where, "%s/segment-%08" PRIu32 "%s", store->name_cstr, number, kind);
    return check_error(store->check, e, where, ADVICE_IMPORT);
}

static enum err check_open_segment(const struct store_check *store, const struct manifest_segment *line,
                                   const struct segment *segment)
{
    struct check *check = store->check;
    if (memcmp(&segment->counts, &line->counts, sizeof line->counts) != 0)
        TRY(report_part(store, line->number, "", err_raise(ERR_CORRUPT, "differs from the manifest")));
    enum err index = segment_check_index(segment);
    TRY(report_part(store, line->number, ".index", index));
    enum err data = segment_check_data(segment, count_record, check);
    TRY(report_part(store, line->number, ".data", data));
    if (!check->settings->is_deep || index != OK || data != OK) return OK;
    return report_part(store, line->number, ".index", segment_check_keys(segment, store->manifest.secret));
}

static enum err check_segment(const struct store_check *store, const struct manifest_segment *line)
{
    struct segment *segment;
    TRY(segment_open(store->folder_cstr, store->entity, line->number, store->manifest.secret, &segment));
    enum err e = check_open_segment(store, line, segment);
    segment_close(segment);
    return e;
}

/* ERR_BUSY: the manifest was replaced meanwhile and a segment is gone. */
static enum err check_segments(const struct store_check *store)
{
    for (size_t i = 0; i < store->manifest.segment_count; i++) {
        bool is_same;
        const struct manifest_segment *line = &store->manifest.segments[i];
        enum err e = check_segment(store, line);
        if (e == ERR_NOT_FOUND) {
            TRY(os_is_same_file(store->manifest_file, store->manifest_cstr, &is_same));
            if (!is_same) return ERR_BUSY;
            e = err_raise(ERR_CORRUPT, "a file of it is missing");
        }
        TRY(report_part(store, line->number, "", e));
    }
    return OK;
}

/* ---- the folder ---- */

static bool is_of_manifest(const struct manifest *manifest, str name)
{
    uint64_t number;
    str digits = str_slice(name, sizeof "segment-" - 1, str_find_char(name, '.', 0));
    if (str_to_u64(digits, UINT32_MAX, &number) != OK) return false;
    for (size_t i = 0; i < manifest->segment_count; i++) {
        if (manifest->segments[i].number == number) return true;
    }
    return false;
}

static enum err check_name(void *context, const char *name_cstr)
{
    const struct store_check *store = context;
    char where[CHECK_PATH_MAX];
    str name = str_of_cstr(name_cstr);
    bool is_segment = str_starts(name, STR("segment-"));
    snprintf(where, sizeof where, "%s/%s", store->name_cstr, name_cstr);
    if (str_eq(name, STR(MANIFEST_NAME)) || str_eq(name, STR("writer.lock")) ||
        str_eq(name, STR("compact.lock")))
        return OK;
    if (is_segment && is_of_manifest(&store->manifest, name)) return OK;
    if (is_segment || str_eq(name, STR(MANIFEST_NAME ".tmp"))) {
        check_warn(store->check, where, "the next import or compaction removes it",
                   "of an import or a compaction that is under way or was broken off: nothing refers to it");
    } else {
        check_warn(store->check, where, "remove it if nobody else needs it", "not a file of enrichd's");
    }
    return OK;
}

static enum err open_manifest(struct store_check *store)
{
    enum err e = os_open_read(store->manifest_cstr, &store->manifest_file);
    if (e == ERR_NOT_FOUND) return OK; /* nothing was published yet */
    TRY(e);
    return manifest_read(store->manifest_file, store->entity, &store->manifest);
}

static enum err check_once(struct store_check *store)
{
    enum err e = open_manifest(store);
    if (e == OK) e = check_segments(store);
    if (e == OK) e = os_list_dir(store->folder_cstr, check_name, store);
    manifest_fini(&store->manifest);
    os_close(&store->manifest_file);
    return e;
}

static enum err check_store(struct check *check, enum entity entity)
{
    struct store_check store = {.check = check, .entity = entity, .manifest_file = OS_FILE_NONE};
    struct os_stat found;
    char manifest_name[128];
    snprintf(store.name_cstr, sizeof store.name_cstr, "records/%s", entity_name(entity).p);
    snprintf(manifest_name, sizeof manifest_name, "%s/" MANIFEST_NAME, store.name_cstr);
    TRY(check_path(check, store.name_cstr, store.folder_cstr));
    TRY(check_path(check, manifest_name, store.manifest_cstr));
    enum err e = os_stat(store.folder_cstr, &found);
    if (e == ERR_NOT_FOUND) return OK;
    struct check_counts before = check->counts;
    for (int round = 0; e == OK || e == ERR_BUSY; round++) {
        check->counts.record_count = before.record_count;
        e = check_once(&store);
        if (e != ERR_BUSY || round == ROUNDS_MAX) break;
    }
    return check_error(check, e, manifest_name, ADVICE_IMPORT);
}

/* ---- all stores ---- */

static enum err check_entry(void *context, const char *name_cstr)
{
    enum entity entity;
    char where[CHECK_PATH_MAX];
    if (entity_of_name(str_of_cstr(name_cstr), &entity) == OK) return check_store(context, entity);
    snprintf(where, sizeof where, "records/%s", name_cstr);
    check_warn(context, where, "remove it if nobody else needs it", "not a file of enrichd's");
    return OK;
}

enum err check_records(struct check *check)
{
    char path[CHECK_PATH_MAX];
    TRY(check_path(check, "records", path));
    enum err e = os_list_dir(path, check_entry, check);
    return e == ERR_NOT_FOUND ? OK : check_error(check, e, "records", "make it readable");
}
