/* Jobs: batches from submission to their final state, by the threads that this module runs.
 *
 *     submit  durable, then acknowledged (group commit: commit.h)
 *     worker  claims a run of identifiers, enriches it (enrich.h), commits the piece
 *     scrub   takes who was suppressed out of results that were there before (scrub.h)
 *     upkeep  checkpoints long batches, erases the files of those past their retention
 *
 * Start order: control, records, jobs; jobs_stop drains and joins.
 */
#ifndef ENRICHD_JOBS_JOBS_H
#define ENRICHD_JOBS_JOBS_H

#include "jobs/inputs.h"
#include "store/control.h"
#include "store/records.h"
#include "store/suppression.h"

struct jobs;

struct jobs_settings {
    uint32_t worker_count;           /* threads; >= 1 */
    uint32_t active_batches_max;     /* pending or processing, an account; default 5 */
    uint32_t submit_queue_max;       /* submissions, cancels and erasures that wait for the disk */
    uint32_t piece_raw_bytes;        /* lines that a piece should hold, about; default 512 KiB */
    uint32_t prepared_batches_max;   /* batches whose inputs and plan are kept in memory; no fewer than take
                                        turns in control, or they are made ready over and over */
    size_t identifier_bytes_max;     /* longer ones are invalid; <= IDENTIFIER_BYTES_MAX */
    int64_t retention_us;            /* how long files stay after completion; default 5 days */
    int64_t reap_period_us;          /* how often expired files are looked for; > 0 */
    int64_t checkpoint_us;           /* a batch that runs longer is checkpointed this often; > 0 */
    struct suppression *suppression; /* may be NULL: nobody is suppressed */
    size_t chunk_memory_bytes;       /* cap of a worker's arena and of each of its line buffers */

    /* Called, if not NULL, when work has brought a batch to its final state, once that is durable. From a
     * worker's thread; must not wait. Batches that end by a WRITE_CANCEL or WRITE_ERASE are not told. */
    void (*on_final)(void *context, struct uuid batch_id);
    void *on_final_context;
};

/* Starts the threads. control and records outlive jobs. records[entity] may not be NULL. */
enum err jobs_start(const struct jobs_settings *settings, struct control *control,
                    struct records *const records[ENTITY_COUNT], struct jobs **ret) MUST_USE;

/* Stops claiming, waits for the claims in flight and queued writes, joins the threads, frees. Acknowledged
 * work stays for the next start. Accepts NULL. */
void jobs_stop(struct jobs *jobs);

/* A new batch on its way. The caller fills the first block and keeps everything alive until `done`. */
struct job_request {
    int64_t account_id;
    enum entity entity;
    enum batch_action action;
    enum identifier_kind identifier_kind;
    struct input *inputs; /* duplicates are marked by jobs_submit */
    size_t input_count;   /* >= 1 */
    uint32_t chunk_size;
    str fields;   /* checked before: see struct batch */
    str families; /* see struct batch */
    str webhook_url;
    str request_id;                  /* see struct batch */
    char key_id[TOKEN_ID_BYTES];     /* of the API key that submits it */
    str idempotency_key;             /* empty: none */
    uint8_t body_hash[SHA256_BYTES]; /* of what the key was sent with */

    /* Called once from another thread, with result: OK (the batch is durable), ERR_EXISTS (a repetition:
     * `batch` is the first one), ERR_CONFLICT (the idempotency key was sent with another body), ERR_LIMIT
     * (too many active batches of the account), ERR_SPENT (the key's budget), ERR_NOT_FOUND (no such
     * account), ERR_NOSPACE, ERR_IO, ERR_NOMEM, ERR_BUSY. */
    void (*done)(struct job_request *request);
    void *context;
    enum err result;
    struct batch batch; /* as stored, when result is OK or ERR_EXISTS */

    struct arena *arena;          /* scratch for the encoding, the caller's */
    struct submission submission; /* internal */
    struct control_write write;   /* internal */
};

/* Encodes the inputs, sizes the claims, and queues the submission. OK: `done` will be called. ERR_BUSY (queue
 * full), ERR_CLOSED (stopping), ERR_NOMEM, ERR_INVALID (unknown fields): `done` will not be called and
 * nothing was stored. Not after jobs_stop began to free. Any thread. */
enum err jobs_submit(struct jobs *jobs, struct job_request *request) MUST_USE;

/* Queues a WRITE_CANCEL, WRITE_ERASE, WRITE_REDELIVER, WRITE_REVOKE_LINKS or WRITE_CHARGE. As jobs_submit:
 * write->done is called if and only if OK is returned. */
enum err jobs_write(struct jobs *jobs, struct control_write *write) MUST_USE;

/* Queues a WRITE_OUTCOMES, one at a time. As jobs_write, but until jobs_stop. */
enum err jobs_write_outcomes(struct jobs *jobs, struct control_write *write) MUST_USE;

/* Adds usage sums and waits until that is durable. Any thread but those that call `done`. */
enum err jobs_add_usage(struct jobs *jobs, const struct usage *usages, size_t count) MUST_USE;

/* A batch whose files are to be brought up to the suppression list. The caller's until `done`. */
struct scrub_request {
    struct uuid batch_id;
    void (*done)(struct scrub_request *request); /* called once, from another thread, with result */
    void *context;
    enum err result; /* ERR_NOT_FOUND: erased; any other error: its files are not fit to be handed out */
    struct scrub_request *next;
};

/* OK: `done` will be called. ERR_CLOSED: it will not. Any thread. */
enum err jobs_scrub(struct jobs *jobs, struct scrub_request *request) MUST_USE;

#endif
