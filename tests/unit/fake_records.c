#include "fake_records.h"

#include <unistd.h>

#include "base/hash.h"

#define ARENA_BYTES_MAX ((size_t)1 << 30)

static struct fake_slot *slot_of(const struct fake_records *fake, struct key key)
{
    size_t at = (hash_bytes(hash_process_key(), key.text) + key.kind) % fake->slot_count;
    while (fake->slots[at].stored.p && !key_eq(fake->slots[at].key, key)) at = (at + 1) % fake->slot_count;
    return &fake->slots[at];
}

static enum err fake_snapshot(struct records *records, struct records_snapshot **ret)
{
    *ret = &((struct fake_records *)records)->snapshot;
    return OK;
}

static void fake_release(struct records_snapshot *snapshot)
{
    (void)snapshot;
}

static enum err fake_get(struct records_snapshot *snapshot, const struct key *keys, size_t count,
                         struct arena *arena, str *ret)
{
    struct fake_records *fake = (struct fake_records *)snapshot->records;
    (void)arena;
    pthread_mutex_lock(&fake->lock);
    bool is_failing = fake->error_count > 0;
    if (is_failing && fake->error_count != UINT32_MAX) fake->error_count--;
    int64_t us = fake->get_us;
    enum err error = fake->get_error;
    fake->call_count++;
    pthread_mutex_unlock(&fake->lock);
    if (us) usleep((useconds_t)us);
    if (is_failing) return err_raise(error, "as the test wants it");
    for (size_t i = 0; i < count; i++) ret[i] = slot_of(fake, keys[i])->stored;
    return OK;
}

/* Nothing is packed here. */
static enum err fake_unpack(struct records_snapshot *snapshot, enum record_part part,
                            struct unpacker *unpacker, struct record *record)
{
    (void)snapshot, (void)part, (void)unpacker;
    must(!record_is_packed(record));
    return OK;
}

static void fake_stats(struct records_snapshot *snapshot, struct records_stats *ret)
{
    *ret = ((struct fake_records *)snapshot->records)->stats;
}

static const struct records_ops operations = {
    .snapshot = fake_snapshot,
    .release = fake_release,
    .get = fake_get,
    .unpack = fake_unpack,
    .stats = fake_stats,
};

void fake_records_init(struct fake_records *fake, enum entity entity, size_t room)
{
    *fake = (struct fake_records){.base = {&operations, entity}, .slot_count = room * 2 + 16};
    fake->snapshot.records = &fake->base;
    fake->slots = calloc(fake->slot_count, sizeof *fake->slots);
    must(fake->slots);
    arena_init(&fake->arena, ARENA_BYTES_MAX);
    must(pthread_mutex_init(&fake->lock, NULL) == 0);
}

void fake_records_fini(struct fake_records *fake)
{
    pthread_mutex_destroy(&fake->lock);
    arena_fini(&fake->arena);
    free(fake->slots);
}

static void add_key(struct fake_records *fake, struct key key, str stored)
{
    *slot_of(fake, key) = (struct fake_slot){{key.kind, arena_copy(&fake->arena, key.text)}, stored};
}

void fake_records_add(struct fake_records *fake, str json)
{
    struct arena scratch;
    struct record_source source;
    struct buf out;
    char id[24];
    arena_init(&scratch, 16 << 20);
    buf_init(&out, 16 << 20);
    must(record_parse(fake->base.entity, json, &scratch, &source) == OK);
    must(record_encode(fake->base.entity, &source, &out) == OK);
    str stored = arena_copy(&fake->arena, buf_str(&out));
    int n = snprintf(id, sizeof id, "%" PRId64, source.id);
    add_key(fake, (struct key){KEY_ID, str_of(id, (size_t)n)}, stored);
    for (size_t i = 0; i < source.key_count; i++) add_key(fake, source.keys[i].key, stored);
    buf_fini(&out);
    arena_fini(&scratch);
}

void fake_records_fill(struct fake_records *fake, uint32_t count, size_t bytes)
{
    struct buf json;
    buf_init(&json, bytes * 2 + 1024);
    for (uint32_t id = 1; id <= count; id++) {
        uint64_t noise = id;
        buf_clear(&json);
        buf_add_format(
            &json,
            "{\"crustdata_person_id\":%u,\"contact\":{\"business_emails\":[{\"email\":"
            "\"person-%u@example.com\"}]},\"basic_profile\":{\"name\":\"Person %u\",\"summary\":\"",
            id, id, id);
        while (json.n < bytes) {
            noise = hash_u64(noise + 1);
            buf_add_format(&json, "word%u ", (unsigned)(noise % 5000));
        }
        buf_add(&json, STR("\"}}"));
        fake_records_add(fake, buf_str(&json));
    }
    fake->stats = (struct records_stats){count, 0, (uint32_t)bytes, (uint32_t)bytes, 1};
    buf_fini(&json);
}

void fake_records_fail(struct fake_records *fake, enum err error, uint32_t count)
{
    pthread_mutex_lock(&fake->lock);
    fake->get_error = error;
    fake->error_count = count;
    pthread_mutex_unlock(&fake->lock);
}

void fake_records_slow(struct fake_records *fake, int64_t us)
{
    pthread_mutex_lock(&fake->lock);
    fake->get_us = us;
    pthread_mutex_unlock(&fake->lock);
}

uint32_t fake_records_calls(struct fake_records *fake)
{
    pthread_mutex_lock(&fake->lock);
    uint32_t count = fake->call_count;
    pthread_mutex_unlock(&fake->lock);
    return count;
}
