/* Frames carry checksums, so that a damaged one is noticed by whoever reads it. */
#include "store/unpacker.h"

#include <zstd.h>

static enum err open_dictionary(str bytes, ZSTD_DDict **ret)
{
    *ret = NULL;
    if (bytes.n == 0) return OK;
    *ret = ZSTD_createDDict(bytes.p, bytes.n);
    return *ret ? OK : err_raise(ERR_NOMEM, "no memory for a dictionary");
}

enum err dictionaries_open(str of_default, str of_rest, struct dictionaries *ret)
{
    *ret = (struct dictionaries){0};
    TRY(open_dictionary(of_default, &ret->of_default));
    return open_dictionary(of_rest, &ret->of_rest);
}

void dictionaries_close(struct dictionaries *dictionaries)
{
    ZSTD_freeDDict(dictionaries->of_default);
    ZSTD_freeDDict(dictionaries->of_rest);
}

void unpacker_init(struct unpacker *unpacker)
{
    unpacker->context = NULL;
    buf_init(&unpacker->text, RECORD_BYTES_MAX);
}

void unpacker_fini(struct unpacker *unpacker)
{
    ZSTD_freeDCtx(unpacker->context);
    buf_fini(&unpacker->text);
}

static enum err inflate(struct unpacker *unpacker, str frame, const ZSTD_DDict *dictionary, char *to,
                        size_t bytes)
{
    if (!unpacker->context) unpacker->context = ZSTD_createDCtx();
    if (!unpacker->context) return err_raise(ERR_NOMEM, "no memory to inflate a record");
    size_t n = ZSTD_decompress_usingDDict(unpacker->context, to, bytes, frame.p, frame.n, dictionary);
    if (ZSTD_isError(n) || n != bytes) return err_raise(ERR_CORRUPT, "a record's frame is damaged");
    return OK;
}

enum err unpack_record(struct unpacker *unpacker, const struct dictionaries *dictionaries,
                       enum record_part part, struct record *record)
{
    str rest = part == RECORD_PART_ALL ? record->rest_frame : (str){0};
    size_t default_bytes = record->default_bytes;
    size_t bytes = rest.n ? record->text_bytes : default_bytes;
    if (!record->default_frame.n && !rest.n) return OK;
    buf_clear(&unpacker->text);
    char *to = buf_reserve(&unpacker->text, bytes);
    if (!to) return buf_check(&unpacker->text);
    if (record->default_frame.n) {
        TRY(inflate(unpacker, record->default_frame, dictionaries->of_default, to, default_bytes));
    } else {
        memcpy(to, record->text.p, default_bytes);
    }
    if (rest.n)
        TRY(inflate(unpacker, rest, dictionaries->of_rest, to + default_bytes, bytes - default_bytes));
    record_set_text(record, str_of(to, bytes));
    return OK;
}
