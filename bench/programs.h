/* What the small programs of the benchmark share: a clock, whole files, and the conversation with bench/run.
 *
 * A program is started once and answers every line on its standard input with one line of numbers, so that
 * nobody's start is measured. They are tools: on any error they say what failed and exit.
 */
#ifndef ENRICHD_BENCH_PROGRAMS_H
#define ENRICHD_BENCH_PROGRAMS_H

#include "base/str.h"

#define THREADS_MAX ((size_t)256)

/* Ends the program with a message, errno's text behind it. */
_Noreturn void give_up(const char *what_cstr);

/* Microseconds since some fixed point. */
int64_t clock_us(void);

/* The whole file in memory, followed by a NUL byte; free() its p. */
str read_whole(const char *path_cstr);

/* Creates or empties a file for writing; the descriptor. */
int create_file(const char *path_cstr);

void write_whole(int fd, const void *p, size_t n);

/* The next line of standard input, split at its first tab: `first` and `second` are valid until the next
 * call. False at the end. */
bool next_task(const char **first, const char **second);

/* A whole number, or the end of the program; of threads: 1 to THREADS_MAX. */
size_t number_of(const char *cstr);
size_t threads_of(const char *cstr);

/* A JSON string in a result line, for identifiers and other texts that need no escapes but these two. */
size_t quoted(str text, char *out);

#endif
