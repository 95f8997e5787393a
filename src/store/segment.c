/* Opening, probing and walking a segment. */
#include "store/segment.h"

#include "base/crc.h"
#include "base/os.h"

#define WARM_BYTES_MAX   ((uint64_t)1 << 30) /* larger indexes are left to page faults */
#define WALK_AHEAD_BYTES ((uint64_t)4 << 20)

enum err segment_path(const char *folder_cstr, uint32_t number, const char *kind_cstr,
                      char ret[SEGMENT_PATH_MAX])
{
    int n = snprintf(ret, SEGMENT_PATH_MAX, "%s/segment-%08" PRIu32 ".%s", folder_cstr, number, kind_cstr);
    if (n < 0 || (size_t)n >= SEGMENT_PATH_MAX) return err_raise(ERR_LIMIT, "path too long: %s", folder_cstr);
    return OK;
}

/* -- opening -- */

static enum err corrupt(const char *path, const char *what)
{
    return err_raise(ERR_CORRUPT, "%s: %s", path, what);
}

/* Maps the whole file. */
static enum err map_file(const char *path, size_t bytes_min, const void **ret, uint64_t *ret_bytes)
{
    OS_FILE_AUTO file = OS_FILE_NONE;
    uint64_t bytes;
    TRY(os_open_read(path, &file));
    TRY(err_at(os_file_bytes(file, &bytes), path));
    if (bytes < bytes_min) return corrupt(path, "cut off");
    TRY(err_at(os_map(file, bytes, ret), path));
    *ret_bytes = bytes;
    return OK;
}

static uint32_t crc_of_data_head(struct segment_data_head head)
{
    head.crc = 0;
    return crc32_add(0, str_of(&head, sizeof head));
}

static uint32_t crc_of_index_head(struct segment_index_head head)
{
    head.crc = 0;
    return crc32_add(0, str_of(&head, sizeof head));
}

static enum err check_identity(const char *path, const struct segment *segment, uint32_t version,
                               uint32_t entity, uint32_t number)
{
    if (version != SEGMENT_VERSION) {
        return err_raise(ERR_CORRUPT,
                         "%s: of format %" PRIu32
                         ", this enrichd knows %d: import the records anew into another folder",
                         path, version, SEGMENT_VERSION);
    }
    if (entity != segment->entity) return corrupt(path, "holds another entity");
    return number == segment->number ? OK : corrupt(path, "belongs to another segment");
}

static enum err open_index(const char *folder, struct hash_key secret, struct segment *segment)
{
    char path[SEGMENT_PATH_MAX];
    struct segment_index_head head;
    uint64_t bytes;
    TRY(segment_path(folder, segment->number, "index", path));
    TRY(map_file(path, sizeof head, &segment->index, &bytes));
    segment->counts.index_bytes = bytes; /* what has to be unmapped, whatever the head says */
    memcpy(&head, segment->index, sizeof head);
    if (memcmp(head.magic, SEGMENT_INDEX_MAGIC, sizeof head.magic) != 0)
        return corrupt(path, "no segment index");
    TRY(check_identity(path, segment, head.version, head.entity, head.number));
    if (crc_of_index_head(head) != head.crc) return corrupt(path, "damaged head");
    if (head.secret_check != hash_bytes(secret, SEGMENT_SECRET_CHECK))
        return corrupt(path, "of another store");
    uint64_t slot_room = (bytes - sizeof head) / sizeof(struct segment_slot);
    if (head.counts.index_bytes != bytes || head.slot_count != slot_room || head.home_count > slot_room) {
        return corrupt(path, "of another length than it says");
    }
    segment->counts = head.counts;
    segment->slots = (const struct segment_slot *)((const char *)segment->index + sizeof head);
    segment->slot_count = head.slot_count;
    segment->home_count = head.home_count;
    return OK;
}

static enum err open_data(const char *folder, struct segment *segment)
{
    char path[SEGMENT_PATH_MAX];
    struct segment_data_head head;
    const void *data;
    uint64_t bytes;
    TRY(segment_path(folder, segment->number, "data", path));
    TRY(map_file(path, sizeof head, &data, &bytes));
    memcpy(&head, data, sizeof head);
    if (bytes != segment->counts.data_bytes) {
        os_unmap(data, bytes);
        return corrupt(path, "of another length than its index says");
    }
    segment->data = data;
    if (memcmp(head.magic, SEGMENT_DATA_MAGIC, sizeof head.magic) != 0)
        return corrupt(path, "no segment data");
    TRY(check_identity(path, segment, head.version, head.entity, head.number));
    return crc_of_data_head(head) == head.crc ? OK : corrupt(path, "damaged head");
}

/* They are read completely, which plain segments are spared. */
static enum err open_dictionaries(const char *folder, struct segment *segment)
{
    char path[SEGMENT_PATH_MAX];
    struct segment_index_head head;
    memcpy(&head, segment->index, sizeof head);
    uint64_t bytes = (uint64_t)head.default_dictionary_bytes + head.rest_dictionary_bytes;
    TRY(segment_path(folder, segment->number, "data", path));
    if (bytes > segment->counts.data_bytes - sizeof(struct segment_data_head))
        return corrupt(path, "cut off before its dictionaries");
    segment->records_end = segment->counts.data_bytes - bytes;
    str both = str_of(segment->data + segment->records_end, bytes);
    if (crc32_add(0, both) != head.dictionaries_crc) return corrupt(path, "damaged dictionaries");
    return dictionaries_open(str_slice(both, 0, head.default_dictionary_bytes),
                             str_from(both, head.default_dictionary_bytes), &segment->dictionaries);
}

