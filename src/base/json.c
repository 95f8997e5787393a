/* The strict parse (yyjson in the arena, then one walk with an explicit stack) and the escaping writer. */
#include "base/json.h"

#include "base/hash.h"

#define SMALL_OBJECT_KEYS 32 /* up to here keys are compared, above a table is built */
#define SEEN_BITS         256

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

static inline str key_text(yyjson_val *key)
{
    return str_of(unsafe_yyjson_get_str(key), unsafe_yyjson_get_len(key));
}

static bool has_key_before(yyjson_val *object, const yyjson_val *before, str key)
{
    for (yyjson_val *earlier = object + 1; earlier != before; earlier = unsafe_yyjson_get_next(earlier + 1)) {
        if (str_eq(key_text(earlier), key)) return true;
    }
    return false;
}

/* Which of the SEEN_BITS stands for keys of this length with these first and last characters: keys with
 * different ones need not be compared. */
static unsigned key_bit(str key)
{
    unsigned mix = (unsigned)key.n;
    if (key.n) mix += (unsigned char)key.p[0] * 5u + (unsigned char)key.p[key.n - 1] * 11u;
    return mix % SEEN_BITS;
}

/* The keys of a large object. */
static enum err check_keys_by_table(struct arena *arena, yyjson_val *object)
{
    struct hash_key hash_key = hash_process_key();
    size_t slots = 4;
    while (slots < yyjson_obj_size(object) * 2) slots *= 2;
    str *table = arena_array(arena, slots, sizeof *table);
    if (!table) return err_raise(ERR_NOMEM, "no memory to check %zu keys", yyjson_obj_size(object));
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    for (yyjson_val *key_value; (key_value = yyjson_obj_iter_next(&iter));) {
        str key = key_text(key_value);
        size_t at = hash_bytes(hash_key, key) & (slots - 1);
        for (; table[at].p; at = (at + 1) & (slots - 1)) {
            if (str_eq(table[at], key)) return duplicate_key(key);
        }
        table[at] = key;
    }
    return OK;
}

/* A container whose content is being looked at. */
struct level {
    const yyjson_val *end;
    yyjson_val *object;            /* NULL: not an object */
    bool is_small;                 /* its keys are compared as they come */
    uint64_t seen[SEEN_BITS / 64]; /* a bit for each of these; see key_bit */
};

static enum err enter(struct arena *arena, yyjson_val *container, struct level *ret)
{
    bool is_object = yyjson_is_obj(container);
    *ret = (struct level){.end = unsafe_yyjson_get_next(container),
                          .object = is_object ? container : NULL,
                          .is_small = unsafe_yyjson_get_len(container) <= SMALL_OBJECT_KEYS};
    return is_object && !ret->is_small ? check_keys_by_table(arena, container) : OK;
}

/* quoted_bytes: of the key in the text. */
static enum err check_key(struct level *level, yyjson_val *key_value, size_t quoted_bytes)
{
    str key = key_text(key_value);
    bool has_escapes = quoted_bytes != key.n; /* how else would a NUL get there? */
    if (has_escapes && str_find_char(key, '\0', 0) != SIZE_MAX)
        return err_raise(ERR_INVALID, "a key holds a NUL character");
    if (!level->is_small) return OK;
    unsigned bit = key_bit(key);
    uint64_t *seen = &level->seen[bit / 64], mask = UINT64_C(1) << bit % 64;
    if (*seen & mask && has_key_before(level->object, key_value, key)) return duplicate_key(key);
    *seen |= mask;
    return OK;
}

/* The bytes of a value's own tokens: without content, but with the commas and colons between it. */
static inline size_t token_bytes(const struct json_doc *doc, yyjson_val *value)
{
    size_t n = unsafe_yyjson_get_len(value);
    switch (unsafe_yyjson_get_type(value)) {
    case YYJSON_TYPE_STR:
        return json_quoted_bytes(doc, value) + 2;
    case YYJSON_TYPE_RAW:
        return n;
    case YYJSON_TYPE_ARR:
        return n ? n + 1 : 2;
    case YYJSON_TYPE_OBJ:
        return n ? n * 2 + 1 : 2;
    default:
        return unsafe_yyjson_is_false(value) ? 5 : 4; /* true, null */
    }
}

/* Checks what yyjson does not, and finds out whether there are blanks: then the text is longer than all its
 * tokens together. A container's content follows it, so that no more is needed than the ends of the
 * containers that a value is in. */
static enum err check_tree(struct arena *arena, struct json_doc *doc)
{
    struct level levels[JSON_DEPTH_MAX + 1], *level = levels;
    size_t bytes = 0;
    levels[0] = (struct level){0}; /* around the root */
    for (yyjson_val *value = doc->root; value < doc->root + doc->value_count; value++) {
        while (value == level->end) level--;
        if (level->object) {
            size_t quoted_bytes = json_quoted_bytes(doc, value);
            TRY(check_key(level, value, quoted_bytes));
            bytes += quoted_bytes + 2;
            value++;
        }
        bytes += token_bytes(doc, value);
        if (!unsafe_yyjson_is_ctn(value)) continue;
        if (level == levels + JSON_DEPTH_MAX)
            return err_raise(ERR_INVALID, "nested deeper than %d", JSON_DEPTH_MAX);
        TRY(enter(arena, value, ++level));
    }
    doc->is_compact = bytes == doc->text.n;
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
    struct json_doc read = {text, yyjson_doc_get_root(doc), yyjson_doc_get_val_count(doc), copy, false};
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
