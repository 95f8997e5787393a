/* The data file through one large buffer, then the index out of the settled keys through the same one. */
#include "store/segment_writer.h"

#include "base/crc.h"

#define BUFFER_BYTES ((size_t)1 << 20)    /* written at once */
#define SEND_BYTES   ((uint64_t)16 << 20) /* sent to the disk at once: the sync at the end is then short */
#define LOAD_PERCENT 60                   /* keys a hundred homes of the index */

struct segment_writer {
    char data_path[SEGMENT_PATH_MAX];
    char index_path[SEGMENT_PATH_MAX];
    enum entity entity;
    uint32_t number;
    struct os_file file;    /* data, later index */
    uint64_t flushed_bytes; /* of that file */
    uint64_t sent_bytes;    /* of these, on their way to the disk */
    struct buf buffer;      /* what follows them */
    struct buf earlier;     /* a record that was read back */
    struct buf united;      /* a record with its inherited keys */
    struct segment_keys keys;
    struct segment_counts counts;
};

static enum err flush(struct segment_writer *writer)
{
    TRY(buf_check(&writer->buffer));
    TRY(os_write(writer->file, buf_str(&writer->buffer)));
    writer->flushed_bytes += writer->buffer.n;
    buf_clear(&writer->buffer);
    if (writer->flushed_bytes - writer->sent_bytes >= SEND_BYTES) {
        os_sync_soon(writer->file, writer->sent_bytes, writer->flushed_bytes - writer->sent_bytes);
        writer->sent_bytes = writer->flushed_bytes;
    }
    return OK;
}

static uint64_t written_bytes(const struct segment_writer *writer)
{
    return writer->flushed_bytes + writer->buffer.n;
}

/* -- data -- */

static enum err begin_data(struct segment_writer *writer)
{
    struct segment_data_head head = {.magic = SEGMENT_DATA_MAGIC,
                                     .version = SEGMENT_VERSION,
                                     .entity = writer->entity,
                                     .number = writer->number};
    head.crc = crc32_add(0, str_of(&head, sizeof head));
    TRY(os_create(writer->data_path, &writer->file));
    buf_add(&writer->buffer, str_of(&head, sizeof head));
    return buf_check(&writer->buffer);
}

enum err segment_writer_new(const char *folder_cstr, enum entity entity, uint32_t number,
                            struct hash_key secret, struct segment_writer **ret)
{
    struct segment_writer *writer = calloc(1, sizeof *writer);
    if (!writer) return err_raise(ERR_NOMEM, "no memory to write a segment");
    writer->entity = entity;
    writer->number = number;
    writer->file = OS_FILE_NONE;
    buf_init(&writer->buffer, BUFFER_BYTES + RECORD_BYTES_MAX);
    buf_init(&writer->earlier, RECORD_BYTES_MAX);
    buf_init(&writer->united, RECORD_BYTES_MAX);
    segment_keys_init(&writer->keys, secret);
    enum err e = segment_path(folder_cstr, number, "data", writer->data_path);
    if (e == OK) e = segment_path(folder_cstr, number, "index", writer->index_path);
    if (e == OK) e = begin_data(writer);
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
    os_close(&writer->file);
    buf_fini(&writer->buffer);
    buf_fini(&writer->earlier);
    buf_fini(&writer->united);
    segment_keys_fini(&writer->keys);
    free(writer);
}

/* The record at a location, which may still be in the buffer (records are never split). Valid until the next
 * call and the next append. */
static enum err read_back(struct segment_writer *writer, uint64_t location, struct record *ret)
{
    uint64_t offset = segment_location_offset(location);
    size_t bytes = segment_location_bytes(location);
    if (offset >= writer->flushed_bytes) {
        return record_open(str_from(buf_str(&writer->buffer), offset - writer->flushed_bytes), ret);
    }
    buf_clear(&writer->earlier);
    char *place = buf_reserve(&writer->earlier, bytes);
    if (!place) return buf_check(&writer->earlier);
    TRY(os_pread(writer->file, place, bytes, offset));
    return record_open(str_of(place, bytes), ret);
}

static void count_record(struct segment_counts *counts, const struct record *record)
{
    counts->tombstone_count += record->is_tombstone;
    counts->record_count += !record->is_tombstone;
    counts->default_bytes += record->default_run.n;
    counts->all_bytes += record->all_run.n;
}

static void discount_record(struct segment_counts *counts, const struct record *record)
{
    counts->tombstone_count -= record->is_tombstone;
    counts->record_count -= !record->is_tombstone;
    counts->default_bytes -= record->default_run.n;
    counts->all_bytes -= record->all_run.n;
}

/* Lets the record supersede the id's earlier version. ret_stored: what to store, the record with the earlier
 * one's keys; without them if it would become too large. */
static enum err supersede(struct segment_writer *writer, const struct record *record,
                          uint64_t earlier_location, str *ret_stored)
{
    struct record earlier;
    TRY(read_back(writer, earlier_location, &earlier));
    discount_record(&writer->counts, &earlier);
    *ret_stored = record->bytes;
    if (record->is_tombstone || earlier.key_count == 0) return OK;
    buf_clear(&writer->united);
    enum err e = record_inherit_keys(record, &earlier, &writer->united);
    if (e == OK) *ret_stored = buf_str(&writer->united);
    return e == ERR_LIMIT ? OK : e;
}

