/* A row of the identifier tests: a spelling, and the key that it must give.
 *
 * The tables are in profile_url_rows.h, business_email_rows.h and company_key_rows.h; test_identifier.c reads
 * them. All names are invented.
 */
#ifndef ENRICHD_TESTS_IDENTIFIER_ROW_H
#define ENRICHD_TESTS_IDENTIFIER_ROW_H

#include "entity/identifier.h"

struct row {
    str input;
    enum key_kind kind; /* 0: the input is invalid */
    str text;
};

#define IS(key_kind, input, text)                                                                            \
    {                                                                                                        \
        STR_INIT(input), key_kind, STR_INIT(text)                                                            \
    }
#define BAD(input) IS(0, input, "")

#define MAREN "example-maren-okafor-lind"

#define X5  "xxxxx"
#define X50 X5 X5 X5 X5 X5 X5 X5 X5 X5 X5

#endif
