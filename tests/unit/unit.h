/* What every unit test begins with. */
#ifndef ENRICHD_TESTS_UNIT_H
#define ENRICHD_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

/* Fails with the error's sentence. */
#define assert_ok(expr)                                                                                      \
    do {                                                                                                     \
        enum err assert_err_ = (expr);                                                                       \
        if (assert_err_ != OK) fail_msg("%s: %s: %s", #expr, err_name(assert_err_), err_detail());           \
    } while (0)

#define assert_err(expected, expr) assert_string_equal(err_name(expected), err_name(expr))

/* Compares two str values and prints both when they differ. */
#define assert_str(expected, actual)                                                                         \
    do {                                                                                                     \
        str assert_want_ = (expected);                                                                       \
        str assert_have_ = (actual);                                                                         \
        if (!str_eq(assert_want_, assert_have_))                                                             \
            fail_msg("expected \"%.*s\", got \"%.*s\"", STR_ARG(assert_want_), STR_ARG(assert_have_));       \
    } while (0)

#endif
