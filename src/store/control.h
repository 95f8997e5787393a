/* Control data: accounts, keys, batches, claims, pieces. The interface that every backend implements.
 *
 * Reads answer from any thread. All durable writes of the server go through `apply`, which takes many at once
 * and commits them together (jobs/commit.h is the thread that collects them); the command line's own writes
 * (keys) commit one by one. Every read of a batch carries the account: another account's batch is
 * ERR_NOT_FOUND, like a missing one.
 *
 * Backends: control_sqlite.h.
 */
#ifndef ENRICHD_STORE_CONTROL_H
#define ENRICHD_STORE_CONTROL_H

#include "crypto/token.h"
#include "store/batch.h"
#include "store/delivery.h"

struct control;

/* One entry of the suppression list: a keyed hash that stands for an identifier (suppression.h). */
struct suppression_entry {
    uint8_t hash[SHA256_BYTES];
    enum entity entity;
    enum key_kind kind;
    bool is_erasure;    /* what is left of it anywhere is to be removed, not only withheld */
    int64_t erasure_id; /* that counts what is removed; 0: none does */
    int64_t seq;        /* order of entry, from 1 on; no two ever have the same */
    int64_t created_us;
    str reason;     /* the operator's word */
    bool was_added; /* set by suppression_add */
};

/* An erasure of a person, whoever goes on with it, and what it has removed so far. */
struct erasure {
    int64_t id;
    struct uuid receipt;
    int64_t started_us;
    uint64_t records; /* of the record store */
    uint64_t lines;   /* of result files */
    uint64_t inputs;  /* identifiers of batches */
};

/* What scrubbing one batch adds to it. */
struct erasure_tally {
    int64_t erasure_id;
    uint32_t lines, inputs;
};

/* An entry of the audit log (audit.h). */
struct audit_head {
    uint64_t entry; /* from 1 on; 0: none */
    uint8_t hash[SHA256_BYTES];
};

/* How many records a key may get, in batches and at once; a key and its successor share one. */
struct budget {
    int64_t id;                    /* 0: none */
    uint64_t daily_max, total_max; /* 0: no limit */
    int64_t day;                   /* that daily_used is of: since 1970, UTC */
    uint64_t daily_used, total_used;
    uint64_t direct_used; /* of total_used what was not for batches */
};

static inline bool budget_is_limit(const struct budget *budget)
{
    return budget->daily_max || budget->total_max;
}

static inline uint64_t budget_room_of(uint64_t max, uint64_t used)
{
    return !max ? UINT64_MAX : used < max ? max - used : 0;
}

/* Records that may still be had today. */
static inline uint64_t budget_room(const struct budget *budget)
{
    uint64_t daily = budget_room_of(budget->daily_max, budget->daily_used);
    uint64_t total = budget_room_of(budget->total_max, budget->total_used);
    return daily < total ? daily : total;
}

static inline bool budget_has_room(const struct budget *budget, uint64_t records)
{
    return records <= budget_room(budget);
}

/* An API key as it is stored. Texts are views into the caller's arena. */
struct api_key {
    struct token token;
    int64_t account_id;
    str account_name;
    str name;     /* the operator's label */
    str scopes;   /* what it may do (api/scope.h), separated by commas; empty: everything */
    str families; /* of fields that it may read, separated by commas; empty: all */
    int64_t created_us;
    int64_t expires_us;        /* 0: never */
    int64_t revoked_us;        /* 0: not revoked */
    int64_t last_used_us;      /* 0: never; may lag a minute behind */
    str successor_id;          /* the key that it was rotated to; empty: not rotated */
    struct budget budget;      /* what is used of it may be old: see budget_get */
    uint32_t secret_version;   /* of its webhook secret, from 1 on; see hooks/secret.h */
    int64_t secret_changed_us; /* when that version came; 0: with the key */
};

#define KEY_USED_STEP_US (INT64_C(60) * 1000000) /* last_used_us is written at most this often */

static inline bool api_key_is_live(const struct api_key *key, int64_t now_us)
{
    return !key->revoked_us && (!key->expires_us || key->expires_us > now_us);
}

/* What is to be changed of a key; NULL leaves it as it is. */
struct api_key_change {
    const str *name, *scopes, *families;
    const int64_t *expires_us;
    const uint64_t *budget_daily, *budget_total;
};

