/* A short list under a lock that readers share. */
#include "results/link_keys.h"

#include <pthread.h>

struct ready_key {
    struct link_key key;
    struct mac_key mac;
};

struct link_keys {
    struct control *control;
    uint8_t master[SHA256_BYTES];
    pthread_rwlock_t lock; /* guards what follows */
    bool is_loaded;
    uint64_t mark;                        /* of the store, from before the list was read */
    struct ready_key list[LINK_KEYS_MAX]; /* newest first */
    size_t count;
};

enum err link_keys_new(str master, struct control *control, struct link_keys **ret)
{
    struct link_keys *keys = calloc(1, sizeof *keys);
    if (!keys) return err_raise(ERR_NOMEM, "no memory for link keys");
    keys->control = control;
    must(master.n == sizeof keys->master);
    memcpy(keys->master, master.p, master.n);
    must(pthread_rwlock_init(&keys->lock, NULL) == 0);
    *ret = keys;
    return OK;
}

static void empty(struct link_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) mac_key_fini(&keys->list[i].mac);
    keys->count = 0;
    keys->is_loaded = false;
}

void link_keys_free(struct link_keys *keys)
{
    if (!keys) return;
    empty(keys);
    pthread_rwlock_destroy(&keys->lock);
    explicit_bzero(keys->master, sizeof keys->master);
    free(keys);
}

static void make_ready(const struct link_keys *keys, const struct link_key *key, struct ready_key *ret)
{
    char purpose[32];
    uint8_t derived[SHA256_BYTES];
    int n = snprintf(purpose, sizeof purpose, "file-link/%" PRIu32, key->kid);
    must(n > 0 && (size_t)n < sizeof purpose);
    mac_derive_key(str_of(keys->master, sizeof keys->master), str_of(purpose, (size_t)n), derived);
    *ret = (struct ready_key){.key = *key};
    mac_key_init(&ret->mac, str_of(derived, sizeof derived));
    explicit_bzero(derived, sizeof derived);
}

static enum err load(struct link_keys *keys, uint64_t mark)
{
    struct link_key list[LINK_KEYS_MAX];
    size_t count;
    TRY(keys->control->ops->link_key_list(keys->control, list, &count));
    if (count == 0) return err_raise(ERR_CORRUPT, "control.db has no link key");
    empty(keys);
    for (size_t i = 0; i < count; i++) make_ready(keys, &list[i], &keys->list[i]);
    keys->count = count;
    keys->mark = mark;
    keys->is_loaded = true;
    return OK;
}

/* Takes the lock for reading, with the list as the store has it. On an error the lock is not held. */
static enum err lock_current(struct link_keys *keys)
{
    for (;;) {
        uint64_t mark = keys->control->ops->keys_mark(keys->control);
        must(pthread_rwlock_rdlock(&keys->lock) == 0);
        if (keys->is_loaded && keys->mark == mark) return OK;
        must(pthread_rwlock_unlock(&keys->lock) == 0);
        must(pthread_rwlock_wrlock(&keys->lock) == 0);
        enum err e = load(keys, mark);
        must(pthread_rwlock_unlock(&keys->lock) == 0);
        TRY(e);
    }
}

enum err link_keys_newest(struct link_keys *keys, uint32_t *ret_kid)
{
    TRY(lock_current(keys));
    *ret_kid = keys->list[0].key.kid;
    must(pthread_rwlock_unlock(&keys->lock) == 0);
    return OK;
}

static const struct ready_key *find(const struct link_keys *keys, uint32_t kid)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->list[i].key.kid == kid) return &keys->list[i];
    }
    return NULL;
}

enum err link_keys_sign(struct link_keys *keys, uint32_t kid, str text, uint8_t ret_mac[SHA256_BYTES],
                        struct link_key *ret)
{
    TRY(lock_current(keys));
    const struct ready_key *found = find(keys, kid);
    if (found) {
        mac_sign(&found->mac, text, ret_mac);
        *ret = found->key;
    }
    must(pthread_rwlock_unlock(&keys->lock) == 0);
    return found ? OK : ERR_NOT_FOUND;
}
