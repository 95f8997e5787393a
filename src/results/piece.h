/* Pieces: lines into runs of raw deflate that can be put together in any number to one gzip member.
 *
 * Compression is ISA-L level 1; a piece ends byte-aligned with a full flush and has no final block. A
 * deflater gives the same bytes for the same lines, whatever it did before. Another one, of the next thread
 * or process, may give a different, equally good encoding: which repetitions ISA-L finds depends on bits 16
 * and up of the address of its state (measured: 1 address in 256 for a given text). One deflater a thread.
 */
#ifndef ENRICHD_RESULTS_PIECE_H
#define ENRICHD_RESULTS_PIECE_H

#include "base/buf.h"
#include "store/batch.h"

struct piece_deflater;

enum err piece_deflater_new(struct piece_deflater **ret) MUST_USE;
void piece_deflater_free(struct piece_deflater *deflater); /* accepts NULL */

/* Appends the deflated lines to out and describes them (offset 0; line count as given). Empty lines give an
 * empty piece and append nothing. ERR_NOMEM when out has no room: nothing is appended. lines: at most 2 GiB.
 */
enum err piece_deflate(struct piece_deflater *deflater, str lines, uint32_t line_count, struct buf *out,
                       struct piece *ret) MUST_USE;

/* Whether the deflated bytes are what piece says: inflates them and compares length, checksum and number of
 * lines. ERR_CORRUPT with what differs; ERR_NOMEM. */
enum err piece_check(const struct piece *piece, str deflated) MUST_USE;

/* Appends the lines of a piece to out. Errors as piece_check, and ERR_NOMEM when out has no room. */
enum err piece_inflate(const struct piece *piece, str deflated, struct buf *out) MUST_USE;

#endif
