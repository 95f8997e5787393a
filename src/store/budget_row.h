/* Rows of the tables budget and budget_charge: how many records a key may get, and what it has got.
 *
 * A batch is charged with all its identifiers when it is submitted, in that transaction; when it becomes
 * final, what it does not deliver is given back. Synchronous answers are charged with what they deliver. So
 * at any time total_used is direct_used and the sum of the charges of batches. All functions are called
 * inside a write transaction.
 */
#ifndef ENRICHD_STORE_BUDGET_ROW_H
#define ENRICHD_STORE_BUDGET_ROW_H

#include "store/control.h"
#include "store/sqlite.h"

/* The budget of a key as it is on the day, which a new day has refilled; id 0: it has none. */
enum err budget_row_of_key(struct sqlite *db, const char key_id[TOKEN_ID_BYTES], int64_t day,
                           struct budget *ret) MUST_USE;

/* What a query must select of a budget, in this order, for budget_row_read. */
#define BUDGET_COLUMNS "b.id, b.daily_max, b.total_max, b.day, b.daily_used, b.total_used, b.direct_used"

/* Reads them; all 0 if there is none. */
struct budget budget_row_read(struct statement *statement);

/* A new budget; *ret_id is its id. */
enum err budget_row_insert(struct sqlite *db, const struct budget *budget, int64_t *ret_id) MUST_USE;

/* Changes daily_max and total_max. */
enum err budget_row_set_max(struct sqlite *db, const struct budget *budget) MUST_USE;

/* Charges a batch that is in its table with so many records. The budget is one that budget_row_of_key gave
 * in this transaction and that has room for them; without one nothing happens. */
enum err budget_row_charge_batch(struct sqlite *db, const struct budget *budget, int64_t batch_seq,
                                 uint32_t records) MUST_USE;

/* The batch is final and delivers so many records: the rest of its charge is given back. */
enum err budget_row_settle_batch(struct sqlite *db, int64_t batch_seq, uint32_t records) MUST_USE;

/* Charges an answer that delivers records at once; as budget_row_charge_batch. */
enum err budget_row_charge_answer(struct sqlite *db, const struct budget *budget, uint32_t records) MUST_USE;

#endif
