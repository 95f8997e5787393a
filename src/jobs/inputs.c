/* Duplicate marking by a hash table, and the encoded list. */
#include "jobs/inputs.h"

#include "base/crc.h"
#include "base/hash.h"
#include "base/varint.h"

#define TEXT_BYTES_MAX ((uint64_t)1 << 30) /* of all identifiers of a list */
#define CRC_BYTES      ((size_t)4)

/* An open table of at least twice as many slots as inputs; a slot is an index plus one. */
struct seen {
    uint32_t *slots;
    size_t mask;
    struct hash_key key;
};

static bool was_seen(struct seen *seen, const struct input *inputs, size_t i)
{
    size_t at = hash_bytes_fast(seen->key, inputs[i].text) & seen->mask;
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

/* ---- encoding; the room was made before ---- */

static size_t shared_bytes(str a, str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    size_t i = 0;
    for (uint64_t x, y; n - i >= sizeof x; i += sizeof x) {
        memcpy(&x, a.p + i, sizeof x);
        memcpy(&y, b.p + i, sizeof y);
        if (x != y) break;
    }
    while (i < n && a.p[i] == b.p[i]) i++;
    return i;
}

static char *put_input(char *at, str before, const struct input *input)
{
    size_t shared = shared_bytes(before, input->text);
    str rest = str_from(input->text, shared);
    at = varint_put(at, shared);
    at = varint_put(at, (uint64_t)input->text.n * 2 + input->is_duplicate);
    if (rest.n) memcpy(at, rest.p, rest.n);
    return at + rest.n;
}

static void put_crc(char *at, uint32_t crc)
{
    for (size_t i = 0; i < CRC_BYTES; i++) at[i] = (char)(uint8_t)(crc >> (8 * i));
}

enum err inputs_encode(const struct input *inputs, size_t count, struct arena *arena, str *ret)
{
    uint64_t text_bytes = 0;
    for (size_t i = 0; i < count; i++) text_bytes += inputs[i].text.n;
    if (text_bytes > TEXT_BYTES_MAX) return err_raise(ERR_NOMEM, "too many bytes of identifiers");
    char *encoded = arena_alloc_raw(arena, CRC_BYTES + text_bytes + 2 * (count + 1) * VARINT_BYTES_MAX);
    if (!encoded) return err_raise(ERR_NOMEM, "no memory for %zu identifiers", count);
    char *content = encoded + CRC_BYTES;
    char *at = varint_put(content, count);
    at = varint_put(at, text_bytes);
    for (size_t i = 0; i < count; i++) at = put_input(at, i ? inputs[i - 1].text : (str){0}, &inputs[i]);
    put_crc(encoded, crc32_add(0, str_of(content, (size_t)(at - content))));
    *ret = str_of(encoded, (size_t)(at - encoded));
    return OK;
}

/* ---- decoding ---- */

static enum err take_number(str *rest, uint64_t *ret)
{
    return varint_take(rest, ret) ? OK : err_raise(ERR_CORRUPT, "stored identifiers: broken length");
}

static enum err check_crc(str encoded, str *ret_content)
{
    char crc[CRC_BYTES];
    str content = str_from(encoded, CRC_BYTES);
    put_crc(crc, crc32_add(0, content));
    if (encoded.n < CRC_BYTES || memcmp(crc, encoded.p, CRC_BYTES) != 0)
        return err_raise(ERR_CORRUPT, "stored identifiers: damaged");
    *ret_content = content;
    return OK;
}

/* Where the texts go. */
struct texts {
    char *next, *end;
    str before; /* the latest one */
};

static enum err take_input(str *rest, struct texts *texts, struct input *ret)
{
    uint64_t shared = 0, head = 0;
    TRY(take_number(rest, &shared));
    TRY(take_number(rest, &head));
    uint64_t bytes = head / 2;
    bool fits = shared <= texts->before.n && shared <= bytes && bytes - shared <= rest->n &&
                bytes <= (uint64_t)(texts->end - texts->next);
    if (!fits) return err_raise(ERR_CORRUPT, "stored identifiers: cut off");
    if (shared) memcpy(texts->next, texts->before.p, shared);
    if (bytes > shared) memcpy(texts->next + shared, rest->p, bytes - shared);
    *rest = str_from(*rest, bytes - shared);
    texts->before = str_of(texts->next, bytes);
    texts->next += bytes;
    *ret = (struct input){texts->before, head & 1};
    return OK;
}

enum err inputs_decode(str encoded, struct arena *arena, struct input **ret, size_t *ret_count)
{
    str rest;
    uint64_t count = 0, text_bytes = 0;
    TRY(check_crc(encoded, &rest));
    TRY(take_number(&rest, &count));
    TRY(take_number(&rest, &text_bytes));
    if (count > rest.n || text_bytes > TEXT_BYTES_MAX)
        return err_raise(ERR_CORRUPT, "stored identifiers: impossible sizes");
    struct input *inputs = arena_array(arena, count, sizeof *inputs);
    char *bytes = arena_alloc_raw(arena, text_bytes);
    if (!inputs || !bytes) return err_raise(ERR_NOMEM, "no memory for %" PRIu64 " identifiers", count);
    struct texts texts = {.next = bytes, .end = bytes + text_bytes};
    for (size_t i = 0; i < count; i++) TRY(take_input(&rest, &texts, &inputs[i]));
    if (rest.n) return err_raise(ERR_CORRUPT, "stored identifiers: more than their number");
    *ret = inputs;
    *ret_count = count;
    return OK;
}
