/* Preloaded into a unit program: lets one allocation fail, or all from one on.
 *
 * $ALLOC_FAIL_TEST    only this test is run
 * $ALLOC_FAIL_AT      the number of the allocation, 1 the first after the program has been loaded
 * $ALLOC_FAIL_ALL     set: and all after it
 * $ALLOC_FAIL_PLACES  set: none fails, they are only counted
 *
 * Counted are those of the program and of the libraries it uses, not those of what runs and watches it. A
 * program that is only counted prints number and place of each that comes from another place than all before
 * it, a place being the innermost calls in the program itself, not in libraries. An assertion that fails ends
 * the program: what would come after it would be about the test.
 */
#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ASSERTED 77 /* exit code */

#define WATCHERS_MAX 16
#define CALLS_MAX    48 /* that are looked at */
#define PLACE_CALLS  10 /* that make a place */
#define PLACES       ((size_t)1 << 18)

#define EXPORT __attribute__((visibility("default")))

void cmocka_set_test_filter(const char *pattern) __attribute__((weak));
/* cmocka would turn a crash into a failed test. */
EXPORT void (*signal(int number, void (*handler)(int)))(int)
{
    (void)number;
    (void)handler;
    return SIG_DFL;
}

EXPORT void _fail(const char *file, int line); /* cmocka's end of a failed assertion */

static struct {
    void *(*malloc)(size_t n);
    void *(*calloc)(size_t count, size_t n);
    void *(*realloc)(void *p, size_t n);
    void *(*reallocarray)(void *p, size_t count, size_t n);
} next;

struct code {
    uintptr_t begin, end;
};

static struct code program, watchers[WATCHERS_MAX]; /* allocations of watchers do not count */
static size_t watcher_count;

static uint64_t seen, first, last; /* seen is atomic */
static bool is_ready, is_counting;
static uint64_t places[PLACES]; /* hashes, 0 for none; atomic */
static __thread bool is_noting; /* what the notes allocate themselves is no allocation */

static bool is_watcher(const char *path)
{
    static const char *const names[] = {"libcmocka", "libasan",    "libubsan", "libtsan",
                                        "ld-linux",  "alloc_fail", "libgcc"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strstr(path, names[i])) return true;
    return false;
}

static int note_code(struct dl_phdr_info *library, size_t size, void *context)
{
    (void)size;
    (void)context;
    bool is_program = library->dlpi_name[0] == '\0' && !program.end;
    if (!is_program && !is_watcher(library->dlpi_name)) return 0;
    for (int i = 0; i < library->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &library->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
        if (watcher_count == WATCHERS_MAX) abort();
        struct code *code = is_program ? &program : &watchers[watcher_count++];
        code->begin = library->dlpi_addr + part->p_vaddr;
        code->end = code->begin + part->p_memsz;
    }
    return 0;
}

static bool is_in(const struct code *code, const void *address)
{
    return (uintptr_t)address >= code->begin && (uintptr_t)address < code->end;
}

static void find_next(void)
{
    *(void **)&next.malloc = dlsym(RTLD_NEXT, "malloc");
    *(void **)&next.calloc = dlsym(RTLD_NEXT, "calloc");
    *(void **)&next.realloc = dlsym(RTLD_NEXT, "realloc");
    *(void **)&next.reallocarray = dlsym(RTLD_NEXT, "reallocarray");
}

__attribute__((constructor)) static void begin(void)
{
    const char *number = getenv("ALLOC_FAIL_AT");
    if (!next.malloc) find_next();
    dl_iterate_phdr(note_code, NULL);
    first = number ? strtoumax(number, NULL, 10) : 0;
    last = first && getenv("ALLOC_FAIL_ALL") ? UINT64_MAX : first;
    is_counting = getenv("ALLOC_FAIL_PLACES");
    if (cmocka_set_test_filter) cmocka_set_test_filter(getenv("ALLOC_FAIL_TEST"));
    is_ready = true;
}

/* The place of the call in progress, or 0 if it is known. */
static uint64_t new_place(void)
{
    void *calls[CALLS_MAX];
    uint64_t hash = 14695981039346656037U;
    int count = backtrace(calls, CALLS_MAX), used = 0;
    for (int i = 0; i < count && used < PLACE_CALLS; i++) {
        if (!is_in(&program, calls[i])) continue;
        hash = (hash ^ ((uintptr_t)calls[i] - program.begin)) * 1099511628211U;
        used++;
    }
    hash += hash == 0;
    for (size_t i = hash >> 32;; i++) {
        uint64_t *place = &places[i % PLACES], none = 0;
        if (__atomic_load_n(place, __ATOMIC_SEQ_CST) == hash) return 0;
        if (__atomic_compare_exchange_n(place, &none, hash, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            return hash;
        if (none == hash) return 0;
    }
}

static void note(uint64_t number)
{
    is_noting = true;
    uint64_t place = new_place();
    if (place) dprintf(2, "ALLOCATION %" PRIu64 " %016" PRIx64 "\n", number, place);
    is_noting = false;
}

static bool is_failing(const void *caller)
{
    if (!next.malloc) find_next();
    if (!is_ready || is_noting) return false;
    for (size_t i = 0; i < watcher_count; i++)
        if (is_in(&watchers[i], caller)) return false;
    uint64_t number = __atomic_add_fetch(&seen, 1, __ATOMIC_SEQ_CST);
    if (is_counting) note(number);
    return first && number >= first && number <= last;
}

EXPORT void *malloc(size_t n)
{
    return is_failing(__builtin_return_address(0)) ? NULL : next.malloc(n);
}

EXPORT void *calloc(size_t count, size_t n)
{
    return is_failing(__builtin_return_address(0)) ? NULL : next.calloc(count, n);
}

EXPORT void *realloc(void *p, size_t n)
{
    return is_failing(__builtin_return_address(0)) ? NULL : next.realloc(p, n);
}

EXPORT void *reallocarray(void *p, size_t count, size_t n)
{
    return is_failing(__builtin_return_address(0)) ? NULL : next.reallocarray(p, count, n);
}

EXPORT void _fail(const char *file, int line)
{
    dprintf(2, "assertion failed: %s:%d\n", file, line);
    _exit(ASSERTED);
}
