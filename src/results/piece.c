/* One call of ISA-L a piece: all input at once, all room that it may need. */
#include "results/piece.h"

#include <isa-l/igzip_lib.h>

#include "base/crc.h"

/* Room for incompressible input: ISA-L gives up in the middle when there is less (measured). */
#define ROOM_EXTRA_BYTES ((size_t)1024)
#define LINES_BYTES_MAX  ((size_t)2 << 30)

struct piece_deflater {
    struct isal_zstream stream;
    uint8_t level_memory[ISAL_DEF_LVL1_DEFAULT];
};

enum err piece_deflater_new(struct piece_deflater **ret)
{
    struct piece_deflater *deflater = malloc(sizeof *deflater);
    if (!deflater) return err_raise(ERR_NOMEM, "no memory for a deflater");
    *ret = deflater;
    return OK;
}

void piece_deflater_free(struct piece_deflater *deflater)
{
    free(deflater);
}

static size_t deflate_all(struct piece_deflater *deflater, str lines, char *out, size_t room)
{
    struct isal_zstream *stream = &deflater->stream;
    isal_deflate_init(stream);
    stream->level = 1;
    stream->level_buf = deflater->level_memory;
    stream->level_buf_size = sizeof deflater->level_memory;
    stream->gzip_flag = IGZIP_DEFLATE;
    stream->flush = FULL_FLUSH;
    stream->end_of_stream = 0;
    stream->next_in = (uint8_t *)(uintptr_t)lines.p; /* ISA-L does not write there */
    stream->avail_in = (uint32_t)lines.n;
    stream->next_out = (uint8_t *)out;
    stream->avail_out = (uint32_t)room;
    must(isal_deflate(stream) == COMP_OK);
    must(stream->avail_in == 0 && stream->avail_out > 0);
    return stream->total_out;
}

enum err piece_deflate(struct piece_deflater *deflater, str lines, uint32_t line_count, struct buf *out,
                       struct piece *ret)
{
    if (lines.n == 0) {
        *ret = (struct piece){.lines = line_count};
        return OK;
    }
    must(lines.n <= LINES_BYTES_MAX);
    size_t room = lines.n + lines.n / 8 + ROOM_EXTRA_BYTES;
    char *place = buf_reserve(out, room);
    if (!place) return err_raise(ERR_NOMEM, "no room for a piece of %zu bytes", lines.n);
    size_t bytes = deflate_all(deflater, lines, place, room);
    out->n += bytes;
    *ret = (struct piece){
        .bytes = (uint32_t)bytes,
        .raw_bytes = (uint32_t)lines.n,
        .crc = crc32_add(0, lines),
        .lines = line_count,
    };
    return OK;
}

/* ---- checking ---- */

#define INFLATED_BYTES ((size_t)64 << 10)

struct inflated {
    struct inflate_state state;
    uint8_t bytes[INFLATED_BYTES]; /* the latest stretch */
    uint64_t total_bytes;
    uint32_t crc;
    uint32_t lines;
};

static void take_stretch(struct inflated *inflated, size_t n)
{
    str stretch = str_of(inflated->bytes, n);
    inflated->total_bytes += n;
    inflated->crc = crc32_add(inflated->crc, stretch);
    for (size_t at = 0; (at = str_find_char(stretch, '\n', at)) != SIZE_MAX; at++) inflated->lines++;
}

/* A piece has no final block: it is over when input and output both come to nothing. */
static enum err inflate_all(struct inflated *inflated, str deflated)
{
    struct inflate_state *state = &inflated->state;
    isal_inflate_init(state);
    state->next_in = (uint8_t *)(uintptr_t)deflated.p; /* ISA-L does not write there */
    state->avail_in = (uint32_t)deflated.n;
    size_t n;
    do {
        state->next_out = inflated->bytes;
        state->avail_out = sizeof inflated->bytes;
        int code = isal_inflate(state);
        if (code != ISAL_DECOMP_OK && code != ISAL_END_INPUT)
            return err_raise(ERR_CORRUPT, "cannot be inflated");
        n = sizeof inflated->bytes - state->avail_out;
        take_stretch(inflated, n);
    } while (n);
    return OK;
}

static enum err compare(const struct inflated *inflated, const struct piece *piece)
{
    if (inflated->total_bytes != piece->raw_bytes)
        return err_raise(ERR_CORRUPT, "inflates to %" PRIu64 " bytes instead of %" PRIu32,
                         inflated->total_bytes, piece->raw_bytes);
    if (inflated->crc != piece->crc) return err_raise(ERR_CORRUPT, "does not match its checksum");
    if (inflated->lines != piece->lines)
        return err_raise(ERR_CORRUPT, "has %" PRIu32 " lines instead of %" PRIu32, inflated->lines,
                         piece->lines);
    return OK;
}

enum err piece_check(const struct piece *piece, str deflated)
{
    must(deflated.n == piece->bytes);
    struct inflated *inflated = calloc(1, sizeof *inflated);
    if (!inflated) return err_raise(ERR_NOMEM, "no memory to inflate a piece");
    enum err e = inflate_all(inflated, deflated);
    if (e == OK) e = compare(inflated, piece);
    free(inflated);
    return e;
}

enum err piece_inflate(const struct piece *piece, str deflated, struct buf *out)
{
    struct inflate_state state;
    must(deflated.n == piece->bytes);
    if (piece->bytes == 0) return OK;
    char *place = buf_reserve(out, piece->raw_bytes);
    if (!place) return err_raise(ERR_NOMEM, "no room for the lines of a piece");
    isal_inflate_init(&state);
    state.next_in = (uint8_t *)(uintptr_t)deflated.p; /* ISA-L does not write there */
    state.avail_in = (uint32_t)deflated.n;
    state.next_out = (uint8_t *)place;
    state.avail_out = piece->raw_bytes;
    int code = isal_inflate(&state);
    str lines = str_of(place, piece->raw_bytes);
    if ((code != ISAL_DECOMP_OK && code != ISAL_END_INPUT) || state.avail_out ||
        crc32_add(0, lines) != piece->crc)
        return err_raise(ERR_CORRUPT, "a piece does not match its checksum");
    out->n += lines.n;
    return OK;
}
