/* Fixed-size entries of little-endian numbers. */
#include "store/piece_list.h"

#define ENTRY_BYTES ((size_t)80)

enum err piece_list_init(struct piece_list *list, uint32_t count, struct arena *arena)
{
    list->count = count;
    list->numbers = arena_array(arena, count, sizeof *list->numbers);
    list->pairs = arena_array(arena, count, sizeof *list->pairs);
    return list->numbers && list->pairs ? OK : err_raise(ERR_NOMEM, "no memory for %u pieces", count);
}

static char *put(char *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) *at++ = (char)(uint8_t)(value >> (8 * i));
    return at;
}

static char *put_piece(char *at, const struct piece *piece)
{
    at = put(at, piece->offset, 8);
    at = put(at, piece->bytes, 4);
    at = put(at, piece->raw_bytes, 4);
    at = put(at, piece->crc, 4);
    return put(at, piece->lines, 4);
}

enum err piece_list_encode(const struct piece_list *list, struct arena *arena, str *ret)
{
    char *bytes = arena_array(arena, list->count, ENTRY_BYTES);
    if (!bytes) return err_raise(ERR_NOMEM, "no memory to store %u pieces", list->count);
    char *at = bytes;
    for (uint32_t i = 0; i < list->count; i++) {
        at = put(at, list->numbers[i], 4);
        at = put_piece(at, &list->pairs[i].results);
        at = put_piece(at, &list->pairs[i].unresolved);
        for (int k = 0; k < OUTCOME_COUNT; k++) at = put(at, list->pairs[i].counts.of[k], 4);
    }
    *ret = str_of(bytes, (size_t)(at - bytes));
    return OK;
}

static uint64_t take(const char **at, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value |= (uint64_t)(uint8_t) * (*at)++ << (8 * i);
    return value;
}

static enum err take_piece(const char **at, struct piece *ret)
{
    ret->offset = take(at, 8);
    ret->bytes = (uint32_t)take(at, 4);
    ret->raw_bytes = (uint32_t)take(at, 4);
    ret->crc = (uint32_t)take(at, 4);
    ret->lines = (uint32_t)take(at, 4);
    return ret->offset <= INT64_MAX ? OK : err_raise(ERR_CORRUPT, "control.db: a piece without a place");
}

static enum err take_pair(const char **at, struct piece_pair *ret)
{
    TRY(take_piece(at, &ret->results));
    TRY(take_piece(at, &ret->unresolved));
    for (int k = 0; k < OUTCOME_COUNT; k++) ret->counts.of[k] = (uint32_t)take(at, 4);
    return OK;
}

enum err piece_list_decode(str bytes, uint32_t claim_count, struct arena *arena, struct piece_list *ret)
{
    struct piece_list list;
    const char *at = bytes.p;
    size_t count = bytes.n / ENTRY_BYTES;
    if (bytes.n % ENTRY_BYTES || count > claim_count) {
        return err_raise(ERR_CORRUPT, "control.db: pieces of %zu bytes", bytes.n);
    }
    TRY(piece_list_init(&list, (uint32_t)count, arena));
    for (uint32_t i = 0; i < count; i++) {
        list.numbers[i] = (uint32_t)take(&at, 4);
        if (list.numbers[i] >= claim_count || (i && list.numbers[i] <= list.numbers[i - 1])) {
            return err_raise(ERR_CORRUPT, "control.db: pieces of claim %u", list.numbers[i]);
        }
        TRY(take_pair(&at, &list.pairs[i]));
    }
    *ret = list;
    return OK;
}

uint32_t piece_list_prefix(const struct piece_list *list)
{
    uint32_t n = 0;
    while (n < list->count && list->numbers[n] == n) n++;
    return n;
}

struct batch_counts piece_list_counts(const struct piece_list *list, uint32_t n)
{
    struct batch_counts sum = {0};
    for (uint32_t i = 0; i < n; i++) batch_counts_add(&sum, &list->pairs[i].counts);
    return sum;
}

static uint64_t end_of(const struct piece *piece)
{
    return piece->bytes ? piece->offset + piece->bytes : 0;
}

uint64_t piece_list_end(const struct piece_list *list, uint32_t n)
{
    uint64_t end = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct piece_pair *pair = &list->pairs[i];
        if (end_of(&pair->results) > end) end = end_of(&pair->results);
        if (end_of(&pair->unresolved) > end) end = end_of(&pair->unresolved);
    }
    return end;
}