/* A key that signs, or signed, links to files: results/link_keys.h. */
struct link_key {
    uint32_t kid; /* 1, 2, ... */
    int64_t created_us;
    int64_t retired_us; /* 0: it signs new links */
    int64_t revoked_us; /* 0: links that it signed are good until they expire */
};
#define LINK_KEYS_MAX 16 /* older ones are forgotten, which revokes them */

/* A batch and its inputs on their way in. */
struct submission {
    struct batch batch;              /* complete, state BATCH_PENDING */
    str inputs;                      /* encoded identifiers (jobs/inputs.h); opaque here */
    uint32_t active_max;             /* refuse when the account has as many pending or processing batches */
    str idempotency_key;             /* empty: none */
    uint8_t body_hash[SHA256_BYTES]; /* of what the key was sent with */
};

#define IDEMPOTENCY_US (INT64_C(24) * 3600 * 1000000) /* how long a key stands for its first request */

/* What one API key did on one day at one endpoint, in one class of answers; as sums, or as an addition to
 * them. */
struct usage {
    int64_t account_id;
    char key_id[TOKEN_ID_BYTES];
    int64_t day;           /* since 1970, UTC */
    str endpoint;          /* path of the route: "/person/enrich" */
    uint32_t status_class; /* 2 to 5 */
    uint64_t requests;
    uint64_t results; /* records delivered */
};
#define DAY_US (INT64_C(24) * 3600 * 1000000)

enum control_write_kind {
    WRITE_SUBMIT, /* ERR_LIMIT: too many active ones. ERR_EXISTS: the idempotency key was sent before with the
                     same body, ret_batch is the batch of that time. ERR_CONFLICT: with another body.
                     ERR_SPENT: the key's budget has no room for the identifiers. Nothing is stored in these
                     cases. */
    WRITE_FINISH, /* the batch's last claim is committed, or it failed: final state, counts and pieces,
                     durable. ERR_CONFLICT: already final. ERR_STALE: not all claims are committed any more (a
                     sync failed and took some back); the last commit will say is_last again */
    WRITE_CHECKPOINT,   /* pieces so far are durable and will not be computed again after a crash */
    WRITE_CANCEL,       /* OK if already cancelled; ERR_CONFLICT: otherwise final; ERR_NOT_FOUND */
    WRITE_ERASE,        /* inputs and files go, overwritten; cancels first if needed. OK if already erased;
                           ERR_NOT_FOUND; another error may mean that the file is still there: to be sent again */
    WRITE_REVOKE_LINKS, /* the batch's next link_epoch begins. ERR_NOT_FOUND */
    WRITE_SCRUB,  /* lines of suppressed persons have been taken out of a final batch: its pieces, counts and,
                     if  given, inputs are now these. ERR_NOT_FOUND: unknown, erased or not final */
    WRITE_CHARGE, /* counts records against the key's budget. ERR_SPENT: they do not fit, nothing was counted
                   */
    WRITE_USAGE,  /* adds to the sums, and says that the keys were used now */
    WRITE_OUTCOMES,  /* attempts of webhook deliveries, and what becomes of these */
    WRITE_REDELIVER, /* the batch's delivery is due now, and its schedule begins anew. ERR_NOT_FOUND: no such
                        batch; ERR_CONFLICT: it has no delivery */
};

/* Whatever makes a batch with a webhook_url final records its delivery in the same transaction. */

/* A batch that ends without being completed (cancelled, failed) keeps the pieces before the first gap; its
 * counts are theirs, and all other identifiers count as OUTCOME_CANCELLED or OUTCOME_ERROR. */

