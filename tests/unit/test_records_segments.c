/* records_segments: the conformance suite, with segments of three sizes. */
#include "unit.h"

#include "conformance/records.h"
#include "store/records_segments.h"

static struct records *open_with(const char *folder_cstr, size_t writer_memory_bytes)
{
    const struct records_segments_settings settings = {.writer_memory_bytes = writer_memory_bytes};
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
    const struct records_variant large = {open_large, 100000};
    const struct records_variant middle = {open_middle, 100000};
    const struct records_variant tiny = {open_tiny, 1000};
    return records_conformance("a segment a commit", &large) +
           records_conformance("segments of 256 KiB of keys", &middle) +
           records_conformance("a segment a record", &tiny);
}
