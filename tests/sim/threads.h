/* Threads that take turns: the program's own code, under a scheduler that a seed decides.
 *
 * The simulation is linked with --wrap for the calls below, so that jobs, store and results run unchanged:
 * every pthread_create makes a thread with a stack of its own, and exactly one of them runs at a time. Where
 * the real threads could be interrupted (locks, conditions, ends) the scheduler may go on with another. Time
 * is a number that moves with the turns, and leaps ahead when everybody waits. Same seed, same run.
 *
 * threads_crash() ends all of them where they stand, as a kill does; what they allocated is lost with them,
 * which is why every seed gets a process of its own (sim.c).
 */
#ifndef ENRICHD_TESTS_SIM_THREADS_H
#define ENRICHD_TESTS_SIM_THREADS_H

#include <stdbool.h>
#include <stdint.h>

#define THREADS_MAX 64

/* From the scheduler's side: before the first thread. */
void threads_init(uint64_t seed);

/* Lets one thread, chosen by the seed, go on to its next stop. false: all wait for each other, none for a
 * time. With no thread at all: true. */
bool threads_step(void);

/* Ends all threads. Locks that they held are free. */
void threads_crash(void);

/* Threads that have not ended. */
unsigned threads_count(void);

/* The thread that ran last gets no turn for that long, if it is still there: a process that is stopped, a
 * slow disk. */
void threads_pause_latest(int64_t us);

/* Moves the wall clock, not the monotonic one. */
void threads_step_clock(int64_t us);

/* From inside a thread: others may go on. */
void threads_yield(void);

/* From inside a thread: until the release no other goes on, except while this one has to wait. Not nested. */
void threads_hold(void);
void threads_release(void);

/* Both sides. A number below n (> 0), from the seed. */
uint32_t threads_random(uint32_t n);
static inline bool threads_chance(uint32_t in)
{
    return threads_random(in) == 0;
}

#endif
