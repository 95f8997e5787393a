/* Contexts, turns, and the calls that replace those of the C library. */
#include "sim/threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <ucontext.h>

#include "base/err.h"
#include "base/hash.h"

#define STACK_BYTES   ((size_t)1 << 20)
#define WALL_START_US INT64_C(1767225600000000) /* 2026-01-01 */
#define TURN_US_MAX   60
#define SPURIOUS_CHANCE                                                                                      \
    200 /* one in so many turns wakes somebody who waits for a condition without reason                      \
         */

enum thread_state { THREAD_NONE, THREAD_READY, THREAD_WAITS, THREAD_ENDED };

struct thread {
    enum thread_state state;
    ucontext_t context;
    void *stack;
    void *(*run)(void *);
    void *argument;
    const void *waits_for; /* a mutex, a condition, a thread, NULL for time alone */
    int64_t until_us;      /* monotonic; INT64_MAX: no end */
    int64_t paused_us;     /* no turn before */
    bool has_timed_out;
    bool is_holding;
};

/* What stands in the memory of a pthread_mutex_t and of a pthread_cond_t; all zeros is the initial state of
 * both. */
struct mutex {
    uint32_t crash_count; /* the owner is one of the threads after that many crashes */
    uint32_t owner;       /* thread number + 1; 0: free */
};
struct condition {
    clockid_t clock;
};
_Static_assert(sizeof(struct mutex) <= sizeof(pthread_mutex_t), "");
_Static_assert(sizeof(struct condition) <= sizeof(pthread_cond_t), "");

static struct thread threads[THREADS_MAX];
static ucontext_t scheduler;
static int current = -1, latest = -1; /* thread numbers; -1: the scheduler */
static uint32_t crash_count;
static uint64_t random_state;
static int64_t now_us, wall_offset_us;

/* ---- chance and time ---- */

static uint64_t random_u64(void)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15);
    return hash_u64(random_state);
}

uint32_t threads_random(uint32_t n)
{
    must(n > 0);
    return (uint32_t)(random_u64() % n);
}

void threads_step_clock(int64_t us)
{
    wall_offset_us += us;
}

void threads_init(uint64_t seed)
{
    random_state = hash_u64(seed + 1);
    now_us = INT64_C(1000000000);
    wall_offset_us = WALL_START_US - now_us;
}

/* ---- turns ---- */

static void back_to_scheduler(void)
{
    must(swapcontext(&threads[current].context, &scheduler) == 0);
}

void threads_yield(void)
{
    if (current >= 0) back_to_scheduler();
}

/* Most stops are passed without a change of thread: a run of one thread is as possible as a mixture. */
static void maybe_yield(void)
{
    if (current >= 0 && !threads[current].is_holding && threads_chance(3)) back_to_scheduler();
}

void threads_hold(void)
{
    threads[current].is_holding = true;
}

void threads_release(void)
{
    threads[current].is_holding = false;
}

static void wait_for(const void *object, int64_t until_us)
{
    struct thread *thread = &threads[current];
    must(current >= 0 && "the scheduler must not wait");
    thread->state = THREAD_WAITS;
    thread->waits_for = object;
    thread->until_us = until_us;
    thread->has_timed_out = false;
    back_to_scheduler();
}

static void wake(struct thread *thread, bool has_timed_out)
{
    thread->state = THREAD_READY;
    thread->has_timed_out = has_timed_out;
}

static void wake_all(const void *object)
{
    for (int i = 0; i < THREADS_MAX; i++) {
        if (threads[i].state == THREAD_WAITS && threads[i].waits_for == object) wake(&threads[i], false);
    }
}

/* Wakes those whose time has come; *ret_next_us: when the next one's comes. */
static void look_at_clock(int64_t *ret_next_us)
{
    *ret_next_us = INT64_MAX;
    for (int i = 0; i < THREADS_MAX; i++) {
        struct thread *thread = &threads[i];
        if (thread->state == THREAD_WAITS && thread->until_us <= now_us) wake(thread, true);
        int64_t next_us = INT64_MAX;
        if (thread->state == THREAD_WAITS) next_us = thread->until_us;
        if (thread->state == THREAD_READY && thread->paused_us > now_us) next_us = thread->paused_us;
        if (next_us < *ret_next_us) *ret_next_us = next_us;
    }
}

