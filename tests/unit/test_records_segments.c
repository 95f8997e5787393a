/* records_segments: the conformance suite, with segments of three sizes. */
#include "unit.h"

#include "conformance/records.h"
#include "store/records_segments.h"

static struct records *open_with(const char *folder_cstr, size_t writer_memory_bytes)
{
    const struct records_segments_settings settings = {.writer_memory_bytes = writer_memory_bytes,
                                                       .merge_memory_bytes = RECORDS_SEGMENTS_MEMORY_DEFAULT};
    struct records *records;
    assert_ok(records_segments_open(folder_cstr, ENTITY_PERSON, &settings, &records));
    return records;
}

static struct records *open_large(const char *folder_cstr)
{
    return open_with(folder_cstr, RECORDS_SEGMENTS_MEMORY_DEFAULT);
}

static struct records *open_middle(const char *folder_cstr)
{
    return open_with(folder_cstr, 256 << 10);
}

static struct records *open_tiny(const char *folder_cstr)
{
    return open_with(folder_cstr, 1);
}

int main(void)
{
    static const struct {
        const char *name_cstr;
        struct records_variant variant;
    } variants[] = {
        {"a segment a commit", {open_large, 100000, COMPACT_NEVER}},
        {"segments of 256 KiB of keys", {open_middle, 100000, COMPACT_NEVER}},
        {"a segment a record", {open_tiny, 1000, COMPACT_NEVER}},
        {"a segment a commit, merged when due", {open_large, 20000, COMPACT_DUE_EACH_TIME}},
        {"a segment a commit, always merged", {open_large, 20000, COMPACT_ALL_EACH_TIME}},
        {"segments of 256 KiB of keys, merged when due", {open_middle, 100000, COMPACT_DUE_EACH_TIME}},
        {"a segment a record, merged when due", {open_tiny, 200, COMPACT_DUE_EACH_TIME}},
        {"a segment a record, always merged", {open_tiny, 200, COMPACT_ALL_EACH_TIME}},
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        failed += records_conformance(variants[i].name_cstr, &variants[i].variant);
    return failed;
}
