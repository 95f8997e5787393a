/* The strict parse (yyjson in the arena, then one walk with an explicit stack) and the escaping writer. */
#include "base/json.h"

#include "base/hash.h"
#include "base/json_text.h"

#define SMALL_OBJECT_KEYS 12 /* up to here pairs are compared, above a table is built */

/* yyjson asks for memory through these; the arena never frees, and a failed request ends the parse. */
static void *pool_alloc(void *arena, size_t n)
{
    return arena_alloc(arena, n);
}

static void *pool_realloc(void *arena, void *old, size_t old_bytes, size_t n)
{
    void *p = arena_alloc(arena, n);
    if (p && old) memcpy(p, old, old_bytes < n ? old_bytes : n);
    return p;
}

static void pool_free(void *arena, void *old)
{
    (void)arena;
    (void)old;
}

static enum err duplicate_key(str key)
{
    return err_raise(ERR_INVALID, "duplicate key \"%.*s\"", (int)(key.n < 100 ? key.n : 100), key.p);
}

static enum err check_keys_by_pairs(yyjson_val *object)
{
    str seen[SMALL_OBJECT_KEYS];
    size_t count = 0;
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    for (yyjson_val *key; (key = yyjson_obj_iter_next(&iter)); count++) {
        seen[count] = json_str(key);
        for (size_t i = 0; i < count; i++) {
            if (str_eq(seen[i], seen[count])) return duplicate_key(seen[count]);
        }
    }
    return OK;
}

static enum err check_keys_by_table(struct arena *arena, yyjson_val *object)
{
    struct hash_key hash_key = hash_process_key();
    size_t slots = 4;
    while (slots < yyjson_obj_size(object) * 2) slots *= 2;
    str *table = arena_array(arena, slots, sizeof *table);
    if (!table) return err_raise(ERR_NOMEM, "no memory to check %zu keys", yyjson_obj_size(object));
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    for (yyjson_val *key_value; (key_value = yyjson_obj_iter_next(&iter));) {
        str key = json_str(key_value);
        size_t at = hash_bytes(hash_key, key) & (slots - 1);
        for (; table[at].p; at = (at + 1) & (slots - 1)) {
            if (str_eq(table[at], key)) return duplicate_key(key);
        }
        table[at] = key;
    }
    return OK;
}

static enum err check_object(struct arena *arena, yyjson_val *object)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    for (yyjson_val *key; (key = yyjson_obj_iter_next(&iter));) {
        if (str_find_char(json_str(key), '\0', 0) != SIZE_MAX)
            return err_raise(ERR_INVALID, "a key holds a NUL character");
    }
    if (yyjson_obj_size(object) <= SMALL_OBJECT_KEYS) return check_keys_by_pairs(object);
    return check_keys_by_table(arena, object);
}

/* The document's values lie one after the other in memory, containers before their content, so the walk needs
 * only the number of values that are left in each open container. */
static enum err check_tree(struct arena *arena, yyjson_val *root, size_t value_count)
{
    const yyjson_val *ends[JSON_DEPTH_MAX];
    size_t depth = 0;
    for (yyjson_val *value = root; value < root + value_count; value++) {
        while (depth && value >= ends[depth - 1]) depth--;
        if (!yyjson_is_ctn(value)) continue;
        if (depth == JSON_DEPTH_MAX) return err_raise(ERR_INVALID, "nested deeper than %d", JSON_DEPTH_MAX);
        ends[depth++] = unsafe_yyjson_get_next(value);
        if (yyjson_is_obj(value)) TRY(check_object(arena, value));
    }
    return OK;
}

enum err json_parse(struct arena *arena, str text, yyjson_val **ret)
{
    yyjson_alc pool = {pool_alloc, pool_realloc, pool_free, arena};
    yyjson_read_err error = {0};
    if (text.n == 0) return err_raise(ERR_INVALID, "empty: a JSON value is expected");
    yyjson_doc *doc =
        yyjson_read_opts((char *)(uintptr_t)text.p, text.n, YYJSON_READ_NUMBER_AS_RAW, &pool, &error);
    if (!doc && error.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION) {
        return err_raise(ERR_NOMEM, "no memory for a JSON document of %zu bytes", text.n);
    }
    if (!doc) return err_raise(ERR_INVALID, "%s at byte %zu", error.msg, error.pos);
    yyjson_val *root = yyjson_doc_get_root(doc);
    TRY(check_tree(arena, root, yyjson_doc_get_val_count(doc)));
    *ret = root;
    return OK;
}

enum err json_check_size(str text, size_t value_max)
{
    size_t depth = 0, values = 0;
    for (size_t at = 0; at < text.n; at++) {
        switch (text.p[at]) {
        case '"':
            at += json_text_value_bytes(str_from(text, at)) - 1;
            break;
        case '{':
        case '[':
            if (++depth > JSON_DEPTH_MAX) {
                return err_raise(ERR_INVALID, "nested deeper than %d at byte %zu", JSON_DEPTH_MAX, at);
            }
            values++;
            break;
        case '}':
        case ']':
            depth -= depth > 0;
            break;
        case ',':
            values++;
            break;
        default:
            break;
        }
        if (values > value_max)
            return err_raise(ERR_LIMIT, "more than %zu values at byte %zu", value_max, at);
    }
    return OK;
}

static void add_escape(struct buf *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\'};
    if (c < sizeof letters && letters[c]) {
        buf_add(out, str_of((char[]){'\\', letters[c]}, 2));
    } else {
        buf_add(out, str_of((char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6));
    }
}

/* Bytes of the valid UTF-8 character at s.p; 0 if there is none. */
static size_t utf8_bytes(str s)
{
    unsigned char c = (unsigned char)s.p[0];
    size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    if (n == 0 || n > s.n) return 0;
    for (size_t i = 1; i < n; i++) {
        if (((unsigned char)s.p[i] & 0xc0) != 0x80) return 0;
    }
    unsigned char second = n > 1 ? (unsigned char)s.p[1] : 0;
    bool is_overlong = (c == 0xe0 && second < 0xa0) || (c == 0xf0 && second < 0x90);
    bool is_surrogate = c == 0xed && second >= 0xa0;
    bool is_too_large = c == 0xf4 && second >= 0x90;
    return is_overlong || is_surrogate || is_too_large ? 0 : n;
}

void json_add_str(struct buf *out, str s)
{
    size_t start = 0;
    buf_add_char(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        buf_add(out, str_slice(s, start, i));
        add_escape(out, c);
        start = i + 1;
    }
    buf_add(out, str_from(s, start));
    buf_add_char(out, '"');
}

void json_add_str_lossy(struct buf *out, str s)
{
    buf_add_char(out, '"');
    while (s.n) {
        unsigned char c = (unsigned char)s.p[0];
        size_t n = utf8_bytes(s);
        if (n == 0) {
            buf_add(out, STR("\xef\xbf\xbd"));
        } else if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f) {
            add_escape(out, c);
        } else {
            buf_add(out, str_slice(s, 0, n));
        }
        s = str_from(s, n ? n : 1);
    }
    buf_add_char(out, '"');
}

void json_add_key(struct buf *out, str key)
{
    char last = out->n ? out->p[out->n - 1] : '{';
    if (last != '{' && last != '[') buf_add_char(out, ',');
    json_add_str(out, key);
    buf_add_char(out, ':');
}
