/* What every backend of store/control.h must do: a suite of cmocka tests over the operations alone.
 *
 * A backend's test program calls control_conformance() for each variant of its settings.
 */
#ifndef ENRICHD_TESTS_CONFORMANCE_CONTROL_H
#define ENRICHD_TESTS_CONFORMANCE_CONTROL_H

#include "store/control.h"

#define CONTROL_VARIANT_LEASE_US (INT64_C(100) * 1000)

struct control_variant {
    /* Opens what is in the folder as a server does, with leases of CONTROL_VARIANT_LEASE_US. */
    struct control *(*open)(const char *folder_cstr);
};

/* Runs the suite once; returns the number of failed tests. */
int control_conformance(const char *name_cstr, const struct control_variant *variant);

#endif
