/* A file of eight random bytes, mapped for reading. Marks are random and not counted, so that two processes
 * that set one at the same moment need no lock. */
#include "base/change_mark.h"

#include <stdatomic.h>

typedef _Atomic uint64_t shared_mark;

static enum err open_and_map(const char *path, struct change_mark *mark)
{
    uint64_t bytes;
    TRY(os_open_write(path, &mark->file));
    TRY(os_file_bytes(mark->file, &bytes));
    if (bytes < sizeof(shared_mark)) TRY(change_mark_set(mark));
    return os_map(mark->file, sizeof(shared_mark), &mark->mapped);
}

enum err change_mark_open(const char *path_cstr, struct change_mark *ret)
{
    struct change_mark mark = {.file = OS_FILE_NONE};
    enum err e = open_and_map(path_cstr, &mark);
    if (e == OK) {
        *ret = mark;
    } else {
        os_close(&mark.file);
    }
    return e;
}

void change_mark_close(struct change_mark *mark)
{
    if (!mark->mapped) return;
    os_unmap(mark->mapped, sizeof(shared_mark));
    os_close(&mark->file);
    mark->mapped = NULL;
}

uint64_t change_mark_now(const struct change_mark *mark)
{
    return atomic_load_explicit((const shared_mark *)mark->mapped, memory_order_acquire);
}

enum err change_mark_set(struct change_mark *mark)
{
    uint64_t value;
    os_random(&value, sizeof value);
    return os_pwrite(mark->file, str_of(&value, sizeof value), 0);
}
