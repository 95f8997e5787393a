/* Control data in short, for tests of every backend: accounts, batches, claims whose pieces say what they
 * are.
 *
 * A test batch has claims of HELP_CLAIM identifiers. Claim n of it yields the results text "<n>:" followed by
 * n letters r, and the unresolved text "(<n>)"; of its identifiers all but one match. Nothing is deflated:
 * control does not look into the bytes.
 */
#ifndef ENRICHD_TESTS_CONTROL_HELP_H
#define ENRICHD_TESTS_CONTROL_HELP_H

#include "store/control.h"

#define HELP_CLAIM 10

/* An account with one key; returns its number. Any name, new or known. */
int64_t help_account(struct control *control, const char *name_cstr);

/* A batch of that many identifiers as it would be submitted. */
struct batch help_batch(int64_t account_id, uint32_t identifiers);

/* Submits one, alone in its group. */
enum err help_try_submit(struct control *control, const struct batch *batch, uint32_t active_max);
struct uuid help_submit(struct control *control, int64_t account_id, uint32_t identifiers);

/* The inputs that help_submit gives a batch; in static memory. */
str help_inputs(struct uuid batch_id);

/* Writes, each alone in its group. */
enum err help_finish(struct control *control, struct uuid batch_id, enum batch_error error);
enum err help_checkpoint(struct control *control, struct uuid batch_id);
enum err help_cancel(struct control *control, int64_t account_id, struct uuid batch_id, struct batch *ret);
enum err help_erase(struct control *control, int64_t account_id, struct uuid batch_id);

/* Claims; fails the test unless one is to be had at once. */
struct claim help_claim(struct control *control);

/* Commits what the claim yields. */
enum err help_commit(struct control *control, const struct claim *claim, bool *ret_is_last);

/* Claims and commits until the batch is completed, which it must be before any other has a claim left. */
void help_complete(struct control *control, struct uuid batch_id);

/* The batch, which must be there; texts are valid until the next call. */
struct batch help_get(struct control *control, struct uuid batch_id);

/* Fails the test unless the pieces are those of the first `claims` claims, bytes included. */
void help_check_pieces(struct control *control, struct uuid batch_id, uint32_t claims);

/* Fails the test unless these are the outcomes, by enum outcome; the rest of them is 0. */
void help_check_counts(const struct batch *batch, uint32_t matched, uint32_t not_found, uint32_t error,
                       uint32_t cancelled);

#endif
