/* Arithmetic over pieces: where each stands in a file, and which bytes a range is made of. */
#include "results/file.h"

#include <zlib.h>

#include "crypto/mac.h"

static const char head[RESULT_FILE_HEAD_BYTES] = "\x1f\x8b\x08\0\0\0\0\0\0\xff";

static const str merged_name = STR_INIT("results.jsonl.gz");
static const str unresolved_name = STR_INIT("unresolved.jsonl.gz");
static const str part_prefix = STR_INIT("part-");
static const str part_suffix = STR_INIT(".jsonl.gz");

void result_file_name_add(struct buf *out, struct result_file_name name)
{
    switch (name.kind) {
    case RESULT_FILE_MERGED:
        buf_add(out, merged_name);
        return;
    case RESULT_FILE_UNRESOLVED:
        buf_add(out, unresolved_name);
        return;
    case RESULT_FILE_PART:
        buf_add(out, part_prefix);
        buf_add_padded(out, name.part, 3);
        buf_add(out, part_suffix);
        return;
    }
}

/* Three digits, or more without a leading zero: one text for each number. */
static enum err parse_part_number(str digits, uint32_t *ret)
{
    uint64_t number;
    if (digits.n < 3 || (digits.n > 3 && digits.p[0] == '0')) return ERR_INVALID;
    if (str_to_u64(digits, UINT32_MAX, &number) != OK) return ERR_INVALID;
    *ret = (uint32_t)number;
    return OK;
}

enum err result_file_name_parse(str text, struct result_file_name *ret)
{
    struct result_file_name name = {.kind = RESULT_FILE_PART};
    if (str_eq(text, merged_name)) {
        name.kind = RESULT_FILE_MERGED;
    } else if (str_eq(text, unresolved_name)) {
        name.kind = RESULT_FILE_UNRESOLVED;
    } else if (str_starts(text, part_prefix) && str_ends(text, part_suffix)) {
        TRY(parse_part_number(str_slice(text, part_prefix.n, text.n - part_suffix.n), &name.part));
    } else {
        return ERR_INVALID;
    }
    *ret = name;
    return OK;
}

uint32_t result_part_count(const struct batch *batch)
{
    uint32_t claims = batch_claim_count(batch);
    return claims / batch->part_claims + (claims % batch->part_claims != 0);
}

/* The claims whose pieces a file is made of. */
static enum err claims_of_file(const struct batch *batch, uint32_t pair_count, struct result_file_name name,
                               uint32_t *ret_first, uint32_t *ret_end)
{
    uint64_t first = 0;
    uint64_t end = pair_count;
    if (name.kind == RESULT_FILE_PART) {
        if (name.part >= result_part_count(batch)) return err_raise(ERR_NOT_FOUND, "no such part");
        first = (uint64_t)name.part * batch->part_claims;
        end = first + batch->part_claims;
    }
    *ret_first = (uint32_t)(first < pair_count ? first : pair_count);
    *ret_end = (uint32_t)(end < pair_count ? end : pair_count);
    return OK;
}

/* What has been put together so far. */
struct sum {
    uint64_t raw_bytes;
    uint32_t crc;
};

static void add_piece(struct result_file *file, const struct piece *piece, struct sum *sum)
{
    file->lines += piece->lines;
    if (piece->bytes == 0) return;
    file->pieces[file->piece_count] = piece;
    file->starts[file->piece_count] = file->bytes;
    file->piece_count++;
    file->bytes += piece->bytes;
    sum->crc = (uint32_t)crc32_combine(sum->crc, piece->crc, (z_off_t)piece->raw_bytes);
    sum->raw_bytes += piece->raw_bytes;
}

static void put_u32(char *out, uint32_t value)
{
    for (int i = 0; i < 4; i++) out[i] = (char)(uint8_t)(value >> (8 * i));
}

/* An empty final block, then what RFC 1952 wants of a member: CRC and length modulo 2^32. */
static void end_file(struct result_file *file, struct sum sum)
{
    file->tail[0] = 3;
    file->tail[1] = 0;
    put_u32(file->tail + 2, sum.crc);
    put_u32(file->tail + 6, (uint32_t)sum.raw_bytes);
    file->bytes += RESULT_FILE_TAIL_BYTES;
}