/* One durable write, owned by the caller until `done` was called. */
struct control_write {
    enum control_write_kind kind;
    union {
        const struct submission *submission; /* WRITE_SUBMIT */
        struct {                             /* WRITE_CHARGE */
            char charged_key[TOKEN_ID_BYTES];
            uint32_t records;
        };
        struct { /* WRITE_USAGE */
            const struct usage *usages;
            size_t usage_count;
        };
        struct { /* WRITE_OUTCOMES */
            const struct delivery_outcome *outcomes;
            size_t outcome_count;
        };
        struct { /* WRITE_SCRUB */
            struct uuid scrubbed_id;
            const struct piece_pair *pairs; /* by claim number; NULL: pieces and counts stay */
            uint32_t pair_count;
            uint32_t moved_count; /* matched before, suppressed now */
            str inputs;           /* p NULL: they stay */
            int64_t suppression_seq;
            bool has_waste;
            const struct erasure_tally *tallies;
            size_t tally_count;
        };
        struct { /* the others; account_id is not looked at for FINISH and CHECKPOINT */
            int64_t account_id;
            struct uuid batch_id;
            enum batch_error error; /* WRITE_FINISH: BATCH_ERROR_NONE completes the batch */
            str error_message;      /* WRITE_FINISH */
            int64_t retention_us;   /* WRITE_FINISH, WRITE_CANCEL: how long the files stay */
        };
    };
    enum err result;         /* set by apply */
    struct batch *ret_batch; /* if not NULL: the batch as it is now; texts are empty */

    /* For jobs/commit.h: called once the write is durable or refused, from the writer's thread. */
    void (*done)(struct control_write *write);
    void *context;
};

/* A run of identifiers that one worker has to itself until the lease ends. */
struct claim {
    struct uuid batch_id;
    uint32_t number; /* 0..batch_claim_count()-1 */
    uint32_t first_identifier;
    uint32_t identifier_count;
    uint64_t epoch;    /* grows with every claim of the same run; an old one cannot commit */
    uint32_t failures; /* how often the run was given back as failed; see release_claim */
};

/* The bytes and pieces of a batch, for reading. */
struct batch_pieces {
    const struct piece_pair
        *pairs; /* by claim number; the finished prefix of a batch that is not completed */
    uint32_t count;
    const char *bytes; /* all of the batch's bytes; piece.offset counts from here */
    size_t bytes_n;
    void *owner; /* the backend's */
};

struct control_batch_query {
    int64_t account_id;
    enum batch_state state; /* 0: all */
    bool has_after;         /* only batches older than `after` */
    struct uuid after;
    uint32_t limit;
};

/* What is under way and what waits. */
struct control_load {
    uint32_t pending, processing; /* batches */
    int64_t oldest_us;            /* submission of the oldest that is pending; 0: none is */
    uint64_t deliveries_pending;
};

struct control_ops {
    /* No thread may be inside any function, no pieces open. */
    void (*close)(struct control *control);

    /* Creates the account if there is none of that name. Durable on return. */
    enum err (*key_create)(struct control *control, const struct api_key *key) MUST_USE;
    /* By public id, revoked and expired ones too, as it is now, whichever process wrote it last.
     * ERR_NOT_FOUND. Texts live in arena. */
    enum err (*key_find)(struct control *control, const char id[TOKEN_ID_BYTES], struct arena *arena,
                         struct api_key *ret) MUST_USE;
    /* All keys, oldest first, in arena. */
    enum err (*key_list)(struct control *control, struct arena *arena, struct api_key **ret,
                         size_t *ret_count) MUST_USE;
    /* Changes a key. ERR_NOT_FOUND. Durable, and known to every process, on return. */
    enum err (*key_set)(struct control *control, const char id[TOKEN_ID_BYTES],
                        const struct api_key_change *change) MUST_USE;
    /* Creates `successor` in the place of a key, which expires at until_us if it does not do so before.
     * ERR_NOT_FOUND; ERR_CLOSED: the key is revoked or expired; ERR_EXISTS: it has a successor already.
     * Durable on return. */
    enum err (*key_rotate)(struct control *control, const char id[TOKEN_ID_BYTES], int64_t until_us,
                           const struct api_key *successor) MUST_USE;
    /* ERR_NOT_FOUND. On return it is durable, and every process refuses the key; OK if it is revoked already.
     * Another error: to be done again. */
    enum err (*key_revoke)(struct control *control, const char id[TOKEN_ID_BYTES],
                           int64_t revoked_us) MUST_USE;

    /* From now on the key has another webhook secret, whose version is returned. As key_revoke. */
    enum err (*key_change_secret)(struct control *control, const char id[TOKEN_ID_BYTES], int64_t now_us,
                                  uint32_t *ret_version) MUST_USE;

