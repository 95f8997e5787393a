/* `{"original_identifier":"...","internal_id":7,` or `{"original_identifier":"...","reason":` */
#include "jobs/result_line.h"

#include "base/json.h"

static const str line_head = STR_INIT("{\"original_identifier\":");
static const str id_head = STR_INIT(",\"internal_id\":");

static enum err damaged(void)
{
    return err_raise(ERR_CORRUPT, "a result line without its identifier");
}

/* The bytes of a JSON string with its quotes. */
static enum err string_end(str text, size_t *ret)
{
    if (!text.n || text.p[0] != '"') return damaged();
    for (size_t at = 1; at < text.n; at++) {
        if (text.p[at] == '\\')
            at++;
        else if (text.p[at] == '"') {
            *ret = at + 1;
            return OK;
        }
    }
    return damaged();
}

enum err result_line_read(str text, struct arena *arena, struct result_line *ret)
{
    size_t end;
    yyjson_val *value;
    if (!str_starts(text, line_head)) return damaged();
    str rest = str_from(text, line_head.n);
    TRY(string_end(rest, &end));
    str quoted = str_slice(rest, 0, end);
    ret->rest = str_from(rest, end);
    ret->original = str_slice(quoted, 1, quoted.n - 1);
    if (str_find_char(quoted, '\\', 0) == SIZE_MAX) return OK;
    TRY(json_parse(arena, quoted, &value));
    ret->original = json_str(value);
    return OK;
}

enum err result_line_id(const struct result_line *line, int64_t *ret)
{
    uint64_t id;
    str digits = str_from(line->rest, id_head.n);
    size_t end = str_find_char(digits, ',', 0);
    if (!str_starts(line->rest, id_head) || end == SIZE_MAX ||
        str_to_u64(str_slice(digits, 0, end), INT64_MAX, &id) != OK)
        return err_raise(ERR_CORRUPT, "a result line without its record's id");
    *ret = (int64_t)id;
    return OK;
}