/* Half of a SHA-256 over what tells one content from another. */
static void make_etag(const struct batch *batch, struct result_file_name name, struct result_file *file)
{
    static const char hex[] = "0123456789abcdef";
    char text[128];
    uint8_t hash[SHA256_BYTES];
    int n = snprintf(text, sizeof text, "%.*s %d %" PRIu32 " %" PRIu64 " ", STR_ARG(UUID_STR(batch->id)),
                     (int)name.kind, name.part, file->bytes);
    must(n > 0 && (size_t)n + sizeof file->tail <= sizeof text);
    memcpy(text + n, file->tail, sizeof file->tail);
    sha256(str_of(text, (size_t)n + sizeof file->tail), hash);
    for (size_t i = 0; i < sizeof file->etag; i++) {
        file->etag[i] = hex[(hash[i / 2] >> (i % 2 ? 0 : 4)) & 15];
    }
}

enum err result_file_open(const struct batch *batch, const struct piece_pair *pairs, uint32_t pair_count,
                          struct result_file_name name, struct arena *arena, struct result_file *ret)
{
    uint32_t first = 0;
    uint32_t end = 0;
    struct sum sum = {0};
    TRY(claims_of_file(batch, pair_count, name, &first, &end));
    struct result_file file = {
        .pieces = arena_array(arena, end - first, sizeof *file.pieces),
        .starts = arena_array(arena, end - first, sizeof *file.starts),
        .bytes = RESULT_FILE_HEAD_BYTES,
    };
    if (!file.pieces || !file.starts) return err_raise(ERR_NOMEM, "no memory for a list of pieces");
    for (uint32_t i = first; i < end; i++) {
        bool is_unresolved = name.kind == RESULT_FILE_UNRESOLVED;
        add_piece(&file, is_unresolved ? &pairs[i].unresolved : &pairs[i].results, &sum);
    }
    end_file(&file, sum);
    make_etag(batch, name, &file);
    *ret = file;
    return OK;
}

/* A list of extents that is being made of the file bytes from..to. */
struct cut {
    uint64_t from, to;
    struct result_extent *extents;
    size_t count;
};

/* The common part of from..to and the `bytes` bytes at `start`; false if there is none. */
static bool overlap(const struct cut *cut, uint64_t start, uint64_t bytes, uint64_t *ret_skip, size_t *ret_n)
{
    uint64_t low = cut->from > start ? cut->from : start;
    uint64_t high = cut->to < start + bytes ? cut->to : start + bytes;
    if (low >= high) return false;
    *ret_skip = low - start;
    *ret_n = (size_t)(high - low);
    return true;
}

static void cut_literal(struct cut *cut, uint64_t start, str bytes)
{
    uint64_t skip;
    size_t n;
    if (!overlap(cut, start, bytes.n, &skip, &n)) return;
    cut->extents[cut->count++] = (struct result_extent){.is_literal = true, .p = bytes.p + skip, .n = n};
}

static void cut_piece(struct cut *cut, uint64_t start, const struct piece *piece)
{
    uint64_t skip;
    size_t n;
    if (!overlap(cut, start, piece->bytes, &skip, &n)) return;
    struct result_extent *last = cut->count ? &cut->extents[cut->count - 1] : NULL;
    if (last && !last->is_literal && last->offset + last->n == piece->offset + skip) {
        last->n += n;
        return;
    }
    cut->extents[cut->count++] = (struct result_extent){.offset = piece->offset + skip, .n = n};
}

/* The first piece that ends behind `from`. */
static uint32_t first_piece(const struct result_file *file, uint64_t from)
{
    uint32_t low = 0;
    uint32_t high = file->piece_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (file->starts[middle] + file->pieces[middle]->bytes <= from) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

enum err result_file_extents(const struct result_file *file, uint64_t from, uint64_t to, struct arena *arena,
                             struct result_extent **ret, size_t *ret_count)
{
    must(from <= to && to <= file->bytes);
    uint32_t first = first_piece(file, from);
    uint32_t end = first;
    while (end < file->piece_count && file->starts[end] < to) end++;
    struct cut cut = {from, to, arena_array(arena, (size_t)(end - first) + 2, sizeof *cut.extents), 0};
    if (!cut.extents) return err_raise(ERR_NOMEM, "no memory for a list of extents");
    cut_literal(&cut, 0, str_of(head, sizeof head));
    for (uint32_t i = first; i < end; i++) cut_piece(&cut, file->starts[i], file->pieces[i]);
    cut_literal(&cut, file->bytes - RESULT_FILE_TAIL_BYTES, str_of(file->tail, sizeof file->tail));
    *ret = cut.extents;
    *ret_count = cut.count;
    return OK;
}
