/* A file of lines and a chain of hashes. */
#include "store/audit.h"

#include "base/os.h"
#include "base/time.h"

#define PATH_BYTES_MAX ((size_t)4096)
#define HEX_BYTES      (SHA256_BYTES * 2)
#define LOG_BYTES_MAX  ((size_t)4 << 30)

static const str entry_head = STR_INIT("{\"entry\":");
static const str previous_head = STR_INIT(",\"previous\":\"");
static const str line_tail = STR_INIT("\"}");

static enum err path_of(const char *data, char ret[PATH_BYTES_MAX])
{
    int n = snprintf(ret, PATH_BYTES_MAX, "%s/audit.log", data);
    if (n < 0 || (size_t)n >= PATH_BYTES_MAX) return err_raise(ERR_LIMIT, "path too long: %s", data);
    return OK;
}

static void hex_of(const uint8_t hash[SHA256_BYTES], char ret[HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < HEX_BYTES; i++) ret[i] = digits[(hash[i / 2] >> (i % 2 ? 0 : 4)) & 15];
}

/* ---- reading a line ---- */

static enum err entry_number(str line, uint64_t *ret)
{
    str digits = str_from(line, entry_head.n);
    size_t end = str_find_char(digits, ',', 0);
    if (!str_starts(line, entry_head) || end == SIZE_MAX ||
        str_to_u64(str_slice(digits, 0, end), UINT64_MAX, ret) != OK)
        return err_raise(ERR_CORRUPT, "not an entry");
    return OK;
}

/* The line must be the one after `head`, which is then moved to it. */
static enum err step(struct audit_head *head, str line)
{
    char previous[HEX_BYTES];
    uint64_t entry;
    TRY(entry_number(line, &entry));
    if (entry != head->entry + 1)
        return err_raise(ERR_CORRUPT, "entry %" PRIu64 " follows entry %" PRIu64, entry, head->entry);
    hex_of(head->hash, previous);
    str end = str_from(line, line.n - line_tail.n - HEX_BYTES - previous_head.n);
    if (line.n < line_tail.n + HEX_BYTES + previous_head.n || !str_starts(end, previous_head) ||
        !str_eq(str_slice(end, previous_head.n, previous_head.n + HEX_BYTES),
                str_of(previous, sizeof previous)) ||
        !str_ends(end, line_tail))
        return err_raise(ERR_CORRUPT, "does not name the hash of the entry before it");
    head->entry = entry;
    sha256(line, head->hash);
    return OK;
}

/* ---- appending ---- */

/* The last line of the file as the head. What a crash left of a line behind it was acknowledged to nobody:
 * *ret_bytes is where the next line goes. */
static enum err read_end(struct os_file file, struct audit_head *ret, uint64_t *ret_bytes)
{
    char bytes[2 * AUDIT_LINE_BYTES_MAX + 2]; /* the last line, and what may be left of another */
    uint64_t file_bytes;
    struct audit_head head = {0};
    TRY(os_file_bytes(file, &file_bytes));
    size_t n = file_bytes < sizeof bytes ? (size_t)file_bytes : sizeof bytes;
    TRY(os_pread(file, bytes, n, file_bytes - n));
    size_t end = n;
    while (end > 0 && bytes[end - 1] != '\n') end--;
    size_t start = end ? end - 1 : 0;
    while (start > 0 && bytes[start - 1] != '\n') start--;
    if (end == 0 && file_bytes > n) return err_raise(ERR_CORRUPT, "audit.log: no line where its end is");
    if (end) {
        str line = str_of(bytes + start, end - 1 - start);
        TRY(err_at(entry_number(line, &head.entry), "the last line of audit.log"));
        sha256(line, head.hash);
    }
    *ret = head;
    *ret_bytes = file_bytes - n + end;
    return OK;
}

