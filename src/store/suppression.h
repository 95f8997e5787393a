/* The suppression list in memory: people (and companies) about whom nothing is handed out.
 *
 * The list holds keyed hashes of canonical keys, nothing that could be read back. Who suppresses one
 * identifier of a person suppresses the person: suppression_spread.h adds the others. This copy of the stored
 * list is read anew as soon as any process has changed that.
 *
 *     const struct suppression_set *set;
 *     TRY(suppression_take(suppression, &set));
 *     if (suppression_find(set, entity, key)) ...
 *     suppression_return(suppression, set);
 *
 * All functions but open and close: any thread.
 */
#ifndef ENRICHD_STORE_SUPPRESSION_H
#define ENRICHD_STORE_SUPPRESSION_H

#include "entity/record.h"
#include "store/control.h"

struct suppression;
struct suppression_set;

/* secret: the master secret, of which the key of the hashes is derived. control outlives it. ERR_NOMEM. */
enum err suppression_open(struct control *control, str secret, struct suppression **ret) MUST_USE;
void suppression_close(struct suppression *suppression); /* accepts NULL; every set was returned */

/* The list as it is now; it stays the same until it is returned. NULL for a suppression that is NULL: nothing
 * is suppressed. Errors of suppression_list: then nothing may be handed out. */
enum err suppression_take(struct suppression *suppression, const struct suppression_set **ret) MUST_USE;
void suppression_return(struct suppression *suppression, const struct suppression_set *set);

/* The highest seq that the set has; what was checked with it is good up to that one. 0 for NULL. */
int64_t suppression_seq(const struct suppression_set *set);

/* The entry of a key, NULL if it is not suppressed. set may be NULL. */
const struct suppression_entry *suppression_find(const struct suppression_set *set, enum entity entity,
                                                 struct key key);

/* The same for the key that every record has by nature. */
const struct suppression_entry *suppression_find_id(const struct suppression_set *set, enum entity entity,
                                                    int64_t id);

/* Whether a record has any key that is suppressed. */
bool suppression_covers(const struct suppression_set *set, enum entity entity, const struct record *record);

/* The keyed hash that stands for a key. */
void suppression_hash(const struct suppression *suppression, enum entity entity, struct key key,
                      uint8_t ret[SHA256_BYTES]);

#endif
