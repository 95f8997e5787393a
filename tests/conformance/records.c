/* The suite. Each test gets an empty store; records_help.h says how records are written. */
#include "conformance/records.h"

#include "base/hash.h"
#include "conformance/records_help.h"
#include "folder.h"
#include "unit.h"

static const struct records_variant *variant;
static char folder[FOLDER_PATH_MAX];
static struct records *records;

static int set_up(void **state)
{
    (void)state;
    records_help_begin();
    records_help_compact(variant->compact);
    folder_make(folder);
    records = variant->open(folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    records->ops->close(records);
    folder_remove(folder);
    records_help_end();
    return 0;
}

static struct records_snapshot *take_snapshot(struct records *from)
{
    struct records_snapshot *snapshot;
    assert_ok(from->ops->snapshot(from, &snapshot));
    assert_ok(snapshot->stale);
    return snapshot;
}

static struct records_stats stats_now(void)
{
    struct records_stats stats;
    struct records_snapshot *snapshot = take_snapshot(records);
    records->ops->stats(snapshot, &stats);
    records->ops->release(snapshot);
    return stats;
}

static enum err count_record(void *context, const struct record *record)
{
    (void)record;
    ++*(size_t *)context;
    return OK;
}

static size_t scanned_now(void)
{
    size_t count = 0;
    struct records_snapshot *snapshot = take_snapshot(records);
    assert_ok(records->ops->scan(snapshot, count_record, &count));
    records->ops->release(snapshot);
    return count;
}

/* -- single operations -- */

static void empty_store_has_nothing(void **state)
{
    (void)state;
    assert_int_equal(0, owner_now(records, "e:a@a.example"));
    assert_int_equal(0, owner_now(records, "id:1"));
    assert_int_equal(0, scanned_now());
    struct records_stats stats = stats_now();
    assert_int_equal(0, stats.record_count);
    assert_int_equal(0, stats.default_bytes_average);
}

static void record_is_found_by_every_key(void **state)
{
    (void)state;
    commit_records(records, "7 e:a@a.example p:ann m:ACoAAann", "8 e:b@a.example", NULL);
    assert_int_equal(7, owner_now(records, "e:a@a.example"));
    assert_int_equal(7, owner_now(records, "p:ann"));
    assert_int_equal(7, owner_now(records, "m:ACoAAann"));
    assert_int_equal(7, owner_now(records, "id:7"));
    assert_int_equal(8, owner_now(records, "e:b@a.example"));
    assert_int_equal(0, owner_now(records, "p:a@a.example")); /* the text of a key of another kind */
    assert_int_equal(0, owner_now(records, "id:9"));
    assert_int_equal(0, owner_now(records, "id:notanumber"));
    assert_int_equal(2, scanned_now());
    assert_int_equal(2, stats_now().record_count);
}

static void many_keys_in_one_call(void **state)
{
    (void)state;
    commit_records(records, "1 e:a@a.example", "2 e:b@a.example p:bob", NULL);
    struct key keys[] = {key_of("p:bob"), key_of("e:none@a.example"), key_of("e:a@a.example"),
                         key_of("p:bob")};
    str found[4];
    struct record record;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct records_snapshot *snapshot = take_snapshot(records);
    assert_ok(records->ops->get(snapshot, keys, 4, &arena, found));
    assert_ok(records->ops->get(snapshot, keys, 0, &arena, NULL));
    assert_null(found[1].p);
    assert_ptr_equal(found[0].p, found[3].p);
    assert_ok(record_check(found[2], &record));
    assert_int_equal(1, record.id);
    records->ops->release(snapshot);
    arena_fini(&arena);
}

static void commit_without_puts_publishes_nothing(void **state)
{
    (void)state;
    commit_records(records, "1 e:a@a.example", NULL);
    uint32_t generation = stats_now().generation;
    commit_records(records, NULL);
    assert_int_equal(generation, stats_now().generation);
    commit_records(records, "2", NULL);
    assert_true(stats_now().generation > generation);
}

static void abort_publishes_nothing(void **state)
{
    (void)state;
    struct records_writer *writer;
    commit_records(records, "1 e:a@a.example", NULL);
    assert_ok(records->ops->write(records, false, &writer));
    put_records(writer, "1 e:new@a.example", "2 e:a@a.example", NULL);
    records->ops->abort(writer);
    assert_int_equal(1, owner_now(records, "e:a@a.example"));
    assert_int_equal(0, owner_now(records, "e:new@a.example"));
    commit_records(records, "2 e:a@a.example", NULL);
    assert_int_equal(2, owner_now(records, "e:a@a.example"));
}

/* -- versions, claims, deletions -- */

static void newest_version_is_read(void **state)
{
    (void)state;
    uint64_t mark;
    commit_records(records, "1 e:a@a.example", "2", NULL);
    commit_records(records, "3", "1 e:new@a.example", NULL);
    uint64_t newest = latest_mark();
    commit_records(records, "4", NULL);
    struct records_snapshot *snapshot = take_snapshot(records);
    assert_int_equal(1, owner_in(snapshot, "e:new@a.example", &mark));
    assert_int_equal(newest, mark);
    assert_int_equal(1, owner_in(snapshot, "e:a@a.example", &mark)); /* an old key leads to the new version */
    assert_int_equal(newest, mark);
    assert_int_equal(1, owner_in(snapshot, "id:1", &mark));
    assert_int_equal(newest, mark);
    records->ops->release(snapshot);
    assert_int_equal(4, scanned_now());
}

static void repeated_id_in_one_commit(void **state)
{
    (void)state;
    uint64_t mark;
    commit_records(records, "1 e:a@a.example p:ann", "2", "1 e:b@a.example p:ann", "1 e:c@a.example", NULL);
    uint64_t newest = latest_mark();
    struct records_snapshot *snapshot = take_snapshot(records);
    const char *keys[] = {"e:a@a.example", "e:b@a.example", "e:c@a.example", "p:ann", "id:1"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        assert_int_equal(1, owner_in(snapshot, keys[i], &mark));
        assert_int_equal(newest, mark);
    }
    records->ops->release(snapshot);
    assert_int_equal(2, scanned_now());
}

static void newest_claim_wins(void **state)
{
    (void)state;
    commit_records(records, "1 e:a@a.example", "2 e:b@a.example", NULL);
    commit_records(records, "2 e:a@a.example", NULL);
    assert_int_equal(2, owner_now(records, "e:a@a.example"));
    assert_int_equal(2, owner_now(records, "e:b@a.example"));
    assert_int_equal(1, owner_now(records, "id:1"));
    commit_records(records, "1 e:a@a.example", NULL);
    assert_int_equal(1, owner_now(records, "e:a@a.example"));
}

static void claims_in_one_commit(void **state)
{
    (void)state;
    commit_records(records, "1 e:a@a.example", "2 e:a@a.example", NULL);
    assert_int_equal(2, owner_now(records, "e:a@a.example"));
    commit_records(records, "1 e:a@a.example", "2 e:a@a.example", "1 e:a@a.example", NULL);
    assert_int_equal(1, owner_now(records, "e:a@a.example"));
}

/* A key that another record has claimed since does not return by way of a newer version without it. */
static void lost_key_stays_lost(void **state)
{
    (void)state;
    commit_records(records, "1 e:a@a.example", "2 e:a@a.example", "1 e:b@a.example", NULL);
    assert_int_equal(2, owner_now(records, "e:a@a.example"));
    commit_records(records, "3 e:c@a.example", NULL);
    commit_records(records, "4 e:c@a.example", NULL);
    commit_records(records, "3", NULL);
    assert_int_equal(4, owner_now(records, "e:c@a.example"));
}

/* Nor does it go back to the one who lost it when the winner's newer version does not repeat the claim. */
static void won_key_stays_won(void **state)
{
    (void)state;
    commit_records(records, "1 e:a@a.example", "2 e:a@a.example", "2 e:b@a.example", NULL);
    assert_int_equal(2, owner_now(records, "e:a@a.example"));
}

static void deleted_record_is_not_found(void **state)
{
    (void)state;
    commit_records(records, "1 e:a@a.example", "2 e:b@a.example", "3 e:c@a.example", "3 -", NULL);
    assert_int_equal(0, owner_now(records, "e:c@a.example"));
    commit_records(records, "1 -", NULL);
    assert_int_equal(0, owner_now(records, "e:a@a.example"));
    assert_int_equal(0, owner_now(records, "id:1"));
    assert_int_equal(2, owner_now(records, "e:b@a.example"));
    assert_int_equal(1, scanned_now());
    commit_records(records, "1 e:again@a.example", NULL);
    assert_int_equal(1, owner_now(records, "e:again@a.example"));
    if (variant->compact != COMPACT_NEVER) return; /* may have forgotten the deletion */
    assert_int_equal(
        1, owner_now(records, "e:a@a.example")); /* still the newest claim, and the record exists again */
}

static void deleted_and_put_again_in_one_commit(void **state)
{
    (void)state;
    uint64_t mark;
    commit_records(records, "1 e:a@a.example", "1 -", "1 e:b@a.example", "1 e:c@a.example", NULL);
    struct records_snapshot *snapshot = take_snapshot(records);
    assert_int_equal(1, owner_in(snapshot, "e:a@a.example", &mark));
    assert_int_equal(latest_mark(), mark);
    assert_int_equal(1, owner_in(snapshot, "e:b@a.example", &mark));
    assert_int_equal(latest_mark(), mark);
    records->ops->release(snapshot);
    assert_int_equal(1, scanned_now());
    commit_records(records, "1 e:d@a.example", "1 -", NULL);
    assert_int_equal(0, owner_now(records, "e:a@a.example"));
    assert_int_equal(0, owner_now(records, "e:d@a.example"));
    assert_int_equal(0, scanned_now());
}

/* A deletion does not bring an older claim on the key back. */
static void deletion_leaves_claims(void **state)
{
    (void)state;
    commit_records(records, "1 e:a@a.example", NULL);
    commit_records(records, "2 e:a@a.example", "2 -", NULL);
    assert_int_equal(0, owner_now(records, "e:a@a.example"));
    commit_records(records, "3 e:a@a.example", NULL);
    assert_int_equal(3, owner_now(records, "e:a@a.example"));
}

/* -- snapshots and writers -- */

static void snapshot_does_not_change(void **state)
{
    (void)state;
    commit_records(records, "1 e:a@a.example", NULL);
    struct records_snapshot *first = take_snapshot(records);
    commit_records(records, "2 e:a@a.example", "1 -", NULL);
    struct records_snapshot *second = take_snapshot(records);
    commit_records(records, "3 e:c@a.example", NULL);
    assert_int_equal(1, owner_in(first, "e:a@a.example", NULL));
    assert_int_equal(0, owner_in(first, "id:2", NULL));
    assert_int_equal(2, owner_in(second, "e:a@a.example", NULL));
    assert_int_equal(0, owner_in(second, "id:1", NULL));
    records->ops->release(first);
    assert_int_equal(0, owner_in(second, "e:c@a.example", NULL));
    records->ops->release(second);
    assert_int_equal(3, owner_now(records, "e:c@a.example"));
}

static void other_process_publishes(void **state)
{
    (void)state;
    struct records *other = variant->open(folder);
    assert_int_equal(0, owner_now(records, "e:a@a.example"));
    commit_records(other, "1 e:a@a.example", NULL);
    assert_int_equal(1, owner_now(records, "e:a@a.example"));
    commit_records(records, "2 e:a@a.example", NULL);
    assert_int_equal(2, owner_now(other, "e:a@a.example"));
    commit_records(other, "3 e:a@a.example", NULL);
    assert_int_equal(3, owner_now(records, "e:a@a.example"));
    other->ops->close(other);
}

static void store_is_there_after_reopening(void **state)
{
    (void)state;
    commit_records(records, "1 e:a@a.example", NULL);
    commit_records(records, "2 e:b@a.example", NULL);
    struct records_stats before = stats_now();
    records->ops->close(records);
    records = variant->open(folder);
    struct records_stats after = stats_now();
    assert_int_equal(before.record_count, after.record_count);
    assert_int_equal(before.stored_bytes, after.stored_bytes);
    assert_int_equal(before.default_bytes_average, after.default_bytes_average);
    assert_int_equal(before.generation, after.generation);
    assert_int_equal(1, owner_now(records, "e:a@a.example"));
    assert_int_equal(2, owner_now(records, "e:b@a.example"));
}

static void one_writer_at_a_time(void **state)
{
    (void)state;
    struct records *other = variant->open(folder);
    struct records_writer *writer, *refused;
    assert_ok(records->ops->write(records, false, &writer));
    assert_err(ERR_BUSY, records->ops->write(records, false, &refused));
    assert_err(ERR_BUSY, other->ops->write(other, false, &refused));
    records->ops->abort(writer);
    assert_ok(other->ops->write(other, true, &writer));
    other->ops->abort(writer);
    other->ops->close(other);
}

static void writer_counts(void **state)
{
    (void)state;
    struct records_writer *writer;
    commit_records(records, "1 e:a@a.example", "2", NULL);
    assert_ok(records->ops->write(records, false, &writer));
    put_records(writer, "1 e:x@a.example p:x", "3", "3 e:y@a.example", "1", NULL);
    assert_int_equal(4, writer->put_count);
    assert_int_equal(2, writer->repeated_count);
    assert_int_equal(1, writer->replaced_count);
    assert_int_equal(3, writer->key_count);
    assert_ok(records->ops->commit(writer, NULL, NULL));
}

/* -- compaction -- */

static void compaction_leaves_only_live_records(void **state)
{
    (void)state;
    struct records_compaction done;
    commit_records(records, "1 e:a@a.example", "2 e:b@a.example", "3 e:c@a.example", NULL);
    commit_records(records, "1 e:new@a.example", "2 -", NULL);
    commit_records(records, "3", "4 e:d@a.example", NULL);
    assert_ok(records->ops->compact(records, COMPACT_ALL, NULL, NULL, &done));
    struct records_stats stats = stats_now();
    assert_int_equal(3, stats.record_count);
    assert_int_equal(3, scanned_now());
    assert_int_equal(1, owner_now(records, "e:a@a.example"));
    assert_int_equal(1, owner_now(records, "e:new@a.example"));
    assert_int_equal(0, owner_now(records, "e:b@a.example"));
    assert_int_equal(0, owner_now(records, "id:2"));
    assert_int_equal(3, owner_now(records, "e:c@a.example"));
    assert_int_equal(4, owner_now(records, "e:d@a.example"));
    assert_ok(records->ops->compact(records, COMPACT_ALL, NULL, NULL, &done));
    assert_int_equal(0, done.merged_segments);
    assert_int_equal(stats.generation, stats_now().generation);
}

static enum err count_version(void *context, const struct record *record)
{
    size_t *count = context;
    assert_false(record->is_tombstone);
    ++*count;
    return OK;
}

static size_t versions_now(void)
{
    struct records_snapshot *snapshot;
    size_t count = 0;
    assert_ok(records->ops->snapshot(records, &snapshot));
    assert_ok(records->ops->scan_versions(snapshot, count_version, &count));
    records->ops->release(snapshot);
    return count;
}

static void versions_that_are_still_stored_are_scanned(void **state)
{
    (void)state;
    struct records_compaction done;
    records_help_compact(COMPACT_NEVER);
    commit_records(records, "1 e:a@a.example", "2 e:b@a.example", NULL);
    commit_records(records, "1 e:new@a.example", "2 -", NULL);
    assert_int_equal(1, scanned_now());
    assert_int_equal(3, versions_now());
    assert_ok(records->ops->compact(records, COMPACT_ALL, NULL, NULL, &done));
    assert_int_equal(1, versions_now());
}

static void compaction_of_nothing(void **state)
{
    (void)state;
    struct records_compaction done = {.merged_segments = 7};
    assert_ok(records->ops->compact(records, COMPACT_ALL, NULL, NULL, &done));
    assert_int_equal(0, done.merged_segments);
    commit_records(records, "1 e:a@a.example", "1 -", NULL);
    assert_ok(records->ops->compact(records, COMPACT_ALL, NULL, NULL, &done));
    assert_int_equal(0, stats_now().record_count);
    commit_records(records, "1 e:b@a.example", NULL);
    assert_int_equal(1, owner_now(records, "e:b@a.example"));
}

static void compaction_leaves_snapshots_alone(void **state)
{
    (void)state;
    struct records_compaction done;
    commit_records(records, "1 e:a@a.example", NULL);
    struct records_snapshot *before = take_snapshot(records);
    commit_records(records, "1 -", "2 e:b@a.example", NULL);
    assert_ok(records->ops->compact(records, COMPACT_ALL, NULL, NULL, &done));
    assert_int_equal(1, owner_in(before, "e:a@a.example", NULL));
    assert_int_equal(0, owner_in(before, "id:2", NULL));
    records->ops->release(before);
}

/* What an import does while a compaction is at work: it is done the first time the compaction asks whether to
 * stop. */
static const char *beside;

static bool import_beside(void *context)
{
    struct records *other = context;
    const char *spec = beside;
    beside = NULL;
    if (spec) commit_records(other, spec, NULL);
    return false;
}

static void assert_compaction_beside(const char *spec)
{
    struct records_compaction done;
    struct records *other = variant->open(folder);
    records_help_compact(COMPACT_NEVER);
    beside = spec;
    assert_ok(records->ops->compact(records, COMPACT_ALL, import_beside, other, &done));
    assert_null(beside);
    assert_true(done.merged_segments > 0);
    other->ops->close(other);
}

static void compaction_loses_no_import(void **state)
{
    (void)state;
    records_help_compact(COMPACT_NEVER);
    commit_records(records, "1 e:a@a.example", "2 e:b@a.example", NULL);
    commit_records(records, "1 e:c@a.example", NULL);
    assert_compaction_beside("3 e:b@a.example");
    assert_int_equal(3, owner_now(records, "e:b@a.example"));
    assert_int_equal(1, owner_now(records, "e:a@a.example"));
    assert_int_equal(2, owner_now(records, "id:2"));
    assert_int_equal(3, scanned_now());
    assert_compaction_beside("2 -");
    assert_int_equal(0, owner_now(records, "id:2"));
    assert_int_equal(2, scanned_now());
}

/* The compaction has left the deletion out when the id comes back: the key led to the new version all the
 * time. */
static void compaction_notices_a_return(void **state)
{
    (void)state;
    records_help_compact(COMPACT_NEVER);
    commit_records(records, "1 e:a@a.example", "2", NULL);
    commit_records(records, "1 -", NULL);
    assert_compaction_beside("1 e:new@a.example");
    assert_int_equal(1, owner_now(records, "e:a@a.example"));
    assert_int_equal(1, owner_now(records, "e:new@a.example"));
}

static bool always(void *unused)
{
    (void)unused;
    return true;
}

static void compaction_stops_when_asked(void **state)
{
    (void)state;
    struct records_compaction done;
    struct records_writer *writer;
    records_help_compact(COMPACT_NEVER);
    commit_records(records, "1 e:a@a.example", NULL);
    commit_records(records, "1 e:b@a.example", NULL);
    uint32_t generation = stats_now().generation;
    assert_err(ERR_CLOSED, records->ops->compact(records, COMPACT_ALL, always, NULL, &done));
    assert_int_equal(generation, stats_now().generation);
    assert_ok(records->ops->write(records, false, &writer));
    put_records(writer, "2", NULL);
    assert_ok(records->ops->commit(writer, NULL, NULL));
    assert_ok(records->ops->compact(records, COMPACT_ALL, NULL, NULL, &done));
    assert_int_equal(2, stats_now().record_count);
    assert_int_equal(1, owner_now(records, "e:a@a.example"));
}

/* -- lost keys -- */

static void note_loss(void *context, struct key key, int64_t loser_id, int64_t winner_id)
{
    struct buf *text = context;
    buf_add_format(text, "%.*s:%" PRId64 ">%" PRId64 " ", STR_ARG(key.text), loser_id, winner_id);
}

static void assert_losses(const char *expected, ...)
{
    struct buf text;
    struct records_writer *writer;
    buf_init(&text, 4096);
    assert_ok(records->ops->write(records, false, &writer));
    va_list specs;
    va_start(specs, expected);
    for (const char *spec; (spec = va_arg(specs, const char *));) put_records(writer, spec, NULL);
    va_end(specs);
    assert_ok(records->ops->commit(writer, note_loss, &text));
    compact_records(records);
    assert_str(str_of_cstr(expected), buf_str(&text));
    buf_fini(&text);
}

static void losers_are_told(void **state)
{
    (void)state;
    assert_losses("", "1 e:a@a.example", "2 e:b@a.example p:bob", NULL);
    assert_losses("", "1 e:a@a.example", "2 p:bob", "3 e:c@a.example",
                  NULL); /* everybody keeps what was theirs */
    assert_losses("a@a.example:1>3 ", "3 e:a@a.example", NULL);
    assert_losses("", "3 e:a@a.example", NULL);
    assert_losses("x@a.example:4>5 ", "4 e:x@a.example", "5 e:x@a.example", NULL);
    assert_losses("b@a.example:2>7 ", "2 e:b@a.example", "7 e:b@a.example", NULL);
    assert_losses("", "7 -", NULL);
    assert_losses("", "8 e:b@a.example", NULL); /* its owner was deleted */
    assert_losses("b@a.example:8>9 ", "9 e:b@a.example", "10 e:b@a.example", "9 e:b@a.example", "10 -", NULL);
}

/* -- many records against a model -- */

#define MODEL_MAX    60000
#define MODEL_ROUNDS 4

static struct {
    uint32_t ids, keys;             /* how many there are to draw from */
    uint32_t key_owner[MODEL_MAX];  /* id, 0 none */
    uint64_t mark[MODEL_MAX + 1];   /* of the newest version; 0 none */
    bool is_retired[MODEL_MAX + 1]; /* ids that are not put again */
    uint64_t seed;
} model;

static uint32_t draw(uint32_t below)
{
    model.seed = hash_u64(model.seed + 0x9e3779b97f4a7c15u);
    return (uint32_t)(model.seed % below);
}

static void put_drawn(struct records_writer *writer)
{
    char spec[128];
    uint32_t id = 1 + draw(model.ids);
    if (model.is_retired[id]) return;
    if (draw(20) == 0) {
        snprintf(spec, sizeof spec, "%" PRIu32 " -", id);
        assert_ok(records->ops->put(writer, stored_of(spec)));
        model.mark[id] = 0;
        return;
    }
    int n = snprintf(spec, sizeof spec, "%" PRIu32, id);
    for (uint32_t i = draw(4); i > 0; i--) {
        uint32_t key = draw(model.keys);
        n += snprintf(spec + n, sizeof spec - (size_t)n, " p:key-%" PRIu32, key);
        model.key_owner[key] = id;
    }
    assert_ok(records->ops->put(writer, stored_of(spec)));
    model.mark[id] = latest_mark();
}

static void assert_answer(struct records_snapshot *snapshot, str found, uint32_t id)
{
    struct record record;
    if (id == 0 || model.mark[id] == 0) {
        assert_null(found.p);
        return;
    }
    assert_non_null(found.p);
    assert_ok(record_check(found, &record));
    assert_int_equal(id, record.id);
    assert_int_equal(model.mark[id], mark_in(snapshot, found));
}

/* Looks keys or ids up, all in one call: the first is "<prefix>0". */
static void compare_with_model(enum key_kind kind, const char *prefix, uint32_t count)
{
    static char texts[MODEL_MAX][16];
    static struct key keys[MODEL_MAX];
    static str found[MODEL_MAX];
    struct arena arena;
    arena_init(&arena, 64 << 20);
    struct records_snapshot *snapshot = take_snapshot(records);
    for (uint32_t i = 0; i < count; i++) {
        int n = snprintf(texts[i], sizeof texts[i], "%s%" PRIu32, prefix, i);
        keys[i] = (struct key){kind, str_of(texts[i], (size_t)n)};
    }
    assert_ok(records->ops->get(snapshot, keys, count, &arena, found));
    for (uint32_t i = 0; i < count; i++)
        assert_answer(snapshot, found[i], kind == KEY_ID ? i : model.key_owner[i]);
    records->ops->release(snapshot);
    arena_fini(&arena);
}

static size_t live_in_model(void)
{
    size_t live = 0;
    for (uint32_t id = 1; id <= model.ids; id++) live += model.mark[id] != 0;
    return live;
}

/* Whether a key of a deleted record would lead to it again depends on whether a compaction has forgotten it.
 */
static void retire_dead(void)
{
    for (uint32_t id = 1; id <= model.ids; id++) model.is_retired[id] = model.mark[id] == 0;
}

static void compare_all(void)
{
    compare_with_model(KEY_PROFILE, "key-", model.keys);
    compare_with_model(KEY_ID, "", model.ids);
    assert_int_equal(live_in_model(), scanned_now());
}

static void random_history(void **state)
{
    (void)state;
    memset(&model, 0, sizeof model);
    model.ids = variant->history_puts * 2 / 5;
    model.keys = variant->history_puts * 3 / 5;
    assert_true(model.keys <= MODEL_MAX);
    for (int round = 0; round < MODEL_ROUNDS; round++) {
        struct records_writer *writer;
        assert_ok(records->ops->write(records, false, &writer));
        for (uint32_t i = 0; i < variant->history_puts / MODEL_ROUNDS; i++) put_drawn(writer);
        assert_ok(records->ops->commit(writer, NULL, NULL));
        compare_all();
        if (variant->compact == COMPACT_NEVER) continue;
        compact_records(records);
        compare_all();
        retire_dead();
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int records_conformance(const char *name_cstr, const struct records_variant *tested)
{
    const struct CMUnitTest tests[] = {
        TEST(empty_store_has_nothing),
        TEST(record_is_found_by_every_key),
        TEST(many_keys_in_one_call),
        TEST(commit_without_puts_publishes_nothing),
        TEST(abort_publishes_nothing),
        TEST(newest_version_is_read),
        TEST(repeated_id_in_one_commit),
        TEST(newest_claim_wins),
        TEST(claims_in_one_commit),
        TEST(lost_key_stays_lost),
        TEST(won_key_stays_won),
        TEST(deleted_record_is_not_found),
        TEST(deleted_and_put_again_in_one_commit),
        TEST(deletion_leaves_claims),
        TEST(snapshot_does_not_change),
        TEST(other_process_publishes),
        TEST(store_is_there_after_reopening),
        TEST(one_writer_at_a_time),
        TEST(writer_counts),
        TEST(compaction_leaves_only_live_records),
        TEST(versions_that_are_still_stored_are_scanned),
        TEST(compaction_of_nothing),
        TEST(compaction_leaves_snapshots_alone),
        TEST(compaction_loses_no_import),
        TEST(compaction_notices_a_return),
        TEST(compaction_stops_when_asked),
        TEST(losers_are_told),
        TEST(random_history),
    };
    variant = tested;
    return cmocka_run_group_tests_name(name_cstr, tests, NULL, NULL);
}
