/* Settings out of a table: defaults, then a file, then the environment, then the command line; the later
 * wins.
 *
 * The table says everything about a setting (name, form, default, limits, one line of help); reading,
 * checking and showing are driven by it. The file is plain:
 *
 *     # a comment, on a line of its own
 *     [server]
 *     body_max = 64MiB
 *
 * What is wrong is reported with its place ("enrichd.conf:3: ..."). For the start of the program: one thread
 * reads, afterwards any number of threads may look values up.
 */
#ifndef ENRICHD_BASE_CONF_H
#define ENRICHD_BASE_CONF_H

#include "base/arena.h"
#include "base/buf.h"

enum conf_type {
    CONF_TEXT,     /* any text without line breaks; limits are of its bytes */
    CONF_NUMBER,   /* 10000 */
    CONF_BYTES,    /* 64MiB: B, KiB, MiB, GiB; K, M, G mean the same; a bare number is bytes */
    CONF_DURATION, /* 30s: ms, s, m, h, d; kept in microseconds; needs its unit unless it is 0 */
    CONF_CHOICE,   /* one of a few words */
    CONF_LIST,     /* texts between commas; lines of the file add up; limits are of their count
                    */
};

/* One setting. Static memory. */
struct conf_item {
    const char *name_cstr; /* "server.body_max": section and key */
    enum conf_type type;
    const char *default_cstr; /* as a person would write it */
    int64_t min, max;         /* inclusive, in the unit of the type */
    const char *choices_cstr; /* CONF_CHOICE: "error|warn|info|debug" */
    const char *help_cstr;
};

/* Where a value came from; the order is the precedence. */
enum conf_origin { CONF_DEFAULT, CONF_FILE, CONF_ENVIRONMENT, CONF_FLAG };

struct conf_value {
    enum conf_origin origin;
    size_t line;    /* CONF_FILE: where it was set last */
    str text;       /* as written, NUL-terminated behind its length; CONF_LIST: its first entry */
    int64_t number; /* NUMBER, BYTES, DURATION; CHOICE: which, from 0; LIST: how many entries */
    str *list;      /* CONF_LIST */
};

struct conf {
    const struct conf_item *items;
    size_t item_count;
    struct conf_value *values; /* by index of the item */
    str file;                  /* the path that was read; empty if none */
    struct arena arena;
};

/* All settings at their defaults. items must outlive conf. A default that breaks its own limits is a bug. */
enum err conf_init(struct conf *conf, const struct conf_item *items, size_t count) MUST_USE;
void conf_fini(struct conf *conf);

/* Reads a file. ERR_NOT_FOUND: there is none; nothing has changed. ERR_INVALID: err_detail() has
 * "file:line: what". */
enum err conf_read_file(struct conf *conf, const char *path_cstr) MUST_USE;

/* The same for text that is already in memory; file names it in messages. */
enum err conf_read_text(struct conf *conf, str file, str text) MUST_USE;

/* Takes the variables that are named prefix, section and key: ENRICHD_SERVER_BODY_MAX.
 *
 * environment: "NAME=value", ended by NULL. A variable of a section that the table has, with a key that it
 * has not, is ERR_INVALID; all other variables are somebody else's. */
enum err conf_read_environment(struct conf *conf, str prefix, const char *const *environment) MUST_USE;

/* Sets one item; a list is replaced by the comma-separated entries. ERR_INVALID: err_detail() says what is
 * wrong with the value, without the setting's name. */
enum err conf_set(struct conf *conf, size_t index, str text, enum conf_origin origin) MUST_USE;

/* Adds one entry to a list; the first one from a source replaces what earlier sources said. As conf_set. */
enum err conf_append(struct conf *conf, size_t index, str text, enum conf_origin origin) MUST_USE;

/* The value in its unit. */
static inline int64_t conf_number(const struct conf *conf, size_t index)
{
    return conf->values[index].number;
}

static inline str conf_text(const struct conf *conf, size_t index)
{
    return conf->values[index].text;
}

/* "default", "enrichd.conf:12", "environment", "command line", appended to out. */
void conf_add_origin(const struct conf *conf, size_t index, struct buf *out);

#endif
