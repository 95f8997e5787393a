/* The list's text, written and taken apart again. */
#include "folder/backup_list.h"

#define FIRST_LINE "enrichd backup 1"
#define HEX_BYTES  (2 * SHA256_BYTES)

void backup_list_fini(struct backup_list *list)
{
    free(list->files);
    *list = (struct backup_list){0};
}

enum err backup_list_add(struct backup_list *list, const char *name_cstr, uint64_t bytes,
                         const uint8_t sha256[SHA256_BYTES])
{
    struct backup_file file = {.bytes = bytes};
    TRY(str_to_cstr(str_of_cstr(name_cstr), file.name_cstr, sizeof file.name_cstr));
    memcpy(file.sha256, sha256, sizeof file.sha256);
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 64;
        struct backup_file *files = reallocarray(list->files, room, sizeof *files);
        if (!files) return err_raise(ERR_NOMEM, "no memory for the list of a backup");
        list->files = files;
        list->room = room;
    }
    list->files[list->count++] = file;
    return OK;
}

/* ---- writing ---- */

static void add_hash(struct buf *out, const uint8_t hash[SHA256_BYTES])
{
    buf_add(out, STR("sha256 "));
    for (size_t i = 0; i < SHA256_BYTES; i++) buf_add_format(out, "%02x", hash[i]);
    buf_add_char(out, '\n');
}

void backup_list_write(const struct backup_list *list, struct buf *out)
{
    uint8_t hash[SHA256_BYTES];
    size_t start = out->n;
    buf_add_format(out, FIRST_LINE "\ncreated %" PRId64 "\n", list->created_us);
    for (size_t i = 0; i < list->count; i++) {
        const struct backup_file *file = &list->files[i];
        buf_add_format(out, "file %s bytes %" PRIu64 " ", file->name_cstr, file->bytes);
        add_hash(out, file->sha256);
    }
    sha256(str_from(buf_str(out), start), hash);
    add_hash(out, hash);
}

/* ---- reading ---- */

static bool take_word(str *line, str word)
{
    str found;
    return str_split(line, ' ', &found) && str_eq(found, word);
}

static bool take_number(str *line, str name, uint64_t *ret)
{
    str number;
    return take_word(line, name) && str_split(line, ' ', &number) && str_to_u64(number, INT64_MAX, ret) == OK;
}

/* "sha256 <hex>", all that is left of the line. */
static bool take_hash(str *line, uint8_t ret[SHA256_BYTES])
{
    if (!take_word(line, STR("sha256")) || line->n != HEX_BYTES) return false;
    for (size_t i = 0; i < HEX_BYTES; i++) {
        int digit = char_hex(line->p[i]);
        if (digit < 0) return false;
        ret[i / 2] = (uint8_t)(i % 2 ? ret[i / 2] << 4 | digit : digit);
    }
    return true;
}

/* Letters, digits, '-', '.', '_' and '/' between them; no part is empty or begins with a point. */
static bool is_inside(str name)
{
    char before = '/';
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool is_plain = char_is_alpha(c) || char_is_digit(c) || c == '-' || c == '.' || c == '_' || c == '/';
        if (!is_plain || (before == '/' && (c == '.' || c == '/'))) return false;
        before = c;
    }
    return name.n > 0 && before != '/';
}

static enum err read_file(str line, struct backup_list *list)
{
    char name_cstr[BACKUP_NAME_MAX];
    uint8_t hash[SHA256_BYTES];
    uint64_t bytes;
    str name;
    bool is_sound = take_word(&line, STR("file")) && str_split(&line, ' ', &name) && is_inside(name) &&
                    take_number(&line, STR("bytes"), &bytes) && take_hash(&line, hash);
    if (!is_sound) return err_raise(ERR_CORRUPT, "an unreadable line");
    TRY(str_to_cstr(name, name_cstr, sizeof name_cstr));
    return backup_list_add(list, name_cstr, bytes, hash);
}

static enum err read_lines(str text, struct backup_list *list)
{
    str line;
    uint64_t created;
    if (!str_split(&text, '\n', &line) || !str_eq(line, STR(FIRST_LINE)))
        return err_raise(ERR_CORRUPT, "no list of a version that this program knows");
    if (!str_split(&text, '\n', &line) || !take_number(&line, STR("created"), &created))
        return err_raise(ERR_CORRUPT, "an unreadable line");
    list->created_us = (int64_t)created;
    while (str_split(&text, '\n', &line)) TRY(read_file(line, list));
    return OK;
}

/* Takes the last line off, which vouches for the others. */
static bool check_hash(str *text)
{
    static const size_t line_bytes = sizeof "sha256 \n" - 1 + HEX_BYTES;
    uint8_t stored[SHA256_BYTES], found[SHA256_BYTES];
    if (text->n < line_bytes || text->p[text->n - 1] != '\n') return false;
    str body = str_slice(*text, 0, text->n - line_bytes);
    str line = str_slice(*text, body.n, text->n - 1);
    if (!take_hash(&line, stored)) return false;
    sha256(body, found);
    *text = body;
    return memcmp(stored, found, sizeof found) == 0;
}

enum err backup_list_read(str text, struct backup_list *ret)
{
    struct backup_list list = {0};
    if (!check_hash(&text)) return err_raise(ERR_CORRUPT, "damaged: the checksum differs");
    enum err e = read_lines(text, &list);
    if (e != OK) {
        backup_list_fini(&list);
        return e;
    }
    *ret = list;
    return OK;
}
