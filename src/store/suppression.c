/* An open table over the hashes, which are random enough to be their own places. */
#include "store/suppression.h"

#include <pthread.h>

#include "base/os.h"

#define LIST_BYTES_MAX ((size_t)4 << 30)
#define TEXT_BYTES_MAX (KEY_BYTES_MAX + 2)

struct suppression_set {
    const struct mac_key *mac_key;
    uint64_t mark; /* of the stored list, from before it was read */
    int64_t seq;
    uint32_t references; /* guarded by the lock */
    struct arena arena;  /* of all below */
    const struct suppression_entry *entries;
    uint32_t *slots; /* an entry's index plus one */
    size_t mask, count;
};

struct suppression {
    struct control *control;
    struct mac_key mac_key;
    pthread_mutex_t lock; /* guards the current set and the references of all */
    struct suppression_set *current;
};

static const str key_purpose = STR_INIT("suppression");

enum err suppression_open(struct control *control, str secret, struct suppression **ret)
{
    uint8_t key[SHA256_BYTES];
    struct suppression *suppression = malloc(sizeof *suppression);
    if (!suppression) return err_raise(ERR_NOMEM, "no memory for the suppression list");
    *suppression = (struct suppression){.control = control};
    mac_derive_key(secret, key_purpose, key);
    mac_key_init(&suppression->mac_key, str_of(key, sizeof key));
    must(pthread_mutex_init(&suppression->lock, NULL) == 0);
    *ret = suppression;
    return OK;
}

static void set_free(struct suppression_set *set)
{
    arena_fini(&set->arena);
    free(set);
}

void suppression_close(struct suppression *suppression)
{
    if (!suppression) return;
    must(!suppression->current || suppression->current->references == 1);
    if (suppression->current) set_free(suppression->current);
    mac_key_fini(&suppression->mac_key);
    pthread_mutex_destroy(&suppression->lock);
    free(suppression);
}

/* ---- the set ---- */

static size_t place_of(const uint8_t hash[SHA256_BYTES])
{
    size_t place;
    memcpy(&place, hash, sizeof place);
    return place;
}

static enum err fill(struct suppression_set *set, struct control *control)
{
    struct suppression_entry *entries;
    size_t room = 16;
    TRY(control->ops->suppression_list(control, &set->arena, &entries, &set->count));
    must(set->count < UINT32_MAX);
    while (room < set->count * 2) room *= 2;
    set->slots = arena_array(&set->arena, room, sizeof *set->slots);
    if (!set->slots) return err_raise(ERR_NOMEM, "no memory for a list of %zu suppressions", set->count);
    set->mask = room - 1;
    set->entries = entries;
    for (size_t i = 0; i < set->count; i++) {
        size_t at = place_of(entries[i].hash) & set->mask;
        while (set->slots[at]) at = (at + 1) & set->mask;
        set->slots[at] = (uint32_t)(i + 1);
        if (entries[i].seq > set->seq) set->seq = entries[i].seq;
    }
    return OK;
}

static enum err set_new(const struct suppression *suppression, struct suppression_set **ret)
{
    struct control *control = suppression->control;
    struct suppression_set *set = malloc(sizeof *set);
    if (!set) return err_raise(ERR_NOMEM, "no memory for the suppression list");
    *set = (struct suppression_set){
        .mac_key = &suppression->mac_key, .mark = control->ops->suppression_mark(control), .references = 1};
    arena_init(&set->arena, LIST_BYTES_MAX);
    enum err e = fill(set, control);
    if (e != OK) {
        set_free(set);
        return e;
    }
    *ret = set;
    return OK;
}

static void unref(struct suppression_set *set)
{
    if (set && --set->references == 0) set_free(set);
}

static enum err take(struct suppression *suppression, struct suppression_set **ret)
{
    struct control *control = suppression->control;
    struct suppression_set *set = suppression->current;
    if (!set || set->mark != control->ops->suppression_mark(control)) {
        TRY(set_new(suppression, &set));
        unref(suppression->current);
        suppression->current = set;
    }
    set->references++;
    *ret = set;
    return OK;
}

enum err suppression_take(struct suppression *suppression, const struct suppression_set **ret)
{
    struct suppression_set *set = NULL;
    enum err e = OK;
    if (suppression) {
        pthread_mutex_lock(&suppression->lock);
        e = take(suppression, &set);
        pthread_mutex_unlock(&suppression->lock);
    }
    if (e == OK) *ret = set;
    return e;
}

void suppression_return(struct suppression *suppression, const struct suppression_set *set)
{
    if (!suppression || !set) return;
    pthread_mutex_lock(&suppression->lock);
    unref((struct suppression_set *)(uintptr_t)set);
    pthread_mutex_unlock(&suppression->lock);
}

int64_t suppression_seq(const struct suppression_set *set)
{
    return set ? set->seq : 0;
}

/* ---- look-up ---- */

/* Which entity and kind stand in front of the text: the same id may be a person's and a company's. */
static void hash_key(const struct mac_key *mac_key, enum entity entity, struct key key,
                     uint8_t ret[SHA256_BYTES])
{
    char text[TEXT_BYTES_MAX];
    must(key.text.n >= 1 && key.text.n <= KEY_BYTES_MAX);
    text[0] = (char)entity;
    text[1] = (char)key.kind;
    memcpy(text + 2, key.text.p, key.text.n);
    mac_sign(mac_key, str_of(text, key.text.n + 2), ret);
}

void suppression_hash(const struct suppression *suppression, enum entity entity, struct key key,
                      uint8_t ret[SHA256_BYTES])
{
    hash_key(&suppression->mac_key, entity, key, ret);
}

const struct suppression_entry *suppression_find(const struct suppression_set *set, enum entity entity,
                                                 struct key key)
{
    uint8_t hash[SHA256_BYTES];
    if (!set || set->count == 0) return NULL;
    hash_key(set->mac_key, entity, key, hash);
    for (size_t at = place_of(hash) & set->mask; set->slots[at]; at = (at + 1) & set->mask) {
        const struct suppression_entry *entry = &set->entries[set->slots[at] - 1];
        if (memcmp(entry->hash, hash, sizeof hash) == 0) return entry;
    }
    return NULL;
}

const struct suppression_entry *suppression_find_id(const struct suppression_set *set, enum entity entity,
                                                    int64_t id)
{
    char text[KEY_ID_TEXT_BYTES];
    if (!set || set->count == 0) return NULL;
    return suppression_find(set, entity, key_of_id(id, text));
}

bool suppression_covers(const struct suppression_set *set, enum entity entity, const struct record *record)
{
    size_t at = 0;
    struct record_key key;
    if (!set || set->count == 0) return false;
    if (suppression_find_id(set, entity, record->id)) return true;
    while (record_next_key(record, &at, &key)) {
        if (suppression_find(set, entity, key.key)) return true;
    }
    return false;
}
