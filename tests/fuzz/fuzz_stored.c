/* What is read back from control.db, in any bytes: a batch's pieces and its identifiers. The first byte
 * picks; the second is the number of the batch's claims.
 *
 * What decodes encodes to something that decodes the same.
 */
#include "base/crc.h"
#include "jobs/inputs.h"
#include "store/piece_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_pieces(str bytes, uint32_t claim_count, struct arena *arena)
{
    struct piece_list list;
    str again;
    enum err e = piece_list_decode(bytes, claim_count, arena, &list);
    must(e == OK || e == ERR_CORRUPT || e == ERR_NOMEM);
    if (e != OK) return;
    must(list.count <= claim_count && piece_list_prefix(&list) <= list.count);
    must(piece_list_encode(&list, arena, &again) == OK && str_eq(again, bytes));
}

/* The checksum, which no mutation hits, is put in front. */
static void read_inputs(str content, struct arena *arena)
{
    struct input *inputs, *same;
    size_t count, same_count;
    str again;
    uint32_t crc = crc32_add(0, content);
    char *bytes = arena_alloc(arena, sizeof crc + content.n);
    must(bytes != NULL);
    memcpy(bytes, &crc, sizeof crc);
    if (content.n) memcpy(bytes + sizeof crc, content.p, content.n);
    enum err e = inputs_decode(str_of(bytes, sizeof crc + content.n), arena, &inputs, &count);
    must(e == OK || e == ERR_CORRUPT || e == ERR_NOMEM);
    if (e != OK || inputs_encode(inputs, count, arena, &again) != OK) return;
    if (inputs_decode(again, arena, &same, &same_count) != OK) return;
    must(count == same_count);
    for (size_t i = 0; i < count; i++)
        must(str_eq(inputs[i].text, same[i].text) && inputs[i].is_duplicate == same[i].is_duplicate);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    if (size < 2) return 0;
    str rest = str_of(data + 2, size - 2);
    arena_init(&arena, 4 << 20);
    if (data[0] & 1)
        read_pieces(rest, data[1], &arena);
    else
        read_inputs(rest, &arena);
    arena_fini(&arena);
    return 0;
}
