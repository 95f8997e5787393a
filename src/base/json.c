/* The strict parse (yyjson in the arena, then one walk with an explicit stack) and the escaping writer. */
#include "base/json.h"

#include "base/hash.h"
#include "base/json_text.h"

#define SMALL_OBJECT_KEYS 32 /* up to here keys are compared, above a table is built */

/* yyjson asks for memory through these; the arena never frees, and a failed request ends the parse. */
static void *pool_alloc(void *arena, size_t n)
{
    return arena_alloc_raw(arena, n);
}

static void *pool_realloc(void *arena, void *old, size_t old_bytes, size_t n)
{
    void *p = arena_alloc_raw(arena, n);
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

static bool has_key_before(yyjson_val *object, yyjson_val *before, str key)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    for (yyjson_val *earlier; (earlier = yyjson_obj_iter_next(&iter)) != before;) {
        if (str_eq(json_str(earlier), key)) return true;
    }
    return false;
}

static enum err check_no_nul(const struct json_doc *doc, yyjson_val *key)
{
    bool can_have = json_has_escapes(doc, key); /* how else would it get there? */
    if (!can_have || str_find_char(json_str(key), '\0', 0) == SIZE_MAX) return OK;
    return err_raise(ERR_INVALID, "a key holds a NUL character");
}

/* One bit for length, first and last character: keys with different bits need not be compared. */
static uint64_t key_bit(str key)
{
    unsigned mix = (unsigned)key.n;
    if (key.n) mix += (unsigned char)key.p[0] * 5u + (unsigned char)key.p[key.n - 1] * 11u;
    return UINT64_C(1) << mix % 64;
}

static enum err check_keys_by_pairs(const struct json_doc *doc, yyjson_val *object)
{
    uint64_t seen = 0;
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    for (yyjson_val *key_value; (key_value = yyjson_obj_iter_next(&iter));) {
        str key = json_str(key_value);
        uint64_t bit = key_bit(key);
        TRY(check_no_nul(doc, key_value));
        if (seen & bit && has_key_before(object, key_value, key)) return duplicate_key(key);
        seen |= bit;
    }
    return OK;
}

static enum err check_keys_by_table(struct arena *arena, const struct json_doc *doc, yyjson_val *object)
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
        TRY(check_no_nul(doc, key_value));
        for (; table[at].p; at = (at + 1) & (slots - 1)) {
            if (str_eq(table[at], key)) return duplicate_key(key);
        }
        table[at] = key;
    }
    return OK;
}

static enum err check_keys(struct arena *arena, const struct json_doc *doc, yyjson_val *object)
{
    if (yyjson_obj_size(object) <= SMALL_OBJECT_KEYS) return check_keys_by_pairs(doc, object);
    return check_keys_by_table(arena, doc, object);
}

/* Needs no more than the ends of the containers that it is in, since a container's content follows it. */
static enum err check_tree(struct arena *arena, const struct json_doc *doc)
{
    const yyjson_val *ends[JSON_DEPTH_MAX];
    size_t depth = 0;
    for (yyjson_val *value = doc->root; value < doc->root + doc->value_count; value++) {
        while (depth && value >= ends[depth - 1]) depth--;
        if (!yyjson_is_ctn(value)) continue;
        if (depth == JSON_DEPTH_MAX) return err_raise(ERR_INVALID, "nested deeper than %d", JSON_DEPTH_MAX);
        ends[depth++] = unsafe_yyjson_get_next(value);
        if (yyjson_is_obj(value)) TRY(check_keys(arena, doc, value));
    }
    return OK;
}

static enum err no_memory(str text)
{
    return err_raise(ERR_NOMEM, "no memory for a JSON document of %zu bytes", text.n);
}

enum err json_read(struct arena *arena, str text, struct json_doc *ret)
{
    yyjson_alc pool = {pool_alloc, pool_realloc, pool_free, arena};
    yyjson_read_err error = {0};
    if (text.n == 0) return err_raise(ERR_INVALID, "empty: a JSON value is expected");
    char *copy = arena_alloc_raw(arena, text.n + YYJSON_PADDING_SIZE);
    if (!copy) return no_memory(text);
    memcpy(copy, text.p, text.n);
    memset(copy + text.n, 0, YYJSON_PADDING_SIZE);
    yyjson_doc *doc =
        yyjson_read_opts(copy, text.n, YYJSON_READ_NUMBER_AS_RAW | YYJSON_READ_INSITU, &pool, &error);
    if (!doc && error.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION) return no_memory(text);
    if (!doc) return err_raise(ERR_INVALID, "%s at byte %zu", error.msg, error.pos);
    struct json_doc read = {text, yyjson_doc_get_root(doc), yyjson_doc_get_val_count(doc), copy};
    TRY(check_tree(arena, &read));
    *ret = read;
    return OK;
}

enum err json_parse(struct arena *arena, str text, yyjson_val **ret)
{
    struct json_doc doc;
    TRY(json_read(arena, text, &doc));
    *ret = doc.root;
    return OK;
}

#define STRETCH_BYTES                                                                                        \
    ((size_t)128) /* fits the counters; the compiler makes a handful of instructions of it */

/* Commas and brackets in a stretch, those in strings included. */
static inline void count_stretch(const char *p, size_t *commas, size_t *brackets)
{
    uint8_t comma_count = 0, bracket_count = 0;
    for (size_t i = 0; i < STRETCH_BYTES; i++) {
        comma_count = (uint8_t)(comma_count + (p[i] == ','));
        bracket_count = (uint8_t)(bracket_count + ((p[i] & ~0x20) == '['));
    }
    *commas += comma_count;
    *brackets += bracket_count;
}

/* Whether there are so few commas and brackets that no look at the strings is needed. */
static bool is_plainly_small(str text, size_t value_max)
{
    size_t commas = 0, brackets = 0, at = 0;
    for (; text.n - at >= STRETCH_BYTES; at += STRETCH_BYTES) count_stretch(text.p + at, &commas, &brackets);
    char last[STRETCH_BYTES] = {0};
    if (at < text.n) memcpy(last, text.p + at, text.n - at);
    count_stretch(last, &commas, &brackets);
    return brackets <= JSON_DEPTH_MAX && commas + brackets <= value_max;
}

enum err json_check_size(str text, size_t value_max)
{
    if (is_plainly_small(text, value_max)) return OK;
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