/* A number of a thread that can go on, or -1. */
static int choose(void)
{
    int ready[THREADS_MAX];
    uint32_t count = 0;
    for (int i = 0; i < THREADS_MAX; i++) {
        if (threads[i].state == THREAD_READY && threads[i].paused_us <= now_us) ready[count++] = i;
    }
    return count ? ready[threads_random(count)] : -1;
}

static void wake_without_reason(void)
{
    struct thread *thread = &threads[threads_random(THREADS_MAX)];
    if (thread->state == THREAD_WAITS && thread->waits_for) wake(thread, false);
}

bool threads_step(void)
{
    int64_t next_us;
    if (!threads_count()) return true;
    now_us += 1 + threads_random(TURN_US_MAX);
    if (threads_chance(SPURIOUS_CHANCE)) wake_without_reason();
    look_at_clock(&next_us);
    int chosen = choose();
    while (chosen < 0) {
        if (next_us == INT64_MAX) return false;
        now_us = next_us;
        look_at_clock(&next_us);
        chosen = choose();
    }
    current = latest = chosen;
    must(swapcontext(&scheduler, &threads[chosen].context) == 0);
    current = -1;
    return true;
}

unsigned threads_count(void)
{
    unsigned count = 0;
    for (int i = 0; i < THREADS_MAX; i++)
        count += threads[i].state == THREAD_READY || threads[i].state == THREAD_WAITS;
    return count;
}

void threads_pause_latest(int64_t us)
{
    if (latest >= 0) threads[latest].paused_us = now_us + us;
}

void threads_crash(void)
{
    must(current < 0);
    for (int i = 0; i < THREADS_MAX; i++) threads[i].state = THREAD_NONE;
    latest = -1;
    crash_count++;
}

/* ---- what the program calls ---- */

static void run_current(void)
{
    struct thread *thread = &threads[current];
    thread->run(thread->argument);
    thread->state = THREAD_ENDED;
    wake_all(thread);
    back_to_scheduler();
}

static struct thread *free_thread(void)
{
    for (int i = 0; i < THREADS_MAX; i++) {
        if (threads[i].state == THREAD_NONE) return &threads[i];
    }
    return NULL;
}

static void *new_stack(void)
{
    void *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(stack != MAP_FAILED);
    return stack;
}

int __wrap_pthread_create(pthread_t *ret, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument);
int __wrap_pthread_create(pthread_t *ret, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument)
{
    struct thread *thread = free_thread();
    (void)attributes;
    if (!thread) return EAGAIN;
    *thread = (struct thread){.stack = thread->stack, .run = run, .argument = argument};
    if (!thread->stack) thread->stack = new_stack();
    must(getcontext(&thread->context) == 0);
    thread->context.uc_stack.ss_sp = thread->stack;
    thread->context.uc_stack.ss_size = STACK_BYTES;
    makecontext(&thread->context, run_current, 0);
    thread->state = THREAD_READY;
    *ret = (pthread_t)(thread - threads);
    maybe_yield();
    return 0;
}

int __wrap_pthread_join(pthread_t number, void **ret);
int __wrap_pthread_join(pthread_t number, void **ret)
{
    struct thread *thread = &threads[number];
    (void)ret;
    while (thread->state != THREAD_ENDED) wait_for(thread, INT64_MAX);
    thread->state = THREAD_NONE;
    return 0;
}

int __wrap_pthread_mutex_init(pthread_mutex_t *memory, const pthread_mutexattr_t *attributes);
int __wrap_pthread_mutex_init(pthread_mutex_t *memory, const pthread_mutexattr_t *attributes)
{
    (void)attributes;
    memset(memory, 0, sizeof *memory);
    return 0;
}

int __wrap_pthread_mutex_destroy(pthread_mutex_t *memory);
int __wrap_pthread_mutex_destroy(pthread_mutex_t *memory)
{
    struct mutex *mutex = (struct mutex *)memory;
    must(!mutex->owner || mutex->crash_count != crash_count);
    return 0;
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *memory);
int __wrap_pthread_mutex_lock(pthread_mutex_t *memory)
{
    struct mutex *mutex = (struct mutex *)memory;
    maybe_yield();
    while (mutex->owner && mutex->crash_count == crash_count) {
        must(mutex->owner != (uint32_t)current + 1 && "locked twice by one thread");
        wait_for(mutex, INT64_MAX);
    }
    *mutex = (struct mutex){crash_count, (uint32_t)current + 1};
    return 0;
}

