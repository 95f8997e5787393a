/* What a webhook delivery is: one event (a batch has become final) on its way to one URL. Shapes only; see
 * control.h for where they are kept.
 */
#ifndef ENRICHD_STORE_DELIVERY_H
#define ENRICHD_STORE_DELIVERY_H

#include "crypto/token.h"
#include "crypto/uuid.h"

/* The numbers are stored: never reuse one. */
enum delivery_state {
    DELIVERY_PENDING = 1, /* to be tried at next_us */
    DELIVERY_DELIVERED = 2,
    DELIVERY_GIVEN_UP = 3, /* no further attempt unless somebody asks for one */
};

/* Recorded in the transaction that makes the batch final. Texts are views into the arena of whoever filled it
 * in. */
struct delivery {
    struct uuid id; /* of the event, the same over all attempts */
    struct uuid batch_id;
    int64_t account_id;
    char key_id[TOKEN_ID_BYTES]; /* of the API key whose secret signs */
    str url;
    enum delivery_state state;
    uint32_t tried; /* attempts since it was recorded or asked for again: the place in the schedule */
    int64_t created_us;
    int64_t next_us; /* of a pending one: when it is due */
};

/* One attempt. */
struct delivery_attempt {
    int64_t started_us;
    uint32_t duration_ms;
    uint32_t status; /* of the answer; 0: there was none */
    str error;       /* what went wrong, in a few words; empty if it was delivered */
};

/* What an attempt came to, and what becomes of its delivery. */
struct delivery_outcome {
    struct uuid delivery_id;
    struct delivery_attempt attempt;
    enum delivery_state state;
    int64_t next_us; /* DELIVERY_PENDING: the next attempt */
};

/* Deliveries that are due, fair between receivers: a lane is what one account sends to one host and port. */
struct delivery_query {
    int64_t now_us;
    uint32_t lane_max;    /* at most so many of a lane, */
    uint32_t account_max; /* of an account, */
    uint32_t max;         /* and together; always the longest due first */
};

#endif
