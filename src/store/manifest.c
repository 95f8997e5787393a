/* Writing the manifest's text and taking it apart again, word by word. */
#include "store/manifest.h"

#include "base/crc.h"

#define FORMAT             "enrichd records "
#define FIRST_LINE         FORMAT "3"
#define MANIFEST_BYTES_MAX (MANIFEST_SEGMENTS_MAX * 320)

/* The counts of a segment in the order in which they stand in its line. */
static const struct {
    str name;
    size_t offset;
} count_fields[] = {
    {STR_INIT("records"), offsetof(struct segment_counts, record_count)},
    {STR_INIT("tombstones"), offsetof(struct segment_counts, tombstone_count)},
    {STR_INIT("stored"), offsetof(struct segment_counts, stored_count)},
    {STR_INIT("keys"), offsetof(struct segment_counts, key_count)},
    {STR_INIT("data_bytes"), offsetof(struct segment_counts, data_bytes)},
    {STR_INIT("index_bytes"), offsetof(struct segment_counts, index_bytes)},
    {STR_INIT("default_bytes"), offsetof(struct segment_counts, default_bytes)},
    {STR_INIT("all_bytes"), offsetof(struct segment_counts, all_bytes)},
};
#define COUNT_FIELDS (sizeof count_fields / sizeof *count_fields)

static uint64_t *count_field(struct segment_counts *counts, size_t i)
{
    return (uint64_t *)((char *)counts + count_fields[i].offset);
}

void manifest_init(struct manifest *manifest, enum entity entity)
{
    *manifest = (struct manifest){.entity = entity, .next_segment = 1, .next_merged = SEGMENT_MERGED_FIRST};
    os_random(&manifest->secret, sizeof manifest->secret);
}

void manifest_fini(struct manifest *manifest)
{
    free(manifest->segments);
    *manifest = (struct manifest){0};
}

enum err manifest_copy(const struct manifest *manifest, struct manifest *ret)
{
    struct manifest copy = *manifest;
    size_t count = manifest->segment_count;
    copy.segments = calloc(count + 1, sizeof *copy.segments);
    if (!copy.segments) return err_raise(ERR_NOMEM, "no memory for a manifest");
    if (count) memcpy(copy.segments, manifest->segments, count * sizeof *copy.segments);
    *ret = copy;
    return OK;
}

enum err manifest_add(struct manifest *manifest, const struct manifest_segment *segment)
{
    size_t count = manifest->segment_count;
    if (count == MANIFEST_SEGMENTS_MAX) return err_raise(ERR_LIMIT, "more than %zu segments", count);
    struct manifest_segment *segments = reallocarray(manifest->segments, count + 1, sizeof *segments);
    if (!segments) return err_raise(ERR_NOMEM, "no memory for a manifest");
    segments[count] = *segment;
    manifest->segments = segments;
    manifest->segment_count++;
    return OK;
}

/* -- writing -- */

static void add_segment(struct buf *text, struct manifest_segment segment)
{
    buf_add_format(text, "segment %" PRIu32, segment.number);
    for (size_t i = 0; i < COUNT_FIELDS; i++) {
        buf_add_format(text, " %.*s %" PRIu64, STR_ARG(count_fields[i].name),
                       *count_field(&segment.counts, i));
    }
    buf_add_char(text, '\n');
}

enum err manifest_write(const struct manifest *manifest, const char *path_cstr)
{
    struct buf text;
    buf_init(&text, MANIFEST_BYTES_MAX);
    buf_add_format(&text, FIRST_LINE "\nentity %.*s\ngeneration %" PRIu32 "\n",
                   STR_ARG(entity_name(manifest->entity)), manifest->generation);
    buf_add_format(&text,
                   "secret %016" PRIx64 "%016" PRIx64 "\nnext_segment %" PRIu32 "\nnext_merged %" PRIu32 "\n",
                   manifest->secret.k0, manifest->secret.k1, manifest->next_segment, manifest->next_merged);
    for (size_t i = 0; i < manifest->segment_count; i++) add_segment(&text, manifest->segments[i]);
    buf_add_format(&text, "crc32 %08" PRIx32 "\n", crc32_add(0, buf_str(&text)));
    enum err e = buf_check(&text);
    if (e == OK) e = os_replace_file(path_cstr, buf_str(&text));
    buf_fini(&text);
    return e;
}

/* -- reading -- */

/* Takes the next word of a line, if it is this one. */
static bool take_word(str *line, str word)
{
    str found;
    return str_split(line, ' ', &found) && str_eq(found, word);
}

/* Takes "<name> <decimal number>". */
static bool take_number(str *line, str name, uint64_t max, uint64_t *ret)
{
    str number;
    return take_word(line, name) && str_split(line, ' ', &number) && str_to_u64(number, max, ret) == OK;
}

