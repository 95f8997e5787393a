/* Sampling, training, compressing. */
#include "store/packer.h"

#include <zdict.h>
#include <zstd.h>

#define LEVEL            1
#define DICTIONARY_BYTES ((size_t)112 << 10)

static void kind_init(struct packed_kind *kind, uint64_t sample_bytes)
{
    size_t sample_bytes_max = sample_bytes + RECORD_BYTES_MAX;
    *kind = (struct packed_kind){0};
    buf_init(&kind->sample, sample_bytes_max);
    buf_init(&kind->lengths, sample_bytes_max * sizeof(size_t));
    buf_init(&kind->dictionary, DICTIONARY_BYTES);
    buf_init(&kind->frame, ZSTD_COMPRESSBOUND(RECORD_BYTES_MAX));
}

static void kind_fini(struct packed_kind *kind)
{
    ZSTD_freeCCtx(kind->context);
    ZSTD_freeCDict(kind->prepared);
    buf_fini(&kind->sample);
    buf_fini(&kind->lengths);
    buf_fini(&kind->dictionary);
    buf_fini(&kind->frame);
}

void packer_init(struct packer *packer, const struct packer_settings *settings)
{
    *packer = (struct packer){.settings = *settings};
    kind_init(&packer->of_default, settings->sample_bytes);
    kind_init(&packer->of_rest, settings->sample_bytes);
    buf_init(&packer->packed, RECORD_BYTES_MAX);
}

void packer_fini(struct packer *packer)
{
    kind_fini(&packer->of_default);
    kind_fini(&packer->of_rest);
    buf_fini(&packer->packed);
}

str packer_default_dictionary(const struct packer *packer)
{
    return buf_str(&packer->of_default.dictionary);
}

str packer_rest_dictionary(const struct packer *packer)
{
    return buf_str(&packer->of_rest.dictionary);
}

/* -- training -- */

static void sample_text(struct packed_kind *kind, str text)
{
    buf_add(&kind->sample, text);
    buf_add(&kind->lengths, str_of(&text.n, sizeof text.n));
}

/* A sample that is too small for training is a dictionary itself, its end at least; of no text, what any rest
 * begins with: segments show by their dictionaries how they are packed. */
static enum err find_dictionary(struct packed_kind *kind)
{
    if (kind->sample.n == 0) sample_text(kind, STR(","));
    TRY(buf_check(&kind->sample));
    TRY(buf_check(&kind->lengths));
    char *place = buf_reserve(&kind->dictionary, DICTIONARY_BYTES);
    if (!place) return buf_check(&kind->dictionary);
    str sample = buf_str(&kind->sample);
    unsigned count = (unsigned)(kind->lengths.n / sizeof(size_t));
    size_t bytes = ZDICT_trainFromBuffer(place, DICTIONARY_BYTES, sample.p,
                                         (const size_t *)(void *)kind->lengths.p, count);
    if (ZDICT_isError(bytes)) {
        if (sample.n > DICTIONARY_BYTES) sample = str_from(sample, sample.n - DICTIONARY_BYTES);
        buf_add(&kind->dictionary, sample);
    } else {
        kind->dictionary.n = bytes;
    }
    buf_fini(&kind->sample);
    buf_fini(&kind->lengths);
    return OK;
}

/* Readers know the lengths and the dictionary: frames need not say them. */
static bool set_up(struct packed_kind *kind)
{
    ZSTD_CCtx *context = kind->context = ZSTD_createCCtx();
    str dictionary = buf_str(&kind->dictionary);
    if (dictionary.n) kind->prepared = ZSTD_createCDict(dictionary.p, dictionary.n, LEVEL);
    return context && (kind->prepared || !dictionary.n) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_dictIDFlag, 0)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)) &&
           !ZSTD_isError(ZSTD_CCtx_refCDict(context, kind->prepared));
}

static enum err train_kind(struct packed_kind *kind)
{
    TRY(find_dictionary(kind));
    return set_up(kind) ? OK : err_raise(ERR_NOMEM, "no memory to compress records");
}

static enum err train(struct packer *packer)
{
    if (packer->settings.compression == COMPRESSION_ALL) TRY(train_kind(&packer->of_default));
    TRY(train_kind(&packer->of_rest));
    packer->is_trained = true;
    return OK;
}

static enum err sample(struct packer *packer, const struct record *record)
{
    if (packer->settings.compression == COMPRESSION_ALL)
        sample_text(&packer->of_default, record->default_run);
    sample_text(&packer->of_rest, str_from(record->text, record->default_bytes));
    packer->sampled_bytes += record->all_bytes;
    return packer->sampled_bytes >= packer->settings.sample_bytes ? train(packer) : OK;
}

/* -- packing -- */

static enum err compress(struct packed_kind *kind, str text)
{
    size_t room = ZSTD_compressBound(text.n);
    buf_clear(&kind->frame);
    if (text.n == 0) return OK;
    char *place = buf_reserve(&kind->frame, room);
    if (!place) return buf_check(&kind->frame);
    size_t bytes = ZSTD_compress2(kind->context, place, room, text.p, text.n);
    if (ZSTD_isError(bytes)) return err_raise(ERR_NOMEM, "no memory to compress a record");
    kind->frame.n = bytes;
    return OK;
}

enum err packer_pack(struct packer *packer, const struct record *record, str *ret)
{
    *ret = record->bytes;
    if (packer->settings.compression == COMPRESSION_NONE || record->is_tombstone) return OK;
    if (!packer->is_trained) return sample(packer, record);
    if (packer->settings.compression == COMPRESSION_ALL)
        TRY(compress(&packer->of_default, record->default_run));
    TRY(compress(&packer->of_rest, str_from(record->text, record->default_bytes)));
    buf_clear(&packer->packed);
    enum err e = record_pack(record, buf_str(&packer->of_default.frame), buf_str(&packer->of_rest.frame),
                             &packer->packed);
    if (e == OK && packer->packed.n < record->bytes.n) *ret = buf_str(&packer->packed);
    return e == ERR_LIMIT ? OK : e;
}
