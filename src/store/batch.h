/* What a batch is: its row, its states, its counts, its pieces. Shapes only; see control.h for where they are
 * kept.
 */
#ifndef ENRICHD_STORE_BATCH_H
#define ENRICHD_STORE_BATCH_H

#include "crypto/token.h"
#include "crypto/uuid.h"
#include "entity/identifier.h"

/* The numbers are stored: never reuse one. */
enum batch_state {
    BATCH_PENDING = 1,
    BATCH_PROCESSING = 2,
    BATCH_COMPLETED = 3,
    BATCH_FAILED = 4, /* error_code says why; cancelled ones are here too */
};

enum batch_action {
    ACTION_ENRICH = 1,
};

/* Why a batch failed. */
enum batch_error {
    BATCH_ERROR_NONE = 0,
    BATCH_ERROR_CANCELLED = 1,
    BATCH_ERROR_INTERNAL = 2,
    BATCH_ERROR_UPSTREAM = 3,
    BATCH_ERROR_EXPIRED = 4,
};

str batch_state_name(enum batch_state state);    /* "pending", "processing", "completed", "failed" */
str batch_action_name(enum batch_action action); /* "enrich" */
str batch_error_name(
    enum batch_error error); /* "cancelled", "internal", "upstream", "expired"; empty for NONE */
enum err batch_state_of_name(str name, enum batch_state *ret) MUST_USE;

static inline bool batch_state_is_final(enum batch_state state)
{
    return state == BATCH_COMPLETED || state == BATCH_FAILED;
}

/* The one table of legal moves: whether a batch in state `from` may become `to`. */
bool batch_state_may_follow(enum batch_state from, enum batch_state to);

/* What became of the identifiers. The sum of all equals the identifiers that were looked at. */
enum outcome {
    OUTCOME_MATCHED,
    OUTCOME_NOT_FOUND,
    OUTCOME_INVALID,   /* cannot be an identifier of its kind */
    OUTCOME_DUPLICATE, /* the same string stood earlier in the list */
    OUTCOME_SUPPRESSED,
    OUTCOME_ERROR,
    OUTCOME_CANCELLED,
};
#define OUTCOME_COUNT 7

/* The contract's words: in request_counts ("invalid") and as reason in unresolved files
 * ("invalid_identifier"). */
str outcome_count_name(enum outcome outcome);
str outcome_reason(enum outcome outcome);

struct batch_counts {
    uint32_t of[OUTCOME_COUNT];
};

void batch_counts_add(struct batch_counts *counts, const struct batch_counts *more);
uint32_t batch_counts_sum(const struct batch_counts *counts);

/* A run of raw deflate among the bytes of a batch: byte-aligned, with its own window, without a final block.
 */
struct piece {
    uint64_t offset;    /* in the batch's bytes */
    uint32_t bytes;     /* deflated; 0 if there are no lines */
    uint32_t raw_bytes; /* inflated */
    uint32_t crc;       /* CRC-32 of the inflated bytes */
    uint32_t lines;
};

/* What the work on one claim came to. */
struct piece_pair {
    struct piece results;    /* enrich lines */
    struct piece unresolved; /* lines for identifiers without a result */
    struct batch_counts counts;
};

/* A batch as it is stored. Texts are views into the arena of whoever filled it in. */
struct batch {
    struct uuid id;
    int64_t account_id;
    char key_id[TOKEN_ID_BYTES]; /* of the API key that submitted it */
    enum entity entity;
    enum batch_action action;
    enum identifier_kind identifier_kind;
    enum batch_state state;
    enum batch_error error;
    str error_message;          /* for failed ones; may be empty */
    uint32_t identifier_count;  /* as submitted, duplicates counted */
    uint32_t chunk_size;        /* as requested: identifiers a chunk */
    uint32_t claim_identifiers; /* identifiers a claim, which yields one piece; fixed at submission */
    uint32_t part_claims;       /* claims whose pieces make one part file; fixed at submission */
    str fields;                 /* selected paths, separated by commas; empty for the default set */
    str families;               /* that its key might read, separated by commas; empty: all */
    str webhook_url;            /* empty if none */
    str request_id;             /* of the request that submitted it, for the log */
    int64_t created_us;
    int64_t started_us;      /* 0 before */
    int64_t completed_us;    /* 0 before; when it became final */
    int64_t expires_us;      /* 0 before it is final; when its files go */
    bool is_erased;          /* inputs and files are gone */
    int64_t suppression_seq; /* nobody who was suppressed up to it is in the results (store/suppression.h) */
    bool has_waste;          /* the file still has bytes of lines that were taken out */
    uint32_t link_epoch;     /* links to its files that were made under an earlier one are revoked */
    struct batch_counts counts; /* so far */
};

/* A batch's request_id for longer than the batch. */
#define REQUEST_ID_BYTES_MAX ((size_t)255)
struct request_id {
    uint8_t n;
    char p[REQUEST_ID_BYTES_MAX];
};
struct request_id request_id_of(const struct batch *batch); /* cut off behind REQUEST_ID_BYTES_MAX */

/* A copy with its texts in arena. ERR_NOMEM. */
enum err batch_copy(const struct batch *batch, struct arena *arena, struct batch *ret) MUST_USE;

/* The path that a batch was posted to: "/batch/person/enrich". */
str batch_endpoint(const struct batch *batch);

/* Claims of a batch: ceil(identifier_count / claim_identifiers). */
uint32_t batch_claim_count(const struct batch *batch);

/* The time of a batch's next step: now, or that of the step before if the clock has been set back since. */
static inline int64_t batch_step_us(int64_t now_us, int64_t before_us)
{
    return now_us > before_us ? now_us : before_us;
}

/* Lines produced so far. */
static inline uint32_t batch_result_count(const struct batch *batch)
{
    return batch->counts.of[OUTCOME_MATCHED];
}

/* Whether its files may be read: they are made, their time is not over, and nobody has erased them. They
 * leave the disk a little later. */
static inline bool batch_has_files(const struct batch *batch, int64_t now_us)
{
    return batch_state_is_final(batch->state) && !batch->is_erased && now_us < batch->expires_us;
}

/* Identifiers that have no outcome yet. */
uint32_t batch_pending_count(const struct batch *batch);

#endif
