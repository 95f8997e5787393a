/* From identifiers to people: who suppresses one identifier of a person suppresses the person.
 *
 * All keys that their records have ever had, as far as the store still knows (reach.h), go on the list;
 * further records that share one of them go on it with their ids alone. What an import brings later is
 * compared when it comes in.
 */
#ifndef ENRICHD_STORE_SUPPRESSION_SPREAD_H
#define ENRICHD_STORE_SUPPRESSION_SPREAD_H

#include "store/reach.h"
#include "store/suppression.h"

/* What is put on the list. */
struct suppression_order {
    enum entity entity;
    const struct key *keys;
    size_t key_count;
    bool is_erasure;
    int64_t erasure_id; /* 0: nobody counts what is removed */
    int64_t now_us;
    str reason;
};

struct suppression_reach {
    struct reach of;    /* in arena */
    size_t added_count; /* entries that are new, the identifiers' own included */
};

/* Adds the identifiers themselves; durable and in force on return, and to be called before the records are
 * locked for suppression_spread. ERR_NOMEM and those of suppression_add. */
enum err suppression_begin(struct suppression *suppression, struct control *control,
                           const struct suppression_order *order, struct arena *arena,
                           size_t *ret_added) MUST_USE;

/* Reads all records of the snapshot and adds what belongs to the identifiers. The caller keeps other writers
 * of records out from before the snapshot until this returns: then no import that began without knowing of
 * the identifiers is missed. Errors as those of records and suppression_add; it may be repeated. */
enum err suppression_spread(struct suppression *suppression, struct control *control,
                            const struct suppression_order *order, struct records_snapshot *snapshot,
                            struct arena *arena, struct suppression_reach *ret) MUST_USE;

#endif
