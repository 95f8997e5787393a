/* Structured log lines on standard error: logfmt on a terminal, JSON otherwise.
 *
 *     log_info("batch completed", LOG_STR("batch_id", id), LOG_INT("lines", n));
 *
 * One line an event, written with one write(2). Values are escaped and cut at 512 bytes; never log bodies,
 * keys, signatures or identifiers. Any thread.
 */
#ifndef ENRICHD_BASE_LOG_H
#define ENRICHD_BASE_LOG_H

#include "base/str.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_FORMAT_AUTO, LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

struct log_field {
    const char *key_cstr;
    enum { LOG_FIELD_STR, LOG_FIELD_INT } kind;
    str text;
    int64_t number;
};

#define LOG_STR(key, value)  ((struct log_field){.key_cstr = (key), .kind = LOG_FIELD_STR, .text = (value)})
#define LOG_CSTR(key, value) LOG_STR(key, str_of_cstr(value))
#define LOG_INT(key, value)                                                                                  \
    ((struct log_field){.key_cstr = (key), .kind = LOG_FIELD_INT, .number = (int64_t)(value)})

/* What is printed and how; before the first thread starts. The default is INFO and AUTO. */
void log_setup(enum log_level level, enum log_format format);

void log_write(enum log_level level, const char *message_cstr, const struct log_field *fields, size_t count);

/* The zeroed last field lets the list be empty; log_write leaves it out. */
#define log_at(level, message, ...)                                                                          \
    log_write(level, message, (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}},                     \
              sizeof((const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}}) / sizeof(struct log_field) - \
                  1)

#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)

/* Whether events of that level are printed: to leave out work for nothing. They are counted when they are
 * written. */
bool log_wants(enum log_level level);

/* Events of that level so far, printed or not. */
uint64_t log_count(enum log_level level);

#endif