int __wrap_pthread_mutex_unlock(pthread_mutex_t *memory);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *memory)
{
    struct mutex *mutex = (struct mutex *)memory;
    must(mutex->owner == (uint32_t)current + 1);
    mutex->owner = 0;
    wake_all(mutex);
    maybe_yield();
    return 0;
}

int __wrap_pthread_condattr_setclock(pthread_condattr_t *memory, clockid_t clock);
int __wrap_pthread_condattr_setclock(pthread_condattr_t *memory, clockid_t clock)
{
    memcpy(memory, &clock, sizeof *memory < sizeof clock ? sizeof *memory : sizeof clock);
    return 0;
}

int __wrap_pthread_cond_init(pthread_cond_t *memory, const pthread_condattr_t *attributes);
int __wrap_pthread_cond_init(pthread_cond_t *memory, const pthread_condattr_t *attributes)
{
    struct condition *condition = (struct condition *)memory;
    memset(memory, 0, sizeof *memory);
    if (attributes) memcpy(&condition->clock, attributes, sizeof condition->clock);
    return 0;
}

int __wrap_pthread_cond_destroy(pthread_cond_t *memory);
int __wrap_pthread_cond_destroy(pthread_cond_t *memory)
{
    (void)memory;
    return 0;
}

int __wrap_pthread_cond_wait(pthread_cond_t *memory, pthread_mutex_t *mutex);
int __wrap_pthread_cond_wait(pthread_cond_t *memory, pthread_mutex_t *mutex)
{
    ((struct mutex *)mutex)->owner = 0;
    wake_all(mutex);
    wait_for(memory, INT64_MAX);
    return __wrap_pthread_mutex_lock(mutex);
}

int __wrap_pthread_cond_timedwait(pthread_cond_t *memory, pthread_mutex_t *mutex,
                                  const struct timespec *until);
int __wrap_pthread_cond_timedwait(pthread_cond_t *memory, pthread_mutex_t *mutex,
                                  const struct timespec *until)
{
    const struct condition *condition = (struct condition *)memory;
    int64_t until_us = (int64_t)until->tv_sec * 1000000 + until->tv_nsec / 1000;
    if (condition->clock != CLOCK_MONOTONIC) until_us -= wall_offset_us;
    ((struct mutex *)mutex)->owner = 0;
    wake_all(mutex);
    wait_for(memory, until_us);
    bool has_timed_out = threads[current].has_timed_out;
    __wrap_pthread_mutex_lock(mutex);
    return has_timed_out ? ETIMEDOUT : 0;
}

int __wrap_pthread_cond_signal(pthread_cond_t *memory);
int __wrap_pthread_cond_signal(pthread_cond_t *memory)
{
    uint32_t first = threads_random(THREADS_MAX);
    for (uint32_t i = 0; i < THREADS_MAX; i++) {
        struct thread *thread = &threads[(first + i) % THREADS_MAX];
        if (thread->state != THREAD_WAITS || thread->waits_for != memory) continue;
        wake(thread, false);
        break;
    }
    maybe_yield();
    return 0;
}

int __wrap_pthread_cond_broadcast(pthread_cond_t *memory);
int __wrap_pthread_cond_broadcast(pthread_cond_t *memory)
{
    wake_all(memory);
    maybe_yield();
    return 0;
}

int __wrap_usleep(useconds_t us);
int __wrap_usleep(useconds_t us)
{
    wait_for(NULL, now_us + us);
    return 0;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    int64_t us = clock == CLOCK_REALTIME ? now_us + wall_offset_us : now_us;
    *ret = (struct timespec){us / 1000000, us % 1000000 * 1000};
    return 0;
}

ssize_t __wrap_getrandom(void *out, size_t n, unsigned flags);
ssize_t __wrap_getrandom(void *out, size_t n, unsigned flags)
{
    (void)flags;
    for (size_t i = 0; i < n; i++) ((unsigned char *)out)[i] = (unsigned char)random_u64();
    return (ssize_t)n;
}
