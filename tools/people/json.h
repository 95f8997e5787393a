/*
 * json.h - JSON on top of out.h, shaped so that the writer of a record never thinks about commas.
 *
 * Every value leaves a comma behind; closing an object or array replaces the last comma. Strings are
 * copied as they are: the lists hold escaped text, and nothing else that is written needs escapes.
 * Next: person_record.c for how it reads in use.
 */
#ifndef PEOPLE_JSON_H
#define PEOPLE_JSON_H

#include "out.h"

#include <stdbool.h>

#define json_key(o, key)    out_lit((o), "\"" key "\":")
#define json_object(o, key) out_lit((o), "\"" key "\":{")
#define json_array(o, key)  out_lit((o), "\"" key "\":[")
#define json_null(o, key)   out_lit((o), "\"" key "\":null,")

static inline void json_open(struct out *o, char bracket)
{
    out_char(o, bracket);
}

/* Closes with '}' or ']'; the closed value counts as a value and leaves its comma. */
static inline void json_close(struct out *o, char bracket)
{
    if (o->p[o->n - 1] == ',') o->n--;
    out_char(o, bracket);
    out_char(o, ',');
}

/* Turns the comma behind a whole record into the end of its line. */
static inline void json_end_line(struct out *o)
{
    o->p[o->n - 1] = '\n';
}

static inline void json_quoted(struct out *o, str value)
{
    out_char(o, '"');
    out_str(o, value);
    out_lit(o, "\",");
}

/* Ends a string whose opening quote and text are already written. */
static inline void json_unquote(struct out *o)
{
    out_lit(o, "\",");
}

static inline void json_integer(struct out *o, uint64_t v)
{
    out_u64(o, v);
    out_char(o, ',');
}

static inline void json_decimal(struct out *o, uint64_t v, unsigned places)
{
    out_decimal(o, v, places);
    out_char(o, ',');
}

static inline void json_bool(struct out *o, bool value)
{
    if (value)
        out_lit(o, "true,");
    else
        out_lit(o, "false,");
}

/* Members of an object; `key` is a literal. After json_begin_string() come the text and json_unquote(). */
#define json_put_string(o, key, value)          (json_key(o, key), json_quoted((o), (value)))
#define json_put_literal(o, key, literal)       out_lit((o), "\"" key "\":" literal ",")
#define json_put_integer(o, key, value)         (json_key(o, key), json_integer((o), (value)))
#define json_put_decimal(o, key, value, places) (json_key(o, key), json_decimal((o), (value), (places)))
#define json_put_bool(o, key, value)            (json_key(o, key), json_bool((o), (value)))
#define json_begin_string(o, key)               out_lit((o), "\"" key "\":\"")

/* A string, or null when it has no bytes at all (p is NULL). */
static inline void json_quoted_or_null(struct out *o, str value)
{
    if (value.p != NULL)
        json_quoted(o, value);
    else
        out_lit(o, "null,");
}
#define json_put_nullable(o, key, value) (json_key(o, key), json_quoted_or_null((o), (value)))

#endif
