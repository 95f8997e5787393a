/* A list of batches, each with its claims. */
#include "sim/sim_watch.h"

#include <stdlib.h>

struct watched {
    uint64_t epoch; /* of the latest hand-out; 0: none */
    bool is_done, is_syncing, is_synced;
};

struct sim_watch {
    struct uuid batch_id;
    struct watched *claims;
    uint32_t count;
    struct sim_watch *next;
};

struct sim_watch *sim_watch_of(struct sim_watch **list, struct uuid batch_id, uint32_t claim_count)
{
    struct sim_watch *watch = *list;
    while (watch && !uuid_eq(watch->batch_id, batch_id)) watch = watch->next;
    if (watch) return watch;
    watch = malloc(sizeof *watch);
    must(watch);
    *watch = (struct sim_watch){batch_id, calloc(claim_count, sizeof *watch->claims), claim_count, *list};
    must(watch->claims);
    *list = watch;
    return watch;
}

static struct watched *find(struct sim_watch *watch, const struct claim *claim)
{
    must(claim->number < watch->count);
    return &watch->claims[claim->number];
}

bool sim_watch_claimed(struct sim_watch *watch, const struct claim *claim)
{
    struct watched *watched = find(watch, claim);
    bool was_claimed = watched->epoch != 0;
    must(claim->epoch > watched->epoch && "epochs grow");
    watched->epoch = claim->epoch;
    return was_claimed;
}

void sim_watch_done(struct sim_watch *watch, const struct claim *claim)
{
    struct watched *watched = find(watch, claim);
    must(watched->epoch == claim->epoch && "nobody commits what somebody else has taken over");
    must(!watched->is_done && "a result is stored once");
    watched->is_done = true;
}

void sim_watch_sync_begin(struct sim_watch *watch)
{
    for (uint32_t i = 0; i < watch->count; i++) watch->claims[i].is_syncing = watch->claims[i].is_done;
}

void sim_watch_sync_end(struct sim_watch *watch)
{
    for (uint32_t i = 0; i < watch->count; i++) watch->claims[i].is_synced |= watch->claims[i].is_syncing;
}

void sim_watch_sync_failed(struct sim_watch *watch)
{
    for (uint32_t i = 0; i < watch->count; i++) watch->claims[i].is_done = watch->claims[i].is_synced;
}

void sim_watch_restart(struct sim_watch *watch, const uint32_t *numbers, uint32_t count)
{
    memset(watch->claims, 0, watch->count * sizeof *watch->claims);
    for (uint32_t i = 0; i < count; i++) {
        must(numbers[i] < watch->count);
        watch->claims[numbers[i]] = (struct watched){.is_done = true, .is_synced = true};
    }
}