static enum err open_files(const char *folder, struct hash_key secret, struct segment *segment)
{
    TRY(open_index(folder, secret, segment));
    TRY(open_data(folder, segment));
    TRY(open_dictionaries(folder, segment));
    os_advise(segment->data, segment->counts.data_bytes, OS_ACCESS_RANDOM);
    return OK;
}

enum err segment_open(const char *folder_cstr, enum entity entity, uint32_t number, struct hash_key secret,
                      struct segment **ret)
{
    struct segment *segment = calloc(1, sizeof *segment);
    if (!segment) return err_raise(ERR_NOMEM, "no memory to open a segment");
    segment->entity = entity;
    segment->number = number;
    enum err e = open_files(folder_cstr, secret, segment);
    if (e != OK) {
        segment_close(segment);
        return e;
    }
    *ret = segment;
    return OK;
}

void segment_close(struct segment *segment)
{
    dictionaries_close(&segment->dictionaries);
    os_unmap(segment->data, segment->counts.data_bytes);
    os_unmap(segment->index, segment->counts.index_bytes);
    free(segment);
}

void segment_warm(const struct segment *segment)
{
    bool is_small = segment->counts.index_bytes <= WARM_BYTES_MAX;
    os_advise(segment->index, segment->counts.index_bytes, is_small ? OS_ACCESS_NOW : OS_ACCESS_RANDOM);
}

bool segment_is_resident(const struct segment *segment, uint64_t location)
{
    uint64_t offset = segment_location_offset(location);
    return offset >= segment->counts.data_bytes || os_is_resident(segment->data + offset);
}

void segment_ask(const struct segment *segment, uint64_t location)
{
    uint64_t offset = segment_location_offset(location);
    size_t bytes = segment_location_bytes(location);
    if (offset < segment->counts.data_bytes && bytes <= segment->counts.data_bytes - offset)
        os_advise(segment->data + offset, bytes, OS_ACCESS_SOON);
}

/* -- looking up -- */

bool segment_find(const struct segment *segment, uint64_t hash, uint64_t *at, uint64_t *ret_location)
{
    uint64_t i = *at ? *at : segment_home(hash, segment->home_count);
    for (; i < segment->slot_count; i++) {
        const struct segment_slot *slot = &segment->slots[i];
        if (slot->location == 0 || slot->hash > hash) return false;
        if (slot->hash < hash) continue;
        *at = i + 1;
        *ret_location = slot->location;
        return true;
    }
    return false;
}

static enum err corrupt_at(const struct segment *segment, uint64_t offset, const char *what)
{
    return err_raise(ERR_CORRUPT, "%s segment %" PRIu32 " at byte %" PRIu64 ": %s",
                     entity_name(segment->entity).p, segment->number, offset, what);
}

enum err segment_record(const struct segment *segment, uint64_t location, struct record *ret)
{
    uint64_t offset = segment_location_offset(location);
    size_t bytes = segment_location_bytes(location);
    if (offset < sizeof(struct segment_data_head) || offset > segment->records_end ||
        bytes > segment->records_end - offset) {
        return corrupt_at(segment, offset, "the index leads outside of the data");
    }
    if (record_open(str_of(segment->data + offset, bytes), ret) != OK) {
        return corrupt_at(segment, offset, "no record");
    }
    return OK;
}

enum err segment_unpack(const struct segment *segment, struct unpacker *unpacker, enum record_part part,
                        struct record *record)
{
    enum err e = unpack_record(unpacker, &segment->dictionaries, part, record);
    if (e != ERR_CORRUPT) return e;
    return corrupt_at(segment, (uint64_t)(record->bytes.p - segment->data), "a compressed text is damaged");
}

enum err segment_find_id(const struct segment *segment, int64_t id, uint64_t hash, struct record *ret,
                         uint64_t *ret_location)
{
    uint64_t at = 0, location;
    *ret_location = 0;
    while (segment_find(segment, hash, &at, &location)) {
        struct record record;
        TRY(segment_record(segment, location, &record));
        if (record.id != id) continue;
        *ret = record;
        *ret_location = location;
        break;
    }
    return OK;
}

/* -- walking -- */

/* Keeps the disk busy one stretch ahead of the walk: the mapping is set up for random access. */
static void ask_ahead(const struct segment *segment, struct segment_walk *walk)
{
    while (walk->asked < walk->offset + WALK_AHEAD_BYTES && walk->asked < segment->counts.data_bytes) {
        uint64_t left = segment->counts.data_bytes - walk->asked;
        uint64_t bytes = left < WALK_AHEAD_BYTES ? left : WALK_AHEAD_BYTES;
        os_advise(segment->data + walk->asked, bytes, OS_ACCESS_SOON);
        walk->asked += bytes;
    }
}

enum err segment_next(const struct segment *segment, struct segment_walk *walk, struct record *ret)
{
    if (walk->offset == 0) walk->offset = sizeof(struct segment_data_head);
    uint64_t left = segment->records_end - walk->offset;
    if (left == 0) {
        *ret = (struct record){0};
        return OK;
    }
    ask_ahead(segment, walk);
    size_t bytes = left < SEGMENT_UNIT ? 0 : record_stored_bytes(str_of(segment->data + walk->offset, left));
    if (bytes == 0 || bytes > left) return corrupt_at(segment, walk->offset, "no record");
    walk->location = segment_location(walk->offset, bytes);
    walk->offset += bytes;
    return segment_record(segment, walk->location, ret);
}
