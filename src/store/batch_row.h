/* The rows of a batch in control.db: what it is, its inputs, its pieces. */
#ifndef ENRICHD_STORE_BATCH_ROW_H
#define ENRICHD_STORE_BATCH_ROW_H

#include "store/piece_list.h"
#include "store/sqlite.h"

/* What a query must select, in this order, for batch_row_read. */
#define BATCH_ROW_COLUMNS                                                                                    \
    "seq, id, account_id, key_id, entity, action, identifier_kind, state, error, error_message, "            \
    "identifier_count,"                                                                                      \
    " chunk_size, claim_identifiers, part_claims, fields, families, webhook_url, created_us, started_us,"    \
    " completed_us, expires_us, is_erased, matched_count, not_found_count, invalid_count, duplicate_count,"  \
    " suppressed_count, error_count, cancelled_count, suppression_seq, has_waste, link_epoch,"               \
    " request_id"

struct batch_row {
    int64_t seq;
    struct batch batch;
};

/* Reads an id from the next column. ERR_CORRUPT. */
enum err batch_row_id(struct statement *statement, struct uuid *ret) MUST_USE;

/* Reads the row that the statement is at. Texts in arena. ERR_CORRUPT: values that no batch has; ERR_NOMEM.
 */
enum err batch_row_read(struct statement *statement, struct arena *arena, struct batch_row *ret) MUST_USE;

/* ERR_NOT_FOUND: no row of that id, or of another account. account_id 0: whoever's it is. */
enum err batch_row_get(struct sqlite *db, int64_t account_id, struct uuid id, struct arena *arena,
                       struct batch_row *ret) MUST_USE;

/* ERR_EXISTS: there is such a batch, or no such account; nothing was inserted. */
enum err batch_row_insert(struct sqlite *db, const struct batch *batch, int64_t *ret_seq) MUST_USE;

/* Writes what changes in a batch's life: state, error and its message, times, counts, is_erased, and what is
 * known of suppressions. */
enum err batch_row_update(struct sqlite *db, const struct batch_row *row) MUST_USE;

enum err batch_row_insert_inputs(struct sqlite *db, int64_t seq, str inputs) MUST_USE;

enum err batch_row_replace_inputs(struct sqlite *db, int64_t seq, str inputs) MUST_USE;

/* The pieces as they were last stored, in arena; none if there are none. ERR_CORRUPT, ERR_NOMEM. */
enum err batch_row_pieces(struct sqlite *db, const struct batch_row *row, struct arena *arena,
                          struct piece_list *ret) MUST_USE;

/* Replaces the pieces. arena: scratch. */
enum err batch_row_store_pieces(struct sqlite *db, int64_t seq, const struct piece_list *list,
                                struct arena *arena) MUST_USE;

/* Deletes inputs and pieces. */
enum err batch_row_delete_content(struct sqlite *db, int64_t seq) MUST_USE;

#endif