static bool take_u32(str *line, str name, uint32_t *ret)
{
    uint64_t number;
    if (!take_number(line, name, UINT32_MAX - 1, &number)) return false;
    *ret = (uint32_t)number;
    return true;
}

static bool read_hex(str text, uint64_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.n; i++) {
        int digit = char_hex(text.p[i]);
        if (digit < 0) return false;
        value = value << 4 | (unsigned)digit;
    }
    *ret = value;
    return text.n > 0 && text.n <= 16;
}

static bool read_secret(str line, struct hash_key *ret)
{
    str hex;
    return take_word(&line, STR("secret")) && str_split(&line, ' ', &hex) && hex.n == 32 &&
           read_hex(str_slice(hex, 0, 16), &ret->k0) && read_hex(str_from(hex, 16), &ret->k1);
}

static bool read_segment(str line, struct manifest_segment *ret)
{
    if (!take_u32(&line, STR("segment"), &ret->number)) return false;
    for (size_t i = 0; i < COUNT_FIELDS; i++) {
        if (!take_number(&line, count_fields[i].name, UINT64_MAX, count_field(&ret->counts, i))) return false;
    }
    return line.n == 0;
}

static bool is_given_out(const struct manifest *manifest, uint32_t number)
{
    return number < (number < SEGMENT_MERGED_FIRST ? manifest->next_segment : manifest->next_merged);
}

/* The lines before the segments. */
static bool read_head(str *text, struct manifest *manifest)
{
    str line, entity = entity_name(manifest->entity);
    if (!str_split(text, '\n', &line) || !take_word(&line, STR("entity")) || !take_word(&line, entity))
        return false;
    if (!str_split(text, '\n', &line) || !take_u32(&line, STR("generation"), &manifest->generation))
        return false;
    if (!str_split(text, '\n', &line) || !read_secret(line, &manifest->secret)) return false;
    if (!str_split(text, '\n', &line) || !take_u32(&line, STR("next_segment"), &manifest->next_segment))
        return false;
    return str_split(text, '\n', &line) && take_u32(&line, STR("next_merged"), &manifest->next_merged);
}

/* Takes the last line off, which vouches for the others. */
static bool check_crc(str *text)
{
    size_t line_bytes = sizeof "crc32 12345678\n" - 1;
    if (text->n < line_bytes || text->p[text->n - 1] != '\n') return false;
    str body = str_slice(*text, 0, text->n - line_bytes);
    str line = str_slice(*text, body.n, text->n - 1);
    uint64_t crc;
    *text = body;
    return take_word(&line, STR("crc32")) && read_hex(line, &crc) && crc == crc32_add(0, body);
}

static enum err parse(str text, struct manifest *manifest)
{
    str line;
    struct manifest_segment segment;
    bool has_line = str_split(&text, '\n', &line);
    if (!has_line || !str_starts(line, STR(FORMAT))) return err_raise(ERR_CORRUPT, "no manifest of records");
    if (!str_eq(line, STR(FIRST_LINE))) {
        return err_raise(ERR_CORRUPT,
                         "of format \"%.*s\", this enrichd knows \"" FIRST_LINE
                         "\": import the records anew into another folder",
                         (int)(line.n < 40 ? line.n : 40), line.p);
    }
    if (!read_head(&text, manifest))
        return err_raise(ERR_CORRUPT, "not readable as a manifest of this entity");
    while (str_split(&text, '\n', &line)) {
        if (!read_segment(line, &segment) || !is_given_out(manifest, segment.number))
            return err_raise(ERR_CORRUPT, "unreadable line of a segment");
        TRY(manifest_add(manifest, &segment));
    }
    return OK;
}

static enum err read_text(struct os_file file, struct buf *text)
{
    uint64_t bytes;
    TRY(os_file_bytes(file, &bytes));
    char *place = buf_reserve(text, bytes);
    if (!place) return err_raise(ERR_CORRUPT, "too long for a manifest: %" PRIu64 " bytes", bytes);
    TRY(os_pread(file, place, bytes, 0));
    text->n = bytes;
    return OK;
}

enum err manifest_read(struct os_file file, enum entity entity, struct manifest *ret)
{
    struct manifest manifest = {.entity = entity};
    struct buf text;
    buf_init(&text, MANIFEST_BYTES_MAX);
    enum err e = read_text(file, &text);
    str body = buf_str(&text);
    if (e == OK && !check_crc(&body)) e = err_raise(ERR_CORRUPT, "damaged: the checksum differs");
    if (e == OK) e = parse(body, &manifest);
    buf_fini(&text);
    if (e == OK) {
        *ret = manifest;
    } else {
        manifest_fini(&manifest);
    }
    return e;
}
