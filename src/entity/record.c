/* Encoding and opening stored records. project.c reads them. */
#include "entity/record.h"

#include "base/crc.h"
#include "entity/selection.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "stored integers are copied as they are");

#define RECORD_VERSION 1
#define FLAG_TOMBSTONE 1u

struct record_head {
    uint32_t total_bytes; /* all of the record, a multiple of 8 */
    uint32_t crc;         /* of everything behind this field */
    int64_t id;
    uint16_t version;
    uint16_t flags;
    uint16_t section_count;
    uint16_t key_count;
    uint32_t keys_bytes;
    uint32_t default_bytes; /* of the default run */
    uint32_t all_bytes;     /* of the run without the whole forms */
    uint32_t text_bytes;
};
_Static_assert(sizeof(struct record_head) == 40, "the head has no padding");

#define CRC_FROM ((size_t)8) /* bytes behind total_bytes and crc */

#define SECTION_WHOLE   1u
#define SECTION_DEFAULT 2u

struct stored_section {
    uint8_t family;
    uint8_t flags;
    uint16_t unused;
    uint32_t offset; /* of the member in the text */
    uint32_t bytes;
};
_Static_assert(sizeof(struct stored_section) == 12, "a section has no padding");

#define KEY_INHERITED 0x80u

/* -- encoding -- */

struct encoder {
    const struct field_table *table;
    const struct record_source *source;
    struct stored_section sections[RECORD_SECTIONS_MAX];
    uint16_t section_count;
    uint64_t split; /* default families whose whole form differs from the default form */
    struct buf text;
};

static void begin_section(struct encoder *encoder, uint8_t family, unsigned flags)
{
    if (encoder->text.n) buf_add_char(&encoder->text, ',');
    encoder->sections[encoder->section_count] = (struct stored_section){
        .family = family, .flags = (uint8_t)flags, .offset = (uint32_t)encoder->text.n};
}

static void end_section(struct encoder *encoder)
{
    struct stored_section *section = &encoder->sections[encoder->section_count++];
    section->bytes = (uint32_t)encoder->text.n - section->offset;
}

static void add_member(struct buf *text, str name, str value)
{
    buf_add_char(text, '"');
    buf_add(text, name);
    buf_add(text, STR("\":"));
    buf_add(text, value);
}

static const struct field *family_of(const struct encoder *encoder, uint8_t family)
{
    return &encoder->table->fields[encoder->table->families[family]];
}

static void add_id_section(struct encoder *encoder, enum entity entity)
{
    const struct field *family = family_find(encoder->table, entity_id_field(entity));
    begin_section(encoder, family->family, SECTION_WHOLE | SECTION_DEFAULT);
    add_member(&encoder->text, family->name, STR(""));
    buf_add_i64(&encoder->text, encoder->source->id);
    end_section(encoder);
}

/* A default family is stored in its default form; if that lacks something, its whole form follows at the end.
 */
static void add_default_section(struct encoder *encoder, const struct record_family *family,
                                enum entity entity)
{
    const struct field *field = family_of(encoder, family->family);
    size_t whole_bytes = field->name.n + 3 + family->value.n;
    begin_section(encoder, family->family, SECTION_DEFAULT);
    selection_copy_family(selection_default(entity), field, family->value, &encoder->text);
    end_section(encoder);
    struct stored_section *section = &encoder->sections[encoder->section_count - 1];
    if (section->bytes == whole_bytes) {
        section->flags |= SECTION_WHOLE;
    } else {
        encoder->split |= (uint64_t)1 << family->family;
    }
}

static void add_whole_section(struct encoder *encoder, const struct record_family *family)
{
    begin_section(encoder, family->family, SECTION_WHOLE);
    add_member(&encoder->text, family_of(encoder, family->family)->name, family->value);
    end_section(encoder);
}

static bool is_in(uint64_t set, uint8_t family)
{
    return (set >> family) & 1;
}

static void add_sections(struct encoder *encoder, enum entity entity, struct record_head *head)
{
    const struct record_source *source = encoder->source;
    uint64_t default_families = encoder->table->default_families;
    add_id_section(encoder, entity);
    for (size_t i = 0; i < source->family_count; i++) {
        if (is_in(default_families, source->families[i].family)) {
            add_default_section(encoder, &source->families[i], entity);
        }
    }
    head->default_bytes = (uint32_t)encoder->text.n;
    for (size_t i = 0; i < source->family_count; i++) {
        if (!is_in(default_families, source->families[i].family))
            add_whole_section(encoder, &source->families[i]);
    }
    head->all_bytes = (uint32_t)encoder->text.n;
    for (size_t i = 0; i < source->family_count; i++) {
        if (is_in(encoder->split, source->families[i].family))
            add_whole_section(encoder, &source->families[i]);
    }
    head->section_count = encoder->section_count;
    head->text_bytes = (uint32_t)encoder->text.n;
}

