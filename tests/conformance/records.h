/* What every backend of store/records.h must do: a suite of cmocka tests over the operations alone.
 *
 * A backend's test program calls records_conformance() for each variant of its settings.
 */
#ifndef ENRICHD_TESTS_CONFORMANCE_RECORDS_H
#define ENRICHD_TESTS_CONFORMANCE_RECORDS_H

#include "conformance/records_help.h"

/* A way to open the backend under which everything must hold. */
struct records_variant {
    /* Opens the store of persons in the folder: the same one each time, as another process would. */
    struct records *(*open)(const char *folder_cstr);
    uint32_t history_puts;             /* length of the random history */
    enum records_help_compact compact; /* after each commit */
};

/* Runs the suite once; returns the number of failed tests. */
int records_conformance(const char *name_cstr, const struct records_variant *variant);

#endif
