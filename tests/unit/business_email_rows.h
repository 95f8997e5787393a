/* Spellings of business emails. */
#ifndef ENRICHD_TESTS_BUSINESS_EMAIL_ROWS_H
#define ENRICHD_TESTS_BUSINESS_EMAIL_ROWS_H

#include "identifier_row.h"

#define EMAIL(input, text) IS(KEY_EMAIL, input, text)

static const struct row email_rows[] = {
    /* case, blanks, punctuation */
    EMAIL("maren.okafor@acme.example", "maren.okafor@acme.example"),
    EMAIL(" Maren.Okafor@ACME.Example ", "maren.okafor@acme.example"),
    EMAIL("\u00a0maren@acme.example\u2003", "maren@acme.example"),
    EMAIL("ma\u200bren@acme\u2060.example\ufeff", "maren@acme.example"),
    EMAIL("ma\u200dren@acme.example", "maren@acme.example"),
    EMAIL("maren@acme.example.", "maren@acme.example"),
    EMAIL("maren@acme.example,", "maren@acme.example"),
    EMAIL("maren@acme.example;", "maren@acme.example"),
    EMAIL("maren@acme.example>", "maren@acme.example"),
    EMAIL("\"maren@acme.example\"", "maren@acme.example"),
    EMAIL("'maren@acme.example'", "maren@acme.example"),
    EMAIL("maren@mail.acme.example", "maren@mail.acme.example"),

    /* tags and dots stay */
    EMAIL("maren+news@acme.example", "maren+news@acme.example"),
    EMAIL("m.a.r.e.n@acme.example", "m.a.r.e.n@acme.example"),
    EMAIL("o'example@acme.example", "o'example@acme.example"),
    EMAIL("!#$%&'*+-/=?^_`{|}~@acme.example", "!#$%&'*+-/=?^_`{|}~@acme.example"),

    /* display names, comments, mailto */
    EMAIL("<maren@acme.example>", "maren@acme.example"),
    EMAIL("Maren Okafor <maren@acme.example>", "maren@acme.example"),
    EMAIL("\"Okafor, Maren\" <maren@acme.example>", "maren@acme.example"),
    EMAIL("\"a@b <c> \\\" (d\" <maren@acme.example>", "maren@acme.example"),
    EMAIL("'Maren' <'maren@acme.example'>", "maren@acme.example"),
    EMAIL("\"Maren <maren@acme.example>\"", "maren@acme.example"),
    EMAIL("Ren\u00e9 (x) <maren@acme.example>;", "maren@acme.example"),
    EMAIL("Maren\r\n\t<maren@acme.example>", "maren@acme.example"),
    EMAIL("maren@acme.example (Maren (Okafor))", "maren@acme.example"),
    EMAIL("maren(at work)@acme.example", "maren@acme.example"),
    EMAIL("maren@acme.example (a \\) b)", "maren@acme.example"),
    EMAIL("Maren <maren@acme.example", "maren@acme.example"),
    EMAIL("mailto:maren@acme.example", "maren@acme.example"),
    EMAIL("MAILTO:maren@acme.example?subject=x@y&body=(", "maren@acme.example"),
    EMAIL("mailto:maren%2Bnews%40acme.example", "maren+news@acme.example"),
    EMAIL("<mailto:maren@acme.example?cc=x>", "maren@acme.example"),
    EMAIL("Maren <mailto:maren%40acme.example>", "maren@acme.example"),
    BAD("\"maren@acme.example"),
    BAD("maren@acme.example (Maren"),
    BAD("<maren@acme.example> <other@acme.example>"),
    BAD("<maren@acme.example>, other@acme.example"),
    BAD("maren@acme.example, other@acme.example"),
    BAD("Maren <maren@acme.example> x"),
    BAD("Maren maren@acme.example"),
    BAD("\"maren\"@acme.example"),
    BAD("mailto:"),
    BAD("mailto:?to=maren@acme.example"),
    BAD("mailto:maren%FF@acme.example"),
    BAD("<>"),

    /* Unicode */
    EMAIL("maren\uff20acme\uff0eexample", "maren@acme.example"),
    EMAIL("\uff2d\uff41\uff52\uff45\uff4e@acme.example", "maren@acme.example"),
    EMAIL("maren@b\u00fccher.example", "maren@xn--bcher-kva.example"),
    EMAIL("maren@BU\u0308CHER.example", "maren@xn--bcher-kva.example"),
    EMAIL("maren@xn--bcher-kva.example", "maren@xn--bcher-kva.example"),
    EMAIL("maren@XN--BCHER-KVA.example", "maren@xn--bcher-kva.example"),
    EMAIL("maren@fa\u00df.example", "maren@xn--fa-hia.example"), /* non-transitional: not "fass" */
    EMAIL("maren@acme\u3002example", "maren@acme.example"),
    EMAIL("maren@b\u00fccher.example\u3002", "maren@xn--bcher-kva.example"),
    EMAIL("REN\u00c9@acme.example", "ren\u00e9@acme.example"),
    EMAIL("rene\u0301@acme.example", "ren\u00e9@acme.example"),
    BAD("maren@\u2603.example"),
    BAD("maren@-b\u00fccher.example"),
    BAD("mar\ue000n@acme.example"),
    BAD("mar\xff@acme.example"),
    BAD("maren@acme.example\xc3"),

    /* one "@", and two sane halves */
    BAD(""),
    BAD("maren"),
    BAD("@"),
    BAD("@acme.example"),
    BAD("maren@"),
    BAD("maren@@acme.example"),
    BAD("maren@acme@example.example"),
    BAD("maren@acme"),
    BAD("maren@acme..example"),
    BAD("maren@.acme.example"),
    BAD("maren@-acme.example"),
    BAD("maren@acme-.example"),
    BAD("maren@ac_me.example"),
    BAD("maren@ac me.example"),
    BAD("mar en@acme.example"),
    BAD("mar,en@acme.example"),
    BAD("mar:en@acme.example"),
    BAD("mar\\en@acme.example"),
    BAD("mar\0en@acme.example"),
    BAD("mar\x01"
        "en@acme.example"),
    BAD("maren@192.0.2.1"),
    BAD("maren@[192.0.2.1]"),
    BAD("maren@acme.example:25"),
    BAD("maren@acme.123"),
    BAD("https://www.linkedin.com/in/" MAREN),
    EMAIL("abcdefghijklmn" X50 "@acme.example", "abcdefghijklmn" X50 "@acme.example"),
    BAD("abcdefghijklmno" X50 "@acme.example"),
    EMAIL("m@abcdefghijklm" X50 ".example", "m@abcdefghijklm" X50 ".example"),
    BAD("m@abcdefghijklmn" X50 ".example"),
    EMAIL("m@" X50 "." X50 "." X50 "." X50 "." X5 X5 X5 X5 X5 X5 X5 X5 "x.example",
          "m@" X50 "." X50 "." X50 "." X50 "." X5 X5 X5 X5 X5 X5 X5 X5 "x.example"),
    BAD("m@" X50 "." X50 "." X50 "." X50 "." X5 X5 X5 X5 X5 X5 X5 X5 "xy.example"),
};

#endif
