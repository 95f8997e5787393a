/* Passes over the records: whose they are, all that these have ever been called, who else is called so. */
#include "store/reach.h"

#include <stdlib.h>

/* Lists that grow in an arena. */
struct key_list {
    struct key *keys;
    size_t count, room;
};

struct id_list {
    int64_t *ids;
    size_t count, room;
};

struct search {
    struct arena *arena;
    struct key_list keys;
    struct id_list ids, sharing;
};

static enum err no_memory(void)
{
    return err_raise(ERR_NOMEM, "no memory for what belongs to the identifiers");
}

static enum err add_key(struct key_list *list, struct key key, struct arena *arena)
{
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 64;
        struct key *keys = arena_array(arena, room, sizeof *keys);
        if (!keys) return no_memory();
        if (list->count) memcpy(keys, list->keys, list->count * sizeof *keys);
        list->keys = keys;
        list->room = room;
    }
    str text = arena_copy(arena, key.text);
    if (!text.p) return no_memory();
    list->keys[list->count++] = (struct key){key.kind, text};
    return OK;
}

static enum err add_id(struct id_list *list, int64_t id, struct arena *arena)
{
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 64;
        int64_t *ids = arena_array(arena, room, sizeof *ids);
        if (!ids) return no_memory();
        if (list->count) memcpy(ids, list->ids, list->count * sizeof *ids);
        list->ids = ids;
        list->room = room;
    }
    list->ids[list->count++] = id;
    return OK;
}

/* ---- order ---- */

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a;
    const struct key *y = b;
    return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind) : str_cmp(x->text, y->text);
}

static int compare_ids(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;
    return (*x > *y) - (*x < *y);
}

static void sort_keys(struct key_list *list)
{
    size_t kept = 0;
    if (list->count) qsort(list->keys, list->count, sizeof *list->keys, compare_keys);
    for (size_t i = 0; i < list->count; i++) {
        if (i == 0 || !key_eq(list->keys[i], list->keys[kept - 1])) list->keys[kept++] = list->keys[i];
    }
    list->count = kept;
}

static void sort_ids(struct id_list *list)
{
    size_t kept = 0;
    if (list->count) qsort(list->ids, list->count, sizeof *list->ids, compare_ids);
    for (size_t i = 0; i < list->count; i++) {
        if (i == 0 || list->ids[i] != list->ids[kept - 1]) list->ids[kept++] = list->ids[i];
    }
    list->count = kept;
}

static bool has_key(const struct key_list *list, struct key key)
{
    return list->count && bsearch(&key, list->keys, list->count, sizeof key, compare_keys);
}

static bool has_id(const struct id_list *list, int64_t id)
{
    return list->count && bsearch(&id, list->ids, list->count, sizeof id, compare_ids);
}

/* ---- whose records they are ---- */

/* An inherited key leads here, and then the record is known already, or it is somebody else's by now. */
static bool claims_key(const struct search *search, const struct record *record)
{
    char text[KEY_ID_TEXT_BYTES];
    size_t at = 0;
    struct record_key key;
    if (has_key(&search->keys, key_of_id(record->id, text))) return true;
    while (record_next_key(record, &at, &key)) {
        if (!key.is_inherited && has_key(&search->keys, key.key)) return true;
    }
    return false;
}

static enum err take_claimant(void *context, const struct record *record)
{
    struct search *search = context;
    return claims_key(search, record) ? add_id(&search->ids, record->id, search->arena) : OK;
}

/* A key may lead to a record that does not have it any more. */
static enum err take_led_to(struct search *search, struct records_snapshot *snapshot)
{
    size_t count = search->keys.count;
    str *stored = arena_array(search->arena, count, sizeof *stored);
    if (!stored) return no_memory();
    TRY(snapshot->records->ops->get(snapshot, search->keys.keys, count, search->arena, stored));
    for (size_t i = 0; i < count; i++) {
        struct record record;
        if (!stored[i].p) continue;
        TRY(record_open(stored[i], &record));
        TRY(add_id(&search->ids, record.id, search->arena));
    }
    return OK;
}

/* ---- all their keys ---- */

static enum err take_keys(void *context, const struct record *record)
{
    struct search *search = context;
    char text[KEY_ID_TEXT_BYTES];
    size_t at = 0;
    struct record_key key;
    if (!has_id(&search->ids, record->id)) return OK;
    TRY(add_key(&search->keys, key_of_id(record->id, text), search->arena));
    while (record_next_key(record, &at, &key)) {
        if (key.key.kind != KEY_NAME) TRY(add_key(&search->keys, key.key, search->arena));
    }
    return OK;
}

/* ---- who shares them ---- */

static enum err note_if_sharing(void *context, const struct record *record)
{
    struct search *search = context;
    if (has_id(&search->ids, record->id) || !claims_key(search, record)) return OK;
    return add_id(&search->sharing, record->id, search->arena);
}

enum err reach_find(struct records_snapshot *snapshot, const struct key *keys, size_t key_count,
                    struct arena *arena, struct reach *ret)
{
    const struct records_ops *ops = snapshot->records->ops;
    struct search search = {.arena = arena};
    for (size_t i = 0; i < key_count; i++) TRY(add_key(&search.keys, keys[i], arena));
    sort_keys(&search.keys);
    TRY(take_led_to(&search, snapshot));
    TRY(ops->scan(snapshot, take_claimant, &search));
    sort_ids(&search.ids);
    if (search.ids.count) {
        TRY(ops->scan_versions(snapshot, take_keys, &search));
        sort_keys(&search.keys);
        TRY(ops->scan(snapshot, note_if_sharing, &search));
        sort_ids(&search.sharing);
    }
    *ret = (struct reach){
        .keys = search.keys.keys,
        .key_count = search.keys.count,
        .ids = search.ids.ids,
        .id_count = search.ids.count,
        .sharing_ids = search.sharing.ids,
        .sharing_id_count = search.sharing.count,
    };
    return OK;
}

bool reach_has_key(const struct reach *reach, struct key key)
{
    return has_key(&(struct key_list){.keys = reach->keys, .count = reach->key_count}, key);
}

bool reach_has_id(const struct reach *reach, int64_t id)
{
    return has_id(&(struct id_list){.ids = reach->ids, .count = reach->id_count}, id);
}