static void add_line(struct buf *out, const struct audit_head *head, str event, str members)
{
    char previous[HEX_BYTES];
    hex_of(head->hash, previous);
    buf_add(out, entry_head);
    buf_add_u64(out, head->entry + 1);
    buf_add(out, STR(",\"time\":\""));
    time_add_text(out, os_now_us());
    buf_add(out, STR("\",\"event\":\""));
    buf_add(out, event);
    buf_add_char(out, '"');
    if (members.n) buf_add_char(out, ',');
    buf_add(out, members);
    buf_add(out, previous_head);
    buf_add(out, str_of(previous, sizeof previous));
    buf_add(out, line_tail);
}

/* The line's end is written once the line is on the disk: what has an end is whole, wherever the power went.
 */
static enum err write_line(struct os_file file, str line, uint64_t at)
{
    TRY(os_truncate(file, at));
    TRY(os_pwrite(file, line, at));
    TRY(os_sync(file));
    enum err e = os_pwrite(file, STR("\n"), at + line.n);
    if (e == OK) e = os_sync(file);
    if (e != OK) {
        enum err ignored =
            os_truncate(file, at); /* so that no entry follows one that may not be on the disk */
        (void)ignored;
    }
    return e;
}

static enum err append(const char *data, str event, str members, struct audit_head *ret)
{
    char path[PATH_BYTES_MAX];
    OS_FILE_AUTO file = OS_FILE_NONE;
    uint64_t at;
    struct audit_head head;
    struct buf line;
    TRY(path_of(data, path));
    TRY(os_open_write(path, &file));
    TRY(os_lock(file, true));
    TRY(read_end(file, &head, &at));
    if (at == 0) TRY(os_sync_dir(data));
    buf_init(&line, AUDIT_LINE_BYTES_MAX);
    add_line(&line, &head, event, members);
    enum err e = line.is_failed
                     ? err_raise(ERR_LIMIT, "an audit entry of more than %zu bytes", AUDIT_LINE_BYTES_MAX)
                     : write_line(file, buf_str(&line), at);
    if (e == OK) {
        head.entry++;
        sha256(buf_str(&line), head.hash);
        *ret = head;
    }
    buf_fini(&line);
    return e;
}

enum err audit_add(const char *data_cstr, struct control *control, str event, str members,
                   struct audit_head *ret)
{
    struct audit_head head;
    TRY(append(data_cstr, event, members, &head));
    if (control) TRY(control->ops->audit_mark(control, &head));
    if (ret) *ret = head;
    return OK;
}

/* ---- verifying ---- */

static enum err verify_lines(str text, const struct audit_head *known, struct audit_head *head)
{
    str line;
    while (text.n && text.p[text.n - 1] != '\n') text.n--; /* what a crash left of a line */
    while (str_split(&text, '\n', &line)) {
        enum err e = step(head, line);
        if (e != OK) return err_raise(e, "line %" PRIu64 ": %s", head->entry + 1, err_detail());
        if (head->entry == known->entry && memcmp(head->hash, known->hash, sizeof head->hash) != 0)
            return err_raise(ERR_CORRUPT, "line %" PRIu64 " is not the one that control.db remembers",
                             head->entry);
    }
    if (head->entry < known->entry)
        return err_raise(ERR_CORRUPT, "its end is missing: it has %" PRIu64 " entries of at least %" PRIu64,
                         head->entry, known->entry);
    return OK;
}

enum err audit_verify(const char *data_cstr, const struct audit_head *known, struct audit_head *ret)
{
    char path[PATH_BYTES_MAX];
    struct audit_head head = {0};
    struct buf text;
    TRY(path_of(data_cstr, path));
    buf_init(&text, LOG_BYTES_MAX);
    enum err e = os_read_file(path, &text);
    if (e == ERR_NOT_FOUND) e = OK;
    if (e == OK) e = verify_lines(buf_str(&text), known, &head);
    buf_fini(&text);
    if (e == OK) *ret = head;
    return e;
}