    /* A number that becomes another one when any process has changed API keys or link keys. */
    uint64_t (*keys_mark)(struct control *control);

    /* Link keys, newest first; there is always one, and the newest is the one that signs. */
    enum err (*link_key_list)(struct control *control, struct link_key ret[LINK_KEYS_MAX],
                              size_t *ret_count) MUST_USE;
    /* Retires the newest one and makes another; also revokes all older ones if so asked. On return it is
     * durable and every process knows; another error than OK: to be done again. */
    enum err (*link_key_rotate)(struct control *control, int64_t now_us, bool revokes) MUST_USE;

    /* The key's budget as it is now; id 0: it has none. */
    enum err (*budget_get)(struct control *control, const char id[TOKEN_ID_BYTES],
                           struct budget *ret) MUST_USE;

    /* A number that changes when any process has changed the suppression list. Costs a read of memory. */
    uint64_t (*suppression_mark)(struct control *control);
    /* The whole list in the order of entry, in arena. */
    enum err (*suppression_list)(struct control *control, struct arena *arena, struct suppression_entry **ret,
                                 size_t *ret_count) MUST_USE;
    /* Adds entries, all or none, and sets seq and was_added of each: an entry that is there stays as it is,
     * unless the new one is an erasure, which replaces it. On return they are durable and every process knows
     * them. */
    enum err (*suppression_add)(struct control *control, struct suppression_entry *entries,
                                size_t count) MUST_USE;
    /* ERR_NOT_FOUND. As suppression_add. */
    enum err (*suppression_remove)(struct control *control, const uint8_t hash[SHA256_BYTES]) MUST_USE;
    /* The unfinished erasure that an entry with one of the hashes is of, or a new one. Durable on return. */
    enum err (*erasure_begin)(struct control *control, const uint8_t (*hashes)[SHA256_BYTES],
                              size_t hash_count, int64_t now_us, struct erasure *ret) MUST_USE;
    /* So many records are going to be removed, if a run before has not seen more; ret: what has been removed
     * so far. Durable on return. */
    enum err (*erasure_records)(struct control *control, int64_t id, uint64_t records,
                                struct erasure *ret) MUST_USE;
    /* It is finished: the next one is another. Durable on return. */
    enum err (*erasure_end)(struct control *control, int64_t id, int64_t now_us) MUST_USE;
    /* Remembers the latest entry of the audit log. Durable on return. */
    enum err (*audit_mark)(struct control *control, const struct audit_head *head) MUST_USE;

    /* Applies all writes in one transaction: each gets its own `result`. When the transaction fails as a
     * whole (ERR_IO, ERR_NOSPACE, ERR_NOMEM, ERR_BUSY), every result is an error and nothing is changed. Does
     * not call `done`. One thread. */
    void (*apply)(struct control *control, struct control_write **writes, size_t count);

    /* The batch with its progress so far; texts in arena. ERR_NOT_FOUND: unknown, or another account's. */
    enum err (*batch_get)(struct control *control, int64_t account_id, struct uuid id, struct arena *arena,
                          struct batch *ret) MUST_USE;
    /* As batch_get, for workers and signed links: whoever's it is. */
    enum err (*batch_get_any)(struct control *control, struct uuid id, struct arena *arena,
                              struct batch *ret) MUST_USE;
    /* Newest first. ERR_NOT_FOUND: `after` is no batch of this account. */
    enum err (*batch_list)(struct control *control, const struct control_batch_query *query,
                           struct arena *arena, struct batch **ret, size_t *ret_count) MUST_USE;
    /* The inputs as they were submitted. ERR_NOT_FOUND when erased. */
    enum err (*batch_inputs)(struct control *control, struct uuid id, struct arena *arena, str *ret) MUST_USE;

