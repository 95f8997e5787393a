/* records_segments with readers and a writer at the same time. Meant for the thread sanitizer; passes
 * without, too. */
#include "unit.h"

#include <pthread.h>

#include "conformance/records_help.h"
#include "folder.h"
#include "store/records_segments.h"

#define READERS 4
#define COMMITS 60

static struct records *records;

/* The writer publishes record 1 with growing numbers of keys, "c-0" to "c-<commit>", all at once. */
static void *publish(void *unused)
{
    struct buf spec;
    (void)unused;
    buf_init(&spec, 1 << 20);
    for (int commit = 0; commit < COMMITS; commit++) {
        buf_clear(&spec);
        buf_add(&spec, STR("1"));
        for (int i = 0; i <= commit; i++) buf_add_format(&spec, " p:c-%d", i);
        buf_add_char(&spec, '\0');
        commit_records(records, spec.p, NULL);
    }
    buf_fini(&spec);
    return NULL;
}

/* A reader sees the keys of the first commits up to some one, never fewer than before, and none in between
 * missing. */
static void *read_often(void *unused)
{
    struct arena arena;
    char texts[COMMITS][8];
    struct key keys[COMMITS];
    str found[COMMITS];
    size_t seen = 0;
    (void)unused;
    arena_init(&arena, 1 << 20);
    for (int i = 0; i < COMMITS; i++) {
        int n = snprintf(texts[i], sizeof texts[i], "c-%d", i);
        keys[i] = (struct key){KEY_PROFILE, str_of(texts[i], (size_t)n)};
    }
    while (seen < COMMITS) {
        struct records_snapshot *snapshot;
        size_t count = 0;
        must(records->ops->snapshot(records, &snapshot) == OK && snapshot->stale == OK);
        must(records->ops->get(snapshot, keys, COMMITS, &arena, found) == OK);
        while (count < COMMITS && found[count].p) count++;
        for (size_t i = count; i < COMMITS; i++) must(!found[i].p);
        must(count >= seen);
        seen = count;
        records->ops->release(snapshot);
        arena_reset(&arena);
    }
    arena_fini(&arena);
    return NULL;
}

/* Merges all the time, beside both. */
static void *compact_often(void *unused)
{
    (void)unused;
    for (int i = 0; i < COMMITS / 2; i++) {
        struct records_compaction done;
        enum err e = records->ops->compact(records, i % 2 ? COMPACT_ALL : COMPACT_DUE, NULL, NULL, &done);
        must(e == OK);
    }
    return NULL;
}

static void readers_see_whole_commits(void **state)
{
    char folder[FOLDER_PATH_MAX];
    pthread_t readers[READERS], writer, compactor;
    const struct records_segments_settings settings = {.writer_memory_bytes = 1 << 20,
                                                       .merge_memory_bytes = 1 << 20};
    (void)state;
    records_help_begin();
    folder_make(folder);
    assert_ok(records_segments_open(folder, ENTITY_PERSON, &settings, &records));
    for (int i = 0; i < READERS; i++)
        assert_int_equal(0, pthread_create(&readers[i], NULL, read_often, NULL));
    assert_int_equal(0, pthread_create(&writer, NULL, publish, NULL));
    assert_int_equal(0, pthread_create(&compactor, NULL, compact_often, NULL));
    assert_int_equal(0, pthread_join(writer, NULL));
    assert_int_equal(0, pthread_join(compactor, NULL));
    for (int i = 0; i < READERS; i++) assert_int_equal(0, pthread_join(readers[i], NULL));
    records->ops->close(records);
    folder_remove(folder);
    records_help_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(readers_see_whole_commits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