enum err segment_writer_put(struct segment_writer *writer, const struct record *record, bool *ret_is_repeated)
{
    uint64_t earlier = segment_keys_find(&writer->keys, record->id);
    str bytes = record->bytes;
    if (earlier) TRY(supersede(writer, record, earlier, &bytes));
    count_record(&writer->counts, record);
    must(bytes.n % SEGMENT_UNIT == 0 && bytes.n <= RECORD_BYTES_MAX);
    TRY(segment_keys_add(&writer->keys, record, segment_location(written_bytes(writer), bytes.n)));
    buf_add(&writer->buffer, bytes);
    if (writer->buffer.n >= BUFFER_BYTES) TRY(err_at(flush(writer), writer->data_path));
    *ret_is_repeated = earlier != 0;
    return OK;
}

bool segment_writer_is_full(const struct segment_writer *writer, size_t memory_bytes)
{
    return segment_keys_bytes(&writer->keys) >= memory_bytes ||
           written_bytes(writer) >= SEGMENT_BYTES_MAX - RECORD_BYTES_MAX;
}

static enum err finish_data(struct segment_writer *writer)
{
    TRY(flush(writer));
    TRY(os_sync(writer->file));
    os_close(&writer->file);
    writer->counts.data_bytes = writer->flushed_bytes;
    return OK;
}

/* -- index -- */

static uint64_t count_keys(const struct segment_keys *keys)
{
    struct key_owner owner;
    uint64_t count = 0;
    for (size_t at = 0; segment_keys_next(keys, &at, &owner);) count++;
    return count;
}

/* Appends one slot to what is written of the index. */
static enum err add_slot(struct segment_writer *writer, struct segment_slot slot,
                         struct segment_index_head *head)
{
    buf_add(&writer->buffer, str_of(&slot, sizeof slot));
    head->slot_count++;
    if (writer->buffer.n < BUFFER_BYTES) return OK;
    head->slots_crc = crc32_add(head->slots_crc, buf_str(&writer->buffer));
    return flush(writer);
}

/* Keys come in the order of their hashes, hence of their homes: the table can be written front to back. */
static enum err write_slots(struct segment_writer *writer, struct segment_index_head *head)
{
    struct key_owner owner;
    for (size_t at = 0; segment_keys_next(&writer->keys, &at, &owner);) {
        uint64_t home = segment_home(owner.hash, head->home_count);
        while (head->slot_count < home) TRY(add_slot(writer, (struct segment_slot){0}, head));
        TRY(add_slot(writer, (struct segment_slot){owner.hash, owner.location}, head));
    }
    do {
        TRY(add_slot(writer, (struct segment_slot){0}, head));
    } while (head->slot_count <= head->home_count);
    head->slots_crc = crc32_add(head->slots_crc, buf_str(&writer->buffer));
    return flush(writer);
}

/* The head comes last: an index that was cut short has none. */
static enum err write_index(struct segment_writer *writer)
{
    struct segment_index_head head = {.magic = SEGMENT_INDEX_MAGIC,
                                      .version = SEGMENT_VERSION,
                                      .entity = writer->entity,
                                      .number = writer->number};
    static const struct segment_index_head no_head;
    writer->counts.key_count = count_keys(&writer->keys);
    head.home_count = writer->counts.key_count * 100 / LOAD_PERCENT + 1;
    head.secret_check = hash_bytes(writer->keys.secret, SEGMENT_SECRET_CHECK);

    TRY(os_create(writer->index_path, &writer->file));
    writer->flushed_bytes = writer->sent_bytes = 0;
    buf_add(&writer->buffer, str_of(&no_head, sizeof no_head));
    TRY(flush(writer));
    TRY(write_slots(writer, &head));
    writer->counts.index_bytes = writer->flushed_bytes;
    head.counts = writer->counts;
    head.crc = crc32_add(0, str_of(&head, sizeof head));
    TRY(os_pwrite(writer->file, str_of(&head, sizeof head), 0));
    TRY(os_sync(writer->file));
    os_close(&writer->file);
    return OK;
}

enum err segment_writer_finish(struct segment_writer *writer)
{
    TRY(err_at(finish_data(writer), writer->data_path));
    segment_keys_settle(&writer->keys);
    return err_at(write_index(writer), writer->index_path);
}

const struct segment_counts *segment_writer_counts(const struct segment_writer *writer)
{
    return &writer->counts;
}

const struct segment_keys *segment_writer_keys(const struct segment_writer *writer)
{
    return &writer->keys;
}

enum err segment_remove(const char *folder_cstr, uint32_t number)
{
    char path[SEGMENT_PATH_MAX];
    TRY(segment_path(folder_cstr, number, "index", path));
    TRY(os_unlink(path));
    TRY(segment_path(folder_cstr, number, "data", path));
    return os_unlink(path);
}
