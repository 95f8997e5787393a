/* What the parts of the conformance suite of store/control.h share: a fresh backend for each test.
 * Private to control*.c.
 */
#ifndef ENRICHD_TESTS_CONFORMANCE_CONTROL_CASE_H
#define ENRICHD_TESTS_CONFORMANCE_CONTROL_CASE_H

#include "conformance/control.h"

extern struct control *control;
extern int64_t account, other; /* two accounts */

int set_up(void **state);
int tear_down(void **state);

/* As a restart of the server. */
void reopen(void);

/* An arena that the next call empties. */
struct arena *scratch(void);

/* The tests of control_ends.c and control_deliveries.c; each returns the number of failed ones. */
int control_ends_conformance(const char *name_cstr);
int control_deliveries_conformance(const char *name_cstr);

#endif
