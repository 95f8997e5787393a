/* One record at a time, out of short texts. */
#include "conformance/records_help.h"

#include "unit.h"

static struct arena arena;
static struct buf stored;
static uint64_t mark;
static enum records_help_compact compact_mode;

void records_help_begin(void)
{
    arena_init(&arena, 16 << 20);
    buf_init(&stored, RECORD_BYTES_MAX);
    compact_mode = COMPACT_NEVER;
}

void records_help_compact(enum records_help_compact mode)
{
    compact_mode = mode;
}

void compact_records(struct records *records)
{
    struct records_compaction done;
    enum records_compact what = compact_mode == COMPACT_ALL_EACH_TIME ? COMPACT_ALL : COMPACT_DUE;
    if (compact_mode != COMPACT_NEVER) assert_ok(records->ops->compact(records, what, NULL, NULL, &done));
}

void records_help_end(void)
{
    arena_fini(&arena);
    buf_fini(&stored);
}

struct key key_of(const char *key_cstr)
{
    str text = str_of_cstr(key_cstr);
    if (str_starts(text, STR("id:"))) return (struct key){KEY_ID, str_from(text, 3)};
    assert_true(text.n > 2 && text.p[1] == ':');
    enum key_kind kind = text.p[0] == 'e' ? KEY_EMAIL : text.p[0] == 'p' ? KEY_PROFILE : KEY_MEMBER;
    return (struct key){kind, str_from(text, 2)};
}

static void add_key(struct record_source *source, str word)
{
    bool is_inherited = word.p[0] == '~';
    str text = arena_copy(&arena, str_from(word, is_inherited));
    source->keys[source->key_count++] = (struct record_key){key_of(text.p), is_inherited};
}

str stored_of(const char *spec_cstr)
{
    str rest = str_of_cstr(spec_cstr), word;
    uint64_t id;
    arena_reset(&arena);
    buf_clear(&stored);
    mark++;
    assert_true(str_split(&rest, ' ', &word));
    assert_ok(str_to_u64(word, INT64_MAX, &id));
    if (str_eq(rest, STR("-"))) {
        assert_ok(record_encode_tombstone((int64_t)id, &stored));
        return buf_str(&stored);
    }
    struct buf value;
    buf_init(&value, 256);
    buf_add_format(&value, "{\"headline\":\"%" PRIu64 "\",\"text\":\"long enough to be packed\"}", mark);
    struct record_source source = {.id = (int64_t)id, .family_count = 2};
    source.families[0] =
        (struct record_family){family_find(fields_of(ENTITY_PERSON), STR("basic_profile"))->family,
                               arena_copy(&arena, buf_str(&value))};
    source.families[1] = (struct record_family){family_find(fields_of(ENTITY_PERSON), STR("skills"))->family,
                                                source.families[0].value};
    source.keys = arena_array(&arena, rest.n + 1, sizeof *source.keys);
    while (str_split(&rest, ' ', &word)) add_key(&source, word);
    assert_ok(record_encode(ENTITY_PERSON, &source, &stored));
    buf_fini(&value);
    return buf_str(&stored);
}

uint64_t latest_mark(void)
{
    return mark;
}

/* The number behind the first "headline" of a text. */
static uint64_t read_mark(str text)
{
    uint64_t found;
    size_t at = str_find(text, STR("headline"));
    assert_true(at != SIZE_MAX);
    str digits = str_from(text, at + sizeof "headline\":\"" - 1);
    assert_ok(str_to_u64(str_slice(digits, 0, str_find_char(digits, '"', 0)), UINT64_MAX, &found));
    return found;
}

uint64_t mark_in(struct records_snapshot *snapshot, str bytes)
{
    struct record record;
    struct unpacker unpacker;
    unpacker_init(&unpacker);
    assert_ok(record_check(bytes, &record));
    if (snapshot) assert_ok(snapshot->records->ops->unpack(snapshot, RECORD_PART_ALL, &unpacker, &record));
    assert_ok(record_check_sections(&record));
    uint64_t found = read_mark(record.default_run);
    assert_int_equal(found, read_mark(str_from(record.all_run, record.default_bytes)));
    unpacker_fini(&unpacker);
    return found;
}

static void put_all(struct records_writer *writer, va_list specs)
{
    const char *spec;
    while ((spec = va_arg(specs, const char *)))
        assert_ok(writer->records->ops->put(writer, stored_of(spec)));
}

void put_records(struct records_writer *writer, ...)
{
    va_list specs;
    va_start(specs, writer);
    put_all(writer, specs);
    va_end(specs);
}

void commit_records(struct records *records, ...)
{
    struct records_writer *writer;
    va_list specs;
    assert_ok(records->ops->write(records, true, &writer));
    va_start(specs, records);
    put_all(writer, specs);
    va_end(specs);
    assert_ok(records->ops->commit(writer, NULL, NULL));
    compact_records(records);
}

int64_t owner_in(struct records_snapshot *snapshot, const char *key_cstr, uint64_t *ret_mark)
{
    struct key key = key_of(key_cstr);
    struct record record;
    str found;
    assert_ok(snapshot->records->ops->get(snapshot, &key, 1, &arena, &found));
    if (!found.p) return 0;
    assert_ok(record_check(found, &record));
    assert_false(record.is_tombstone);
    if (ret_mark) *ret_mark = mark_in(snapshot, found);
    return record.id;
}

int64_t owner_now(struct records *records, const char *key_cstr)
{
    struct records_snapshot *snapshot;
    assert_ok(records->ops->snapshot(records, &snapshot));
    assert_ok(snapshot->stale);
    int64_t id = owner_in(snapshot, key_cstr, NULL);
    records->ops->release(snapshot);
    return id;
}
