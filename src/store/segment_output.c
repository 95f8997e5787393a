/* Both files through one large buffer, one after the other. */
#include "store/segment_output.h"

#include "base/crc.h"

#define BUFFER_BYTES ((size_t)1 << 20)    /* written at once */
#define DIRECT_BYTES ((size_t)64 << 10)   /* as much that was lent is written from where it is */
#define SEND_BYTES   ((uint64_t)16 << 20) /* sent to the disk at once: the sync at the end is then short */
#define LOAD_PERCENT 75                   /* keys a hundred homes of the index */

static enum err write_out(struct segment_output *output, str bytes)
{
    TRY(os_write(output->file, bytes));
    output->flushed_bytes += bytes.n;
    if (output->flushed_bytes - output->sent_bytes >= SEND_BYTES) {
        os_sync_soon(output->file, output->sent_bytes, output->flushed_bytes - output->sent_bytes);
        output->sent_bytes = output->flushed_bytes;
    }
    return OK;
}

static enum err flush(struct segment_output *output)
{
    TRY(buf_check(&output->buffer));
    TRY(write_out(output, buf_str(&output->buffer)));
    buf_clear(&output->buffer);
    return OK;
}

/* -- data -- */

static enum err begin_data(struct segment_output *output)
{
    struct segment_data_head head = {.magic = SEGMENT_DATA_MAGIC,
                                     .version = SEGMENT_VERSION,
                                     .entity = output->entity,
                                     .number = output->number};
    head.crc = crc32_add(0, str_of(&head, sizeof head));
    TRY(os_create(output->data_path, &output->file));
    buf_add(&output->buffer, str_of(&head, sizeof head));
    return buf_check(&output->buffer);
}

enum err segment_output_init(struct segment_output *output, const char *folder_cstr, enum entity entity,
                             uint32_t number, struct hash_key secret, const struct packer_settings *packing)
{
    *output = (struct segment_output){.entity = entity, .number = number, .secret = secret};
    output->file = OS_FILE_NONE;
    buf_init(&output->buffer, BUFFER_BYTES + RECORD_BYTES_MAX);
    buf_init(&output->earlier, RECORD_BYTES_MAX);
    packer_init(&output->packer, packing);
    TRY(segment_path(folder_cstr, number, "data", output->data_path));
    TRY(segment_path(folder_cstr, number, "index", output->index_path));
    return begin_data(output);
}

void segment_output_fini(struct segment_output *output)
{
    os_close(&output->file);
    buf_fini(&output->buffer);
    buf_fini(&output->earlier);
    packer_fini(&output->packer);
}

uint64_t segment_output_bytes(const struct segment_output *output)
{
    return output->flushed_bytes + output->buffer.n + output->lent.n;
}

static void count(struct segment_counts *counts, const struct record *record, uint64_t by)
{
    counts->tombstone_count += record->is_tombstone ? by : 0;
    counts->record_count += record->is_tombstone ? 0 : by;
    counts->default_bytes += by * record->default_bytes;
    counts->all_bytes += by * record->all_bytes;
}

/* Counts a record that is about to be appended. */
static uint64_t locate(struct segment_output *output, const struct record *record, size_t stored_bytes)
{
    must(stored_bytes % SEGMENT_UNIT == 0 && stored_bytes <= RECORD_BYTES_MAX);
    count(&output->counts, record, 1);
    output->counts.stored_count++;
    return segment_location(segment_output_bytes(output), stored_bytes);
}

enum err segment_output_add(struct segment_output *output, const struct record *record,
                            uint64_t *ret_location)
{
    str stored;
    TRY(packer_pack(&output->packer, record, &stored));
    TRY(segment_output_take(output));
    *ret_location = locate(output, record, stored.n);
    buf_add(&output->buffer, stored);
    return output->buffer.n < BUFFER_BYTES ? OK : err_at(flush(output), output->data_path);
}

enum err segment_output_lend(struct segment_output *output, const struct record *record,
                             uint64_t *ret_location)
{
    if (output->packer.settings.compression != COMPRESSION_NONE)
        return segment_output_add(output, record, ret_location);
    bool is_next = output->lent.n && output->lent.p + output->lent.n == record->bytes.p;
    if (!is_next) TRY(segment_output_take(output));
    *ret_location = locate(output, record, record->bytes.n);
    output->lent = is_next ? str_of(output->lent.p, output->lent.n + record->bytes.n) : record->bytes;
    return OK;
}

static enum err take(struct segment_output *output)
{
    if (output->lent.n < DIRECT_BYTES) {
        buf_add(&output->buffer, output->lent);
        return output->buffer.n < BUFFER_BYTES ? OK : flush(output);
    }
    TRY(flush(output));
    return write_out(output, output->lent);
}

enum err segment_output_take(struct segment_output *output)
{
    if (output->lent.n) TRY(err_at(take(output), output->data_path));
    output->lent = (str){0};
    return OK;
}

