/* What a segment's keys and its files need of each other. */
#include "store/segment_writer.h"

#include "store/key_hash.h"

struct segment_writer {
    struct segment_output output;
    struct buf united; /* a record with its inherited keys */
    struct segment_keys keys;
};

enum err segment_writer_new(const char *folder_cstr, enum entity entity, uint32_t number,
                            struct hash_key secret, const struct packer_settings *packing,
                            struct segment_writer **ret)
{
    struct segment_writer *writer = calloc(1, sizeof *writer);
    if (!writer) return err_raise(ERR_NOMEM, "no memory to write a segment");
    buf_init(&writer->united, RECORD_BYTES_MAX);
    segment_keys_init(&writer->keys, secret);
    enum err e = segment_output_init(&writer->output, folder_cstr, entity, number, secret, packing);
    if (e != OK) {
        segment_writer_free(writer);
        return e;
    }
    *ret = writer;
    return OK;
}

void segment_writer_free(struct segment_writer *writer)
{
    if (!writer) return;
    segment_output_fini(&writer->output);
    buf_fini(&writer->united);
    segment_keys_fini(&writer->keys);
    free(writer);
}

/* Lets the record supersede the id's earlier version. ret: what to store, the record with the earlier one's
 * keys; without them if it would become too large. A tombstone takes the keys along, too, for a version
 * behind it. */
static enum err supersede(struct segment_writer *writer, const struct record *record,
                          uint64_t earlier_location, struct record *ret)
{
    struct record earlier;
    TRY(segment_output_read_back(&writer->output, earlier_location, &earlier));
    segment_output_discount(&writer->output, &earlier);
    if (earlier.key_count == 0) return OK;
    buf_clear(&writer->united);
    enum err e = record_inherit_keys(record, &earlier, &writer->united);
    if (e == OK) TRY(record_open(buf_str(&writer->united), ret));
    return e == ERR_LIMIT ? OK : e;
}

enum err segment_writer_put(struct segment_writer *writer, const struct record *record, bool *ret_is_repeated)
{
    uint64_t id_hash = key_hash_id(writer->keys.secret, record->id), location;
    uint64_t earlier = segment_keys_find(&writer->keys, record->id, id_hash);
    struct record stored = *record;
    if (earlier) TRY(supersede(writer, record, earlier, &stored));
    if (stored.bytes.p == record->bytes.p) {
        TRY(segment_output_lend(&writer->output, &stored, &location));
    } else {
        TRY(segment_output_add(&writer->output, &stored, &location));
    }
    TRY(segment_keys_add(&writer->keys, record, id_hash, location));
    *ret_is_repeated = earlier != 0;
    return OK;
}

enum err segment_writer_take(struct segment_writer *writer)
{
    return segment_output_take(&writer->output);
}

bool segment_writer_is_full(const struct segment_writer *writer, size_t memory_bytes)
{
    return segment_keys_bytes(&writer->keys) >= memory_bytes ||
           segment_output_bytes(&writer->output) >= SEGMENT_BYTES_MAX - RECORD_BYTES_MAX;
}

static uint64_t count_keys(const struct segment_keys *keys)
{
    struct key_owner owner;
    uint64_t count = 0;
    for (size_t at = 0; segment_keys_next(keys, &at, &owner);) count++;
    return count;
}

static enum err each_slot(void *context, segment_slot_fn *add, void *add_context)
{
    const struct segment_keys *keys = context;
    struct key_owner owner;
    for (size_t at = 0; segment_keys_next(keys, &at, &owner);) {
        struct segment_slot slot = {owner.hash, segment_keys_version(keys, &owner)->location};
        TRY(add(add_context, slot));
    }
    return OK;
}

enum err segment_writer_finish(struct segment_writer *writer)
{
    segment_keys_settle(&writer->keys);
    return segment_output_finish(&writer->output, count_keys(&writer->keys), each_slot, &writer->keys);
}

const struct segment_counts *segment_writer_counts(const struct segment_writer *writer)
{
    return &writer->output.counts;
}

const struct segment_keys *segment_writer_keys(const struct segment_writer *writer)
{
    return &writer->keys;
}
