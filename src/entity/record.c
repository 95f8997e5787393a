/* Encoding and opening stored records. project.c reads them. */
#include "entity/record.h"

#include "base/crc.h"
#include "base/varint.h"
#include "entity/additions.h"
#include "entity/selection.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "stored integers are copied as they are");

/* Which form of a record it is. */
#define RECORD_VERSION        2
#define RECORD_VERSION_PACKED 3

struct record_head {
    uint32_t total_bytes; /* all of the record, a multiple of 8 */
    uint32_t crc;         /* of everything behind this field */
    int64_t id;
    uint16_t key_count;
    uint16_t sections_bytes;
    uint32_t keys_bytes;
    uint32_t default_bytes;  /* of the default run */
    uint32_t all_bytes : 24; /* of the run without the whole forms */
    uint32_t version : 4;
    uint32_t padding : 3; /* bytes that fill the record up to a multiple of 8 */
    uint32_t is_tombstone : 1;
};
_Static_assert(sizeof(struct record_head) == 32, "the head has no padding");
_Static_assert(RECORD_BYTES_MAX <= 1u << 24, "less than a whole record fits 24 bits");

#define ALL_BYTES_MASK 0xffffffu
#define CRC_FROM       ((size_t)8) /* bytes behind total_bytes and crc */

/* A section is a byte, family and kind, and the bytes of its text as a varint. Texts stand one behind the
 * other, with a comma between them. */
enum section_kind {
    SECTION_DEFAULT_FORM = 0, /* in the default run; the family has more */
    SECTION_DEFAULT = 1,      /* in the default run, and the family has no more */
    SECTION_WHOLE = 2,        /* outside of the default run */
    SECTION_ADDITIONS = 3,    /* the same, as additions to the family's default form */
};
#define SECTION_KIND_BITS 2
#define SECTION_BYTES_MAX (1 + VARINT_BYTES_MAX)

#define KEY_INHERITED 0x80u

/* -- encoding -- */

/* The text of one family's default form that lacks something. */
struct split {
    uint8_t family;
    size_t offset, bytes;
};

struct encoder {
    const struct field_table *table;
    const struct record_source *source;
    char sections[RECORD_SECTIONS_MAX * SECTION_BYTES_MAX];
    size_t sections_bytes;
    bool has_section;
    struct split splits[FAMILY_COUNT_MAX];
    size_t split_count;
    struct buf text;
};

/* The place of the next section's text. */
static size_t begin_section(struct encoder *encoder)
{
    if (encoder->has_section) buf_add_char(&encoder->text, ',');
    return encoder->text.n;
}

static void end_section(struct encoder *encoder, uint8_t family, enum section_kind kind, size_t start)
{
    char *at = encoder->sections + encoder->sections_bytes;
    *at++ = (char)(unsigned char)((unsigned)family << SECTION_KIND_BITS | kind);
    at = varint_put(at, encoder->text.n - start);
    encoder->sections_bytes = (size_t)(at - encoder->sections);
    encoder->has_section = true;
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
    size_t start = begin_section(encoder);
    add_member(&encoder->text, family->name, STR(""));
    buf_add_i64(&encoder->text, encoder->source->id);
    end_section(encoder, family->family, SECTION_DEFAULT, start);
}

/* A default family is stored in its default form; if that lacks something, its whole form follows at the end.
 */
static void add_default_section(struct encoder *encoder, const struct record_family *family,
                                enum entity entity)
{
    const struct field *field = family_of(encoder, family->family);
    size_t whole_bytes = field->name.n + 3 + family->value.n;
    size_t start = begin_section(encoder);
    selection_copy_family(selection_default(entity), field, family->value, &encoder->text);
    size_t bytes = encoder->text.n - start;
    if (bytes == whole_bytes) {
        end_section(encoder, family->family, SECTION_DEFAULT, start);
        return;
    }
    end_section(encoder, family->family, SECTION_DEFAULT_FORM, start);
    encoder->splits[encoder->split_count++] = (struct split){family->family, start, bytes};
}

static void add_whole_section(struct encoder *encoder, const struct record_family *family)
{
    size_t start = begin_section(encoder);
    add_member(&encoder->text, family_of(encoder, family->family)->name, family->value);
    end_section(encoder, family->family, SECTION_WHOLE, start);
}

