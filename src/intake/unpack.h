/* Decompression as a stream: gzip with any number of members, zstd with any number of frames.
 *
 * One thread per object.
 */
#ifndef ENRICHD_INTAKE_UNPACK_H
#define ENRICHD_INTAKE_UNPACK_H

#include "base/str.h"

enum unpack_format { UNPACK_PLAIN, UNPACK_GZIP, UNPACK_ZSTD };

#define UNPACK_MAGIC_BYTES ((size_t)4) /* that tell the formats apart */

/* What a file is that starts with these bytes. */
enum unpack_format unpack_detect(str head);

struct unpack;

/* ret: ended with unpack_free. ERR_NOMEM. */
enum err unpack_new(enum unpack_format format, struct unpack **ret) MUST_USE;
void unpack_free(struct unpack *unpack); /* NULL is accepted */

/* Turns the front of *in into at most n bytes at out and advances *in past what was used. *ret_n may be 0
 * when more input is needed. ERR_CORRUPT: not in the format, or a checksum differs. */
enum err unpack_step(struct unpack *unpack, str *in, char *out, size_t n, size_t *ret_n) MUST_USE;

/* Whether the input may end here: behind a member or frame, all of which was delivered. */
bool unpack_is_complete(const struct unpack *unpack);

#endif