static void add_key(struct key key, bool is_inherited, struct buf *out)
{
    must(key.text.n <= KEY_BYTES_MAX);
    uint16_t n = (uint16_t)key.text.n;
    buf_add_char(out, (char)((unsigned)key.kind | (is_inherited ? KEY_INHERITED : 0)));
    buf_add(out, str_of(&n, sizeof n));
    buf_add(out, key.text);
}

static void add_keys(const struct record_source *source, struct buf *out)
{
    for (size_t i = 0; i < source->key_count; i++) {
        add_key(source->keys[i].key, source->keys[i].is_inherited, out);
    }
}

/* Pads to a multiple of 8, fills in lengths and CRC. */
static enum err seal(struct record_head *head, struct buf *out, size_t start)
{
    while ((out->n - start) % 8) buf_add_char(out, '\0');
    TRY(buf_check(out));
    if (out->n - start > RECORD_BYTES_MAX) {
        return err_raise(ERR_LIMIT, "a record may have at most %zu bytes", RECORD_BYTES_MAX);
    }
    head->total_bytes = (uint32_t)(out->n - start);
    memcpy(out->p + start, head, sizeof *head);
    head->crc = crc32_add(0, str_of(out->p + start + CRC_FROM, head->total_bytes - CRC_FROM));
    memcpy(out->p + start, head, sizeof *head);
    return OK;
}

static enum err write_record(struct encoder *encoder, struct record_head *head, struct buf *out)
{
    size_t start = out->n;
    buf_add(out, str_of(head, sizeof *head));
    buf_add(out, str_of(encoder->sections, encoder->section_count * sizeof *encoder->sections));
    size_t keys_at = out->n;
    add_keys(encoder->source, out);
    head->keys_bytes = (uint32_t)(out->n - keys_at);
    buf_add(out, buf_str(&encoder->text));
    enum err e = seal(head, out, start);
    if (e != OK) buf_truncate(out, start);
    return e;
}

/* Room for the text, which is mostly that of the values; what is stored in two forms may need more. */
static void reserve_text(struct encoder *encoder)
{
    size_t bytes = 64; /* the id */
    for (size_t i = 0; i < encoder->source->family_count; i++) {
        const struct record_family *family = &encoder->source->families[i];
        bytes += family_of(encoder, family->family)->name.n + sizeof "\"\":," + family->value.n;
    }
    (void)buf_reserve(&encoder->text, bytes);
}

enum err record_encode(enum entity entity, const struct record_source *source, struct buf *out)
{
    must(source->key_count <= RECORD_KEYS_MAX);
    struct encoder encoder = {.table = fields_of(entity), .source = source};
    struct record_head head = {
        .id = source->id, .version = RECORD_VERSION, .key_count = (uint16_t)source->key_count};
    buf_init(&encoder.text, RECORD_BYTES_MAX);
    reserve_text(&encoder);
    add_sections(&encoder, entity, &head);
    enum err e = encoder.text.is_failed
                     ? err_raise(ERR_LIMIT, "a record may have at most %zu bytes", RECORD_BYTES_MAX)
                     : write_record(&encoder, &head, out);
    buf_fini(&encoder.text);
    return e;
}

enum err record_encode_tombstone(int64_t id, struct buf *out)
{
    size_t start = out->n;
    struct record_head head = {.id = id, .version = RECORD_VERSION, .flags = FLAG_TOMBSTONE};
    buf_add(out, str_of(&head, sizeof head));
    return seal(&head, out, start);
}

/* -- opening -- */

size_t record_stored_bytes(str head)
{
    uint32_t total;
    memcpy(&total, head.p, sizeof total);
    return total >= sizeof(struct record_head) && total <= RECORD_BYTES_MAX && total % 8 == 0 ? total : 0;
}

static enum err corrupt(const char *what)
{
    return err_raise(ERR_CORRUPT, "a stored record %s", what);
}

