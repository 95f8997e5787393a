/* records_segments: the conformance suite, with segments of three sizes, plain and packed. */
#include "unit.h"

#include "conformance/records.h"
#include "store/records_segments.h"

static struct records *open_packed(const char *folder_cstr, size_t writer_memory_bytes,
                                   enum compression compression)
{
    const struct records_segments_settings settings = {
        .writer_memory_bytes = writer_memory_bytes,
        .merge_memory_bytes = RECORDS_SEGMENTS_MEMORY_DEFAULT,
        .packing = {.compression = compression, .sample_bytes = 1}, /* all records but the first */
    };
    struct records *records;
    assert_ok(records_segments_open(folder_cstr, ENTITY_PERSON, &settings, &records));
    return records;
}

static struct records *open_with(const char *folder_cstr, size_t writer_memory_bytes)
{
    return open_packed(folder_cstr, writer_memory_bytes, COMPRESSION_NONE);
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

static struct records *open_large_packed(const char *folder_cstr)
{
    return open_packed(folder_cstr, RECORDS_SEGMENTS_MEMORY_DEFAULT, COMPRESSION_ALL);
}

static struct records *open_middle_packed(const char *folder_cstr)
{
    return open_packed(folder_cstr, 256 << 10, COMPRESSION_ALL);
}

static struct records *open_middle_rest(const char *folder_cstr)
{
    return open_packed(folder_cstr, 256 << 10, COMPRESSION_REST);
}

/* Each opening wants another form than the one before. */
static struct records *open_changing(const char *folder_cstr)
{
    static int count;
    return open_packed(folder_cstr, 256 << 10, (enum compression)(count++ % (COMPRESSION_ALL + 1)));
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
        {"packed, a segment a commit", {open_large_packed, 20000, COMPACT_NEVER}},
        {"packed, always merged", {open_large_packed, 5000, COMPACT_ALL_EACH_TIME}},
        {"packed, segments of 256 KiB of keys, merged when due",
         {open_middle_packed, 20000, COMPACT_DUE_EACH_TIME}},
        {"packed but the default runs, merged when due", {open_middle_rest, 20000, COMPACT_DUE_EACH_TIME}},
        {"packed now and then, always merged", {open_changing, 5000, COMPACT_ALL_EACH_TIME}},
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        failed += records_conformance(variants[i].name_cstr, &variants[i].variant);
    return failed;
}