    /* Hands out the next run of identifiers, fair between batches (a batch that has just been served is last
     * in line). Waits until there is one; ERR_CLOSED after `stop`. Any thread. */
    enum err (*claim)(struct control *control, struct claim *ret) MUST_USE;
    /* Stores what a claim came to: bytes holds the deflated results and then the deflated unresolved lines;
     * the offsets in pair are not looked at. ERR_STALE: the claim has been taken over or its batch is final;
     * nothing is stored. ERR_NOSPACE, ERR_IO: nothing is stored, the claim is still the caller's (or, if it
     * was the last and the sync failed, open again). *ret_is_last: all claims of the batch are now committed
     * and WRITE_FINISH is the caller's to submit. Not durable before WRITE_CHECKPOINT or WRITE_FINISH. Any
     * thread. */
    enum err (*commit_claim)(struct control *control, const struct claim *claim,
                             const struct piece_pair *pair, str bytes, bool *ret_is_last) MUST_USE;
    /* Gives a claim back undone; nobody gets it within pause_us. Remembers claim->failures, which the caller
     * may have raised. Nothing happens if it is stale. */
    void (*release_claim)(struct control *control, const struct claim *claim, int64_t pause_us);
    /* Makes claim() return ERR_CLOSED to all. */
    void (*stop)(struct control *control);

    /* Ids of unfinished batches with committed claims that would be computed again after a crash, and whose
     * latest checkpoint is at least min_age_us ago; at most max. */
    size_t (*unsaved)(struct control *control, int64_t min_age_us, struct uuid *ret, size_t max);

    /* The pieces of a batch. Valid until pieces_close; if the batch is erased meanwhile, the bytes can be
     * read until then. ERR_NOT_FOUND: unknown or erased. ERR_CORRUPT: the file is damaged. */
    enum err (*pieces_open)(struct control *control, struct uuid id, struct batch_pieces *ret) MUST_USE;
    void (*pieces_close)(struct control *control, struct batch_pieces *pieces);

    /* Ids of batches, oldest first, that are not erased and whose results were not checked with the
     * suppression list up to seq, or whose files have waste; with_unfinished: also those that are not final.
     * At most max. */
    enum err (*unscrubbed)(struct control *control, int64_t seq, bool with_unfinished, struct uuid *ret,
                           size_t max, size_t *ret_count) MUST_USE;
    /* Ids of batches that are not erased, oldest first: those behind `after`, from the first one on if that
     * is NULL. At most max. */
    enum err (*kept_batches)(struct control *control, const struct uuid *after, struct uuid *ret, size_t max,
                             size_t *ret_count) MUST_USE;

    /* Writes bytes behind the pieces of a final batch and syncs its file; they count once a WRITE_SCRUB names
     * them. Bytes that none has named are written over, unless somebody has the pieces open. One thread,
     * which has not. ERR_NOT_FOUND: the file is gone. */
    enum err (*pieces_append)(struct control *control, struct uuid id, str bytes,
                              uint64_t *ret_offset) MUST_USE;
    /* Overwrites what no piece of a final batch covers. ERR_BUSY: somebody still reads the file as it was
     * before. OK if there is no file. */
    enum err (*pieces_clean)(struct control *control, struct uuid id) MUST_USE;

    /* The account's sums of the days from_day..to_day (to_day exclusive), by day, endpoint, key and class, in
     * arena. Batches count when they complete, at the endpoint and for the key that submitted them. */
    enum err (*usage)(struct control *control, int64_t account_id, int64_t from_day, int64_t to_day,
                      struct arena *arena, struct usage **ret, size_t *ret_count) MUST_USE;

    /* Deliveries that are due, in arena, and when the next one will be (0: never). Those that are being tried
     * are among them: which these are, only the caller knows. */
    enum err (*deliveries_due)(struct control *control, const struct delivery_query *query,
                               struct arena *arena, struct delivery **ret, size_t *ret_count,
                               int64_t *ret_next_us) MUST_USE;
    /* The delivery of a batch and its latest attempts (at most 100), oldest first. ERR_NOT_FOUND: none, or
     * another account's. */
    enum err (*delivery_get)(struct control *control, int64_t account_id, struct uuid batch_id,
                             struct arena *arena, struct delivery *ret,
                             struct delivery_attempt **ret_attempts, size_t *ret_count) MUST_USE;

    /* ERR_IO, ERR_BUSY. */
    enum err (*load)(struct control *control, struct control_load *ret) MUST_USE;

    /* Ids of final batches whose files have expired at now_us and are not erased yet; at most max. */
    enum err (*expired)(struct control *control, int64_t now_us, struct uuid *ret, size_t max,
                        size_t *ret_count) MUST_USE;
};

/* Every backend's object begins with this. */
struct control {
    const struct control_ops *ops;
};

#endif
