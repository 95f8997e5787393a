/* gzip by ISA-L, zstd by its library, plain by memcpy. */
#include "intake/unpack.h"

#include <isa-l/igzip_lib.h>
#include <zstd.h>

struct unpack {
    enum unpack_format format;
    bool is_complete;
    struct inflate_state gzip;
    ZSTD_DStream *zstd;
};

enum unpack_format unpack_detect(str head)
{
    if (str_starts(head, STR("\x1f\x8b"))) return UNPACK_GZIP;
    if (str_starts(head, STR("\x28\xb5\x2f\xfd"))) return UNPACK_ZSTD;
    return UNPACK_PLAIN;
}

static void begin_member(struct unpack *unpack)
{
    isal_inflate_reset(&unpack->gzip);
    unpack->gzip.crc_flag = ISAL_GZIP; /* header and trailer are ISA-L's business, too */
}

enum err unpack_new(enum unpack_format format, struct unpack **ret)
{
    struct unpack *unpack = calloc(1, sizeof *unpack);
    if (!unpack) return err_raise(ERR_NOMEM, "no memory to decompress");
    unpack->format = format;
    unpack->is_complete = true;
    isal_inflate_init(&unpack->gzip);
    if (format == UNPACK_ZSTD) unpack->zstd = ZSTD_createDStream();
    if (format == UNPACK_ZSTD && !unpack->zstd) {
        free(unpack);
        return err_raise(ERR_NOMEM, "no memory to decompress");
    }
    *ret = unpack;
    return OK;
}

void unpack_free(struct unpack *unpack)
{
    if (!unpack) return;
    ZSTD_freeDStream(unpack->zstd);
    free(unpack);
}

static enum err step_plain(str *in, char *out, size_t n, size_t *ret_n)
{
    size_t taken = in->n < n ? in->n : n;
    if (taken) memcpy(out, in->p, taken);
    *in = str_from(*in, taken);
    *ret_n = taken;
    return OK;
}

static enum err step_gzip(struct unpack *unpack, str *in, char *out, size_t n, size_t *ret_n)
{
    struct inflate_state *state = &unpack->gzip;
    if (unpack->is_complete) {
        if (in->p[0] != '\x1f') return err_raise(ERR_CORRUPT, "something else follows the gzip data");
        begin_member(unpack);
        unpack->is_complete = false;
    }
    must(in->n <= UINT32_MAX && n <= UINT32_MAX);
    state->next_in = (uint8_t *)(uintptr_t)in->p;
    state->avail_in = (uint32_t)in->n;
    state->next_out = (uint8_t *)out;
    state->avail_out = (uint32_t)n;
    int code = isal_inflate(state);
    if (code < 0) return err_raise(ERR_CORRUPT, "damaged gzip data (ISA-L error %d)", code);
    *in = str_from(*in, in->n - state->avail_in);
    *ret_n = n - state->avail_out;
    unpack->is_complete = state->block_state == ISAL_BLOCK_FINISH;
    return OK;
}

static enum err step_zstd(struct unpack *unpack, str *in, char *out, size_t n, size_t *ret_n)
{
    ZSTD_inBuffer input = {in->p, in->n, 0};
    ZSTD_outBuffer output = {out, n, 0};
    size_t code = ZSTD_decompressStream(unpack->zstd, &output, &input);
    if (ZSTD_isError(code)) return err_raise(ERR_CORRUPT, "damaged zstd data (%s)", ZSTD_getErrorName(code));
    *in = str_from(*in, input.pos);
    *ret_n = output.pos;
    unpack->is_complete = code == 0;
    return OK;
}

enum err unpack_step(struct unpack *unpack, str *in, char *out, size_t n, size_t *ret_n)
{
    switch (unpack->format) {
    case UNPACK_GZIP:
        return step_gzip(unpack, in, out, n, ret_n);
    case UNPACK_ZSTD:
        return step_zstd(unpack, in, out, n, ret_n);
    default:
        return step_plain(in, out, n, ret_n);
    }
}

bool unpack_is_complete(const struct unpack *unpack)
{
    return unpack->is_complete;
}
