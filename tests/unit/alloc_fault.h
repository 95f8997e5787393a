/* Allocations of the program and of SQLite that fail on demand.
 *
 * The test is linked with --wrap for malloc, calloc, realloc and reallocarray, so that all calls in the core
 * and in the test come here; alloc_fault_init does the same for SQLite. Counting is for all threads together.
 */
#ifndef ENRICHD_TESTS_ALLOC_FAULT_H
#define ENRICHD_TESTS_ALLOC_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* Before the first use of SQLite. */
void alloc_fault_init(void);

/* The number-th allocation from now on fails, 1 the next; if is_lasting, those after it, too. */
void alloc_fault_arm(uint32_t number, bool is_lasting);

/* No more fail. How many did since alloc_fault_arm. */
uint32_t alloc_fault_disarm(void);

/* How many have failed so far. */
uint32_t alloc_fault_hits(void);

#endif