enum err record_open(str bytes, struct record *ret)
{
    struct record_head head;
    if (bytes.n < sizeof head) return corrupt("is cut off");
    memcpy(&head, bytes.p, sizeof head);
    uint64_t sections_bytes = (uint64_t)head.section_count * sizeof(struct stored_section);
    uint64_t need = sizeof head + sections_bytes + head.keys_bytes + head.text_bytes;
    if (head.version != RECORD_VERSION) return corrupt("is of an unknown version");
    if (head.total_bytes > bytes.n || need > head.total_bytes) return corrupt("is cut off");
    if (head.default_bytes > head.all_bytes || head.all_bytes > head.text_bytes)
        return corrupt("has wrong lengths");
    const char *p = bytes.p + sizeof head;
    struct record record = {.bytes = str_slice(bytes, 0, head.total_bytes),
                            .id = head.id,
                            .is_tombstone = head.flags & FLAG_TOMBSTONE,
                            .section_count = head.section_count,
                            .key_count = head.key_count};
    record.sections = str_of(p, sections_bytes);
    record.keys = str_of(p + sections_bytes, head.keys_bytes);
    record.text = str_of(p + sections_bytes + head.keys_bytes, head.text_bytes);
    record.default_run = str_slice(record.text, 0, head.default_bytes);
    record.all_run = str_slice(record.text, 0, head.all_bytes);
    *ret = record;
    return OK;
}

static enum err check_sections(const struct record *record)
{
    for (size_t i = 0; i < record->section_count; i++) {
        struct stored_section section;
        memcpy(&section, record->sections.p + i * sizeof section, sizeof section);
        if ((uint64_t)section.offset + section.bytes > record->text.n || section.bytes == 0) {
            return corrupt("has a section outside of its text");
        }
    }
    return OK;
}

static enum err check_keys(const struct record *record)
{
    struct record_key key;
    size_t at = 0;
    size_t count = 0;
    while (record_next_key(record, &at, &key)) count++;
    return at == record->keys.n && count == record->key_count ? OK : corrupt("has damaged keys");
}

enum err record_check(str bytes, struct record *ret)
{
    struct record record;
    uint32_t crc;
    TRY(record_open(bytes, &record));
    memcpy(&crc, record.bytes.p + offsetof(struct record_head, crc), sizeof crc);
    if (crc32_add(0, str_from(record.bytes, CRC_FROM)) != crc) return corrupt("does not match its checksum");
    TRY(check_sections(&record));
    TRY(check_keys(&record));
    *ret = record;
    return OK;
}

struct record_section record_section(const struct record *record, size_t i)
{
    struct stored_section section;
    must(i < record->section_count);
    memcpy(&section, record->sections.p + i * sizeof section, sizeof section);
    return (struct record_section){
        .family = section.family,
        .is_whole = section.flags & SECTION_WHOLE,
        .is_default = section.flags & SECTION_DEFAULT,
        .member = str_slice(record->text, section.offset, (size_t)section.offset + section.bytes),
    };
}

bool record_next_key(const struct record *record, size_t *at, struct record_key *ret)
{
    uint16_t n;
    str rest = str_from(record->keys, *at);
    if (rest.n < 1 + sizeof n) return false;
    memcpy(&n, rest.p + 1, sizeof n);
    if (rest.n < 1 + sizeof n + n) return false;
    unsigned kind = (unsigned char)rest.p[0];
    ret->key =
        (struct key){(enum key_kind)(kind & ~KEY_INHERITED), str_slice(rest, 1 + sizeof n, 1 + sizeof n + n)};
    ret->is_inherited = kind & KEY_INHERITED;
    *at += 1 + sizeof n + n;
    return true;
}

static bool is_text_of_id(str text, int64_t id)
{
    uint64_t value;
    return str_to_u64(text, INT64_MAX, &value) == OK && (int64_t)value == id;
}

bool record_has_key(const struct record *record, struct key key)
{
    if (key.kind == KEY_ID) return is_text_of_id(key.text, record->id);
    struct record_key have;
    for (size_t at = 0; record_next_key(record, &at, &have);) {
        if (key_eq(have.key, key)) return true;
    }
    return false;
}

enum err record_inherit_keys(const struct record *record, const struct record *earlier, struct buf *out)
{
    struct record_head head;
    size_t start = out->n;
    memcpy(&head, record->bytes.p, sizeof head);
    buf_add(out, str_of(&head, sizeof head));
    buf_add(out, record->sections);
    size_t keys_at = out->n;
    buf_add(out, record->keys);
    struct record_key key;
    for (size_t at = 0; record_next_key(earlier, &at, &key) && head.key_count < RECORD_KEYS_MAX;) {
        if (record_has_key(record, key.key)) continue;
        add_key(key.key, true, out);
        head.key_count++;
    }
    head.keys_bytes = (uint32_t)(out->n - keys_at);
    buf_add(out, record->text);
    enum err e = seal(&head, out, start);
    if (e != OK) buf_truncate(out, start);
    return e;
}
