/* Duplicate marking by a hash table, and the encoded list. */
#include "jobs/inputs.h"

#include <zstd.h>

#include "base/hash.h"

#define ENCODED_LEVEL     1
#define ENCODED_BYTES_MAX ((size_t)1 << 30) /* of a list before compression */
#define VARINT_BYTES_MAX  ((size_t)10)

/* An open table of at least twice as many slots as inputs; a slot is an index plus one. */
struct seen {
    uint32_t *slots;
    size_t mask;
    struct hash_key key;
};

static bool was_seen(struct seen *seen, const struct input *inputs, size_t i)
{
    size_t at = hash_bytes(seen->key, inputs[i].text) & seen->mask;
    for (; seen->slots[at]; at = (at + 1) & seen->mask) {
        if (str_eq(inputs[seen->slots[at] - 1].text, inputs[i].text)) return true;
    }
    seen->slots[at] = (uint32_t)(i + 1);
    return false;
}

enum err inputs_mark_duplicates(struct input *inputs, size_t count, struct arena *arena)
{
    size_t room = 16;
    must(count < UINT32_MAX);
    while (room < count * 2) room *= 2;
    struct seen seen = {arena_array(arena, room, sizeof *seen.slots), room - 1, hash_process_key()};
    if (!seen.slots) return err_raise(ERR_NOMEM, "no memory to compare %zu identifiers", count);
    for (size_t i = 0; i < count; i++) inputs[i].is_duplicate = was_seen(&seen, inputs, i);
    return OK;
}

static void add_varint(struct buf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7) buf_add_char(out, (char)(uint8_t)(value | 0x80));
    buf_add_char(out, (char)(uint8_t)value);
}

static enum err take_varint(str *rest, uint64_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < VARINT_BYTES_MAX && i < rest->n; i++) {
        uint8_t byte = (uint8_t)rest->p[i];
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80) continue;
        *rest = str_from(*rest, i + 1);
        *ret = value;
        return OK;
    }
    return err_raise(ERR_CORRUPT, "stored identifiers: broken length");
}

static enum err compress(str plain, struct buf *out)
{
    size_t room = ZSTD_compressBound(plain.n);
    char *place = buf_reserve(out, room);
    if (!place) return err_raise(ERR_NOMEM, "no room for %zu bytes of identifiers", plain.n);
    size_t n = ZSTD_compress(place, room, plain.p, plain.n, ENCODED_LEVEL);
    if (ZSTD_isError(n)) return err_raise(ERR_NOMEM, "cannot compress: %s", ZSTD_getErrorName(n));
    out->n += n;
    return OK;
}

enum err inputs_encode(const struct input *inputs, size_t count, struct buf *out)
{
    struct buf plain;
    buf_init(&plain, ENCODED_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        add_varint(&plain, (uint64_t)inputs[i].text.n * 2 + inputs[i].is_duplicate);
        buf_add(&plain, inputs[i].text);
    }
    enum err e = buf_check(&plain);
    if (e == OK) e = compress(buf_str(&plain), out);
    buf_fini(&plain);
    return e;
}

static enum err decompress(str encoded, struct arena *arena, str *ret)
{
    unsigned long long bytes = ZSTD_getFrameContentSize(encoded.p, encoded.n);
    if (bytes > ENCODED_BYTES_MAX) return err_raise(ERR_CORRUPT, "stored identifiers: not in their form");
    char *plain = arena_alloc(arena, (size_t)bytes);
    if (!plain) return err_raise(ERR_NOMEM, "no memory for %llu bytes of identifiers", bytes);
    size_t n = ZSTD_decompress(plain, (size_t)bytes, encoded.p, encoded.n);
    if (ZSTD_isError(n) || n != bytes) return err_raise(ERR_CORRUPT, "stored identifiers: damaged");
    *ret = str_of(plain, n);
    return OK;
}

static enum err take_input(str *rest, struct input *ret)
{
    uint64_t head = 0;
    TRY(take_varint(rest, &head));
    if (head / 2 > rest->n) return err_raise(ERR_CORRUPT, "stored identifiers: cut off");
    *ret = (struct input){str_slice(*rest, 0, (size_t)(head / 2)), head & 1};
    *rest = str_from(*rest, (size_t)(head / 2));
    return OK;
}

static enum err count_inputs(str plain, size_t *ret)
{
    struct input ignored;
    size_t count = 0;
    for (; plain.n; count++) TRY(take_input(&plain, &ignored));
    *ret = count;
    return OK;
}

enum err inputs_decode(str encoded, struct arena *arena, struct input **ret, size_t *ret_count)
{
    str plain;
    size_t count;
    TRY(decompress(encoded, arena, &plain));
    TRY(count_inputs(plain, &count));
    struct input *inputs = arena_array(arena, count, sizeof *inputs);
    if (!inputs) return err_raise(ERR_NOMEM, "no memory for %zu identifiers", count);
    for (size_t i = 0; i < count; i++) TRY(take_input(&plain, &inputs[i]));
    *ret = inputs;
    *ret_count = count;
    return OK;
}