static void add_additions(struct encoder *encoder, const struct split *split,
                          const struct record_family *family, struct buf *whole)
{
    struct buf steps;
    buf_clear(whole);
    add_member(whole, family_of(encoder, family->family)->name, family->value);
    buf_init(&steps, RECORD_BYTES_MAX);
    str base = str_slice(buf_str(&encoder->text), split->offset, split->offset + split->bytes);
    if (additions_find(base, buf_str(whole), &steps)) {
        size_t start = begin_section(encoder);
        buf_add(&encoder->text, buf_str(&steps));
        end_section(encoder, split->family, SECTION_ADDITIONS, start);
    } else {
        add_whole_section(encoder, family);
    }
    buf_fini(&steps);
}

static void add_splits(struct encoder *encoder)
{
    struct buf whole;
    buf_init(&whole, RECORD_BYTES_MAX);
    const struct record_family *family = encoder->source->families;
    for (size_t i = 0; i < encoder->split_count; i++, family++) {
        while (family->family != encoder->splits[i].family) family++; /* both are in the table's order */
        add_additions(encoder, &encoder->splits[i], family, &whole);
    }
    buf_fini(&whole);
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
    head->all_bytes = (uint32_t)encoder->text.n & ALL_BYTES_MASK;
    add_splits(encoder);
    head->sections_bytes = (uint16_t)encoder->sections_bytes;
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
    static const char zeros[8];
    size_t padding = (8 - (out->n - start) % 8) % 8;
    buf_add(out, str_of(zeros, padding));
    TRY(buf_check(out));
    head->padding = padding & 7;
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
    buf_add(out, str_of(encoder->sections, encoder->sections_bytes));
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
    struct record_head head = {.id = id, .version = RECORD_VERSION, .is_tombstone = true};
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

void record_set_text(struct record *record, str text)
{
    record->text = text;
    record->default_run = str_slice(text, 0, record->default_bytes);
    record->all_run = str_slice(text, 0, record->all_bytes);
    record->default_frame = record->rest_frame = (str){0};
}

/* Behind the keys of a packed record: how long the text is and how long the default run's frame, both as
 * varints; that frame, or the default run itself if there is none; the frame of the rest. */
static enum err open_packed(str packed, struct record *record)
{
    uint64_t text_bytes, frame_bytes;
    if (!varint_take(&packed, &text_bytes) || !varint_take(&packed, &frame_bytes))
        return corrupt("is cut off");
    uint64_t first_bytes = frame_bytes ? frame_bytes : record->default_bytes;
    if (text_bytes < record->all_bytes || text_bytes > RECORD_BYTES_MAX || first_bytes > packed.n)
        return corrupt("has wrong lengths");
    str first = str_slice(packed, 0, first_bytes), rest = str_from(packed, first_bytes);
    bool has_rest = text_bytes > record->default_bytes;
    if (has_rest != (rest.n != 0)) return corrupt("has wrong lengths");
    record->text_bytes = (uint32_t)text_bytes;
    record_set_text(record, frame_bytes ? (str){0} : first);
    if (frame_bytes) record->default_frame = first;
    record->rest_frame = rest;
    return OK;
}

enum err record_open(str bytes, struct record *ret)
{
    struct record_head head;
    if (bytes.n < sizeof head) return corrupt("is cut off");
    memcpy(&head, bytes.p, sizeof head);
    bool is_packed = head.version == RECORD_VERSION_PACKED;
    uint64_t need = (uint64_t)sizeof head + head.sections_bytes + head.keys_bytes +
                    (is_packed ? 0 : head.all_bytes) + head.padding;
    if (head.version != RECORD_VERSION && !is_packed) return corrupt("is of an unknown version");
    if (head.total_bytes > bytes.n || need > head.total_bytes) return corrupt("is cut off");
    if (head.default_bytes > head.all_bytes) return corrupt("has wrong lengths");
    const char *p = bytes.p + sizeof head;
    struct record record = {.bytes = str_slice(bytes, 0, head.total_bytes),
                            .id = head.id,
                            .is_tombstone = head.is_tombstone,
                            .key_count = head.key_count,
                            .default_bytes = head.default_bytes,
                            .all_bytes = head.all_bytes};
    record.sections = str_of(p, head.sections_bytes);
    record.keys = str_of(p + head.sections_bytes, head.keys_bytes);
    size_t text_at = sizeof head + head.sections_bytes + head.keys_bytes;
    str text = str_slice(record.bytes, text_at, head.total_bytes - head.padding);
    if (is_packed) {
        TRY(open_packed(text, &record));
    } else {
        record.text_bytes = (uint32_t)text.n;
        record_set_text(&record, text);
    }
    *ret = record;
    return OK;
}

static enum err check_whole_form(const struct record *record, const struct record_section *section,
                                 struct buf *whole)
{
    buf_clear(whole);
    record_add_member(record, section, whole);
    TRY(buf_check(whole));
    return whole->n ? OK : corrupt("has a damaged section");
}

enum err record_check_sections(const struct record *record)
{
    struct record_section section = {0};
    struct buf whole;
    enum err e = OK;
    buf_init(&whole, RECORD_BYTES_MAX);
    while (e == OK && record_next_section(record, &section)) e = check_whole_form(record, &section, &whole);
    buf_fini(&whole);
    TRY(e);
    bool is_whole = section.table_at == record->sections.n && section.text_at == record->text.n;
    return is_whole ? OK : corrupt("has sections outside of its text");
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
    if (!record_is_packed(&record)) TRY(record_check_sections(&record));
    TRY(check_keys(&record));
    *ret = record;
    return OK;
}

bool record_next_section(const struct record *record, struct record_section *section)
{
    str rest = str_from(record->sections, section->table_at);
    uint64_t bytes;
    if (rest.n == 0) return false;
    unsigned head = (unsigned char)rest.p[0];
    enum section_kind kind = head & ((1u << SECTION_KIND_BITS) - 1);
    rest = str_from(rest, 1);
    if (!varint_take(&rest, &bytes)) return false;
    size_t start = section->text_at + (section->table_at != 0); /* behind the comma */
    if (start > record->text.n || bytes == 0 || bytes > record->text.n - start) return false;
    *section = (struct record_section){
        .family = (uint8_t)(head >> SECTION_KIND_BITS),
        .is_whole = kind != SECTION_DEFAULT_FORM,
        .is_default = kind == SECTION_DEFAULT || kind == SECTION_DEFAULT_FORM,
        .is_additions = kind == SECTION_ADDITIONS,
        .text = str_slice(record->text, start, start + bytes),
        .table_at = record->sections.n - rest.n,
        .text_at = start + bytes,
    };
    return true;
}

void record_add_member(const struct record *record, const struct record_section *section, struct buf *out)
{
    struct record_section base = {0};
    size_t start = out->n;
    if (!section->is_additions) {
        buf_add(out, section->text);
        return;
    }
    while (record_next_section(record, &base)) {
        if (base.family != section->family || !base.is_default) continue;
        if (!additions_apply(base.text, section->text, out) && !out->is_failed) buf_truncate(out, start);
        return;
    }
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

/* -- other forms -- */

/* A record that is being made of an opened one. */
static struct record_head begin_copy(const struct record *record, struct buf *out)
{
    struct record_head head;
    memcpy(&head, record->bytes.p, sizeof head);
    head.version = RECORD_VERSION;
    buf_add(out, str_of(&head, sizeof head));
    buf_add(out, record->sections);
    buf_add(out, record->keys);
    return head;
}

static enum err end_copy(struct record_head *head, struct buf *out, size_t start)
{
    enum err e = seal(head, out, start);
    if (e != OK) buf_truncate(out, start);
    return e;
}

enum err record_pack(const struct record *record, str default_frame, str rest_frame, struct buf *out)
{
    char numbers[2 * VARINT_BYTES_MAX];
    size_t start = out->n;
    struct record_head head = begin_copy(record, out);
    head.version = RECORD_VERSION_PACKED;
    char *end = varint_put(varint_put(numbers, record->text_bytes), default_frame.n);
    buf_add(out, str_of(numbers, (size_t)(end - numbers)));
    buf_add(out, default_frame.n ? default_frame : record->default_run);
    buf_add(out, rest_frame);
    return end_copy(&head, out, start);
}

enum err record_restore(const struct record *record, struct buf *out)
{
    must(record->text.n == record->text_bytes);
    size_t start = out->n;
    struct record_head head = begin_copy(record, out);
    buf_add(out, record->text);
    return end_copy(&head, out, start);
}

enum err record_inherit_keys(const struct record *record, const struct record *earlier, struct buf *out)
{
    size_t start = out->n;
    struct record_head head = begin_copy(record, out);
    size_t keys_at = out->n - record->keys.n;
    struct record_key key;
    for (size_t at = 0; record_next_key(earlier, &at, &key) && head.key_count < RECORD_KEYS_MAX;) {
        if (record_has_key(record, key.key)) continue;
        add_key(key.key, true, out);
        head.key_count++;
    }
    head.keys_bytes = (uint32_t)(out->n - keys_at);
    buf_add(out, record->text);
    return end_copy(&head, out, start);
}
