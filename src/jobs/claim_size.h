/* How many identifiers a claim has, and how many claims a part file. Pure.
 *
 * A claim yields one piece, and a piece should hold enough lines to compress well. Part files consist of
 * whole pieces and, for the client, of whole chunks: so a claim is a multiple of the chunk, or divides it.
 */
#ifndef ENRICHD_JOBS_CLAIM_SIZE_H
#define ENRICHD_JOBS_CLAIM_SIZE_H

#include "base/str.h"

struct claim_size {
    uint32_t claim_identifiers; /* >= 1 */
    uint32_t part_claims;       /* >= 1; times claim_identifiers it is a multiple of the chunk size */
};

/* chunk_size >= 1. line_bytes: of a result line, about, >= 1. piece_raw_bytes: what a piece should hold. */
struct claim_size claim_size(uint32_t chunk_size, size_t line_bytes, size_t piece_raw_bytes);

#endif
