/* A file to import, as a stream of plain bytes: compressed or not, by what it starts with, whatever its name.
 *
 * One thread per object.
 */
#ifndef ENRICHD_INTAKE_INPUT_H
#define ENRICHD_INTAKE_INPUT_H

#include "base/os.h"

#define INPUT_STDIN "-" /* the name that means standard input */

struct input;

/* ret: ended with input_close. ERR_NOT_FOUND, ERR_IO, ERR_NOMEM. */
enum err input_open(const char *path_cstr, struct input **ret) MUST_USE;
void input_close(struct input *input); /* NULL is accepted */

/* 1 to n bytes; *ret 0 at the end. ERR_CORRUPT: the compressed data is damaged or ends early. ERR_IO. */
enum err input_read(struct input *input, char *out, size_t n, size_t *ret) MUST_USE;

/* Bytes of the file, as it is stored, that have been used so far. */
uint64_t input_used_bytes(const struct input *input);

/* Bytes of a file, as it is stored; 0 for standard input and whatever else has no length. Errors as
 * input_open. */
enum err input_file_bytes(const char *path_cstr, uint64_t *ret) MUST_USE;

#endif
