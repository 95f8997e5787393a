/* A text as a shorter one that it contains in pieces, and what is added to it.
 *
 * The stored form is a row of steps: a varint of bytes to take over from the shorter text, a varint of bytes
 * to add, and those bytes. What is left of the shorter text follows the last step. Pure code.
 */
#ifndef ENRICHD_ENTITY_ADDITIONS_H
#define ENRICHD_ENTITY_ADDITIONS_H

#include "base/buf.h"

/* Appends the steps that lead from base to whole. False, and out unchanged, if there are none that are
 * shorter than whole; also if out failed. */
bool additions_find(str base, str whole, struct buf *out);

/* Appends the whole text, at most base.n + additions.n bytes. False if the steps are damaged: a part may have
 * been appended. Views may lie in out if it has that much room. */
bool additions_apply(str base, str additions, struct buf *out);

#endif
