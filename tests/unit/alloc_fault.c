/* The wrappers, and SQLite's table of functions. */
#include "alloc_fault.h"

#include <malloc.h>
#include <sqlite3.h>

#include "base/err.h"

static struct {
    uint32_t seen, first, last, hits; /* atomic: all threads allocate */
} fault;

static bool is_failing(void)
{
    uint32_t last = __atomic_load_n(&fault.last, __ATOMIC_SEQ_CST);
    if (last == 0) return false;
    uint32_t number = __atomic_add_fetch(&fault.seen, 1, __ATOMIC_SEQ_CST);
    bool is_hit = number >= __atomic_load_n(&fault.first, __ATOMIC_SEQ_CST) && number <= last;
    if (is_hit) __atomic_add_fetch(&fault.hits, 1, __ATOMIC_SEQ_CST);
    return is_hit;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t count, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t count, size_t n);

void *__wrap_malloc(size_t n)
{
    return is_failing() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t n)
{
    return is_failing() ? NULL : __real_calloc(count, n);
}

void *__wrap_realloc(void *p, size_t n)
{
    return is_failing() ? NULL : __real_realloc(p, n);
}

void *__wrap_reallocarray(void *p, size_t count, size_t n)
{
    return is_failing() ? NULL : __real_reallocarray(p, count, n);
}

static void *sqlite_malloc(int n)
{
    return __wrap_malloc((size_t)n);
}

static void *sqlite_realloc(void *p, int n)
{
    return __wrap_realloc(p, (size_t)n);
}

static int sqlite_size(void *p)
{
    return (int)malloc_usable_size(p);
}

static int sqlite_roundup(int n)
{
    return (n + 7) & ~7;
}

static int sqlite_start(void *context)
{
    (void)context;
    return SQLITE_OK;
}

static void sqlite_stop(void *context)
{
    (void)context;
}

void alloc_fault_init(void)
{
    static const sqlite3_mem_methods methods = {sqlite_malloc,  free,         sqlite_realloc, sqlite_size,
                                                sqlite_roundup, sqlite_start, sqlite_stop,    NULL};
    must(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK);
}

void alloc_fault_arm(uint32_t number, bool is_lasting)
{
    __atomic_store_n(&fault.hits, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&fault.seen, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&fault.first, number, __ATOMIC_SEQ_CST);
    __atomic_store_n(&fault.last, is_lasting ? UINT32_MAX : number, __ATOMIC_SEQ_CST);
}

uint32_t alloc_fault_disarm(void)
{
    __atomic_store_n(&fault.last, 0, __ATOMIC_SEQ_CST);
    return alloc_fault_hits();
}

uint32_t alloc_fault_hits(void)
{
    return __atomic_load_n(&fault.hits, __ATOMIC_SEQ_CST);
}