void segment_output_discount(struct segment_output *output, const struct record *record)
{
    count(&output->counts, record, ~(uint64_t)0);
}

enum err segment_output_read_back(struct segment_output *output, uint64_t location, struct record *ret)
{
    uint64_t offset = segment_location_offset(location);
    size_t bytes = segment_location_bytes(location);
    uint64_t lent_at = output->flushed_bytes + output->buffer.n;
    if (offset >= lent_at) return record_open(str_from(output->lent, offset - lent_at), ret);
    if (offset >= output->flushed_bytes) /* records are never split */
        return record_open(str_from(buf_str(&output->buffer), offset - output->flushed_bytes), ret);
    buf_clear(&output->earlier);
    char *place = buf_reserve(&output->earlier, bytes);
    if (!place) return buf_check(&output->earlier);
    TRY(os_pread(output->file, place, bytes, offset));
    return record_open(str_of(place, bytes), ret);
}

static enum err finish_data(struct segment_output *output)
{
    TRY(segment_output_take(output));
    buf_add(&output->buffer, packer_default_dictionary(&output->packer));
    buf_add(&output->buffer, packer_rest_dictionary(&output->packer));
    TRY(flush(output));
    TRY(os_sync(output->file));
    os_close(&output->file);
    output->counts.data_bytes = output->flushed_bytes;
    return OK;
}

/* -- index -- */

/* The index while it is being written. */
struct index_output {
    struct segment_output *output;
    struct segment_index_head head;
};

static enum err append_slot(struct index_output *index, struct segment_slot slot)
{
    struct segment_output *output = index->output;
    buf_add(&output->buffer, str_of(&slot, sizeof slot));
    index->head.slot_count++;
    if (output->buffer.n < BUFFER_BYTES) return OK;
    index->head.slots_crc = crc32_add(index->head.slots_crc, buf_str(&output->buffer));
    return flush(output);
}

/* Slots come in the order of their hashes, hence of their homes: the table can be written front to back. */
static enum err place_slot(void *context, struct segment_slot slot)
{
    struct index_output *index = context;
    uint64_t home = segment_home(slot.hash, index->head.home_count);
    while (index->head.slot_count < home) TRY(append_slot(index, (struct segment_slot){0}));
    return append_slot(index, slot);
}

static enum err end_slots(struct index_output *index)
{
    do {
        TRY(append_slot(index, (struct segment_slot){0}));
    } while (index->head.slot_count <= index->head.home_count);
    index->head.slots_crc = crc32_add(index->head.slots_crc, buf_str(&index->output->buffer));
    return flush(index->output);
}

/* The head comes last: an index that was cut short has none. */
static enum err write_index(struct segment_output *output, segment_slots_fn *each, void *context)
{
    static const struct segment_index_head no_head;
    struct index_output index = {output,
                                 {.magic = SEGMENT_INDEX_MAGIC,
                                  .version = SEGMENT_VERSION,
                                  .entity = output->entity,
                                  .number = output->number}};
    struct segment_index_head *head = &index.head;
    str of_default = packer_default_dictionary(&output->packer);
    str of_rest = packer_rest_dictionary(&output->packer);
    head->default_dictionary_bytes = (uint32_t)of_default.n;
    head->rest_dictionary_bytes = (uint32_t)of_rest.n;
    head->dictionaries_crc = crc32_add(crc32_add(0, of_default), of_rest);
    head->home_count = output->counts.key_count * 100 / LOAD_PERCENT + 1;
    head->secret_check = hash_bytes(output->secret, SEGMENT_SECRET_CHECK);

    TRY(os_create(output->index_path, &output->file));
    output->flushed_bytes = output->sent_bytes = 0;
    buf_add(&output->buffer, str_of(&no_head, sizeof no_head));
    TRY(flush(output));
    TRY(each(context, place_slot, &index));
    TRY(end_slots(&index));
    output->counts.index_bytes = output->flushed_bytes;
    head->counts = output->counts;
    head->crc = crc32_add(0, str_of(head, sizeof *head));
    TRY(os_pwrite(output->file, str_of(head, sizeof *head), 0));
    TRY(os_sync(output->file));
    os_close(&output->file);
    return OK;
}

enum err segment_output_finish(struct segment_output *output, uint64_t key_count, segment_slots_fn *each,
                               void *context)
{
    output->counts.key_count = key_count;
    TRY(err_at(finish_data(output), output->data_path));
    return err_at(write_index(output, each, context), output->index_path);
}

enum err segment_remove(const char *folder_cstr, uint32_t number)
{
    char path[SEGMENT_PATH_MAX];
    TRY(segment_path(folder_cstr, number, "index", path));
    TRY(os_unlink(path));
    TRY(segment_path(folder_cstr, number, "data", path));
    return os_unlink(path);
}
