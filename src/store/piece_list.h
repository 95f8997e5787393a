/* The pieces of a batch as one block of bytes, as control.db keeps them.
 *
 * 80 bytes a claim, little-endian, in ascending order of claim numbers: the number, both pieces (offset,
 * deflated bytes, raw bytes, CRC, lines), the counts. Claims that are missing are not done yet.
 */
#ifndef ENRICHD_STORE_PIECE_LIST_H
#define ENRICHD_STORE_PIECE_LIST_H

#include "base/arena.h"
#include "store/batch.h"

struct piece_list {
    uint32_t *numbers; /* claim numbers, ascending */
    struct piece_pair *pairs;
    uint32_t count;
};

/* Room for count claims, in arena. ERR_NOMEM. */
enum err piece_list_init(struct piece_list *list, uint32_t count, struct arena *arena) MUST_USE;

/* In arena; ERR_NOMEM. */
enum err piece_list_encode(const struct piece_list *list, struct arena *arena, str *ret) MUST_USE;

/* Decodes into arena. claim_count: of the batch. ERR_CORRUPT: not in this form, numbers that do not ascend or
 * are none of the batch's; ERR_NOMEM. */
enum err piece_list_decode(str bytes, uint32_t claim_count, struct arena *arena,
                           struct piece_list *ret) MUST_USE;

/* How many of the first claims are there without a gap. */
uint32_t piece_list_prefix(const struct piece_list *list);

/* Sum of the counts of the first n. */
struct batch_counts piece_list_counts(const struct piece_list *list, uint32_t n);

/* Where the last byte of the first n ends in the batch's bytes. */
uint64_t piece_list_end(const struct piece_list *list, uint32_t n);

#endif
