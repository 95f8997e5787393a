/* Two passes over the records: those of the identifiers, then those that share a key with these. */
#include "store/suppression_spread.h"

#include <stdlib.h>

/* A list that grows in an arena. */
struct key_list {
    struct key *keys;
    size_t count, room;
};

struct id_list {
    int64_t *ids;
    size_t count, room;
};

struct spread {
    const struct suppression_order *order;
    struct arena *arena;
    struct key_list wanted; /* what the records of this pass have; sorted */
    struct key_list found;  /* what else they have */
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

static struct key id_key(int64_t id, char text[24])
{
    int n = snprintf(text, 24, "%" PRId64, id);
    return (struct key){KEY_ID, str_of(text, (size_t)n)};
}

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

static void sort_ids(struct id_list *list)
{
    size_t kept = 0;
    if (list->count) qsort(list->ids, list->count, sizeof *list->ids, compare_ids);
    for (size_t i = 0; i < list->count; i++) {
        if (i == 0 || list->ids[i] != list->ids[kept - 1]) list->ids[kept++] = list->ids[i];
    }
    list->count = kept;
}

static bool has_id(const struct id_list *list, int64_t id)
{
    return list->count && bsearch(&id, list->ids, list->count, sizeof id, compare_ids);
}

static bool is_wanted(const struct spread *spread, struct key key)
{
    return bsearch(&key, spread->wanted.keys, spread->wanted.count, sizeof key, compare_keys);
}

static bool has_wanted_key(const struct spread *spread, const struct record *record)
{
    char text[24];
    size_t at = 0;
    struct record_key key;
    if (is_wanted(spread, id_key(record->id, text))) return true;
    while (record_next_key(record, &at, &key)) {
        if (is_wanted(spread, key.key)) return true;
    }
    return false;
}

/* ---- the first pass ---- */

static enum err take_record(struct spread *spread, const struct record *record)
{
    char text[24];
    size_t at = 0;
    struct record_key key;
    TRY(add_id(&spread->ids, record->id, spread->arena));
    TRY(add_key(&spread->found, id_key(record->id, text), spread->arena));
    while (record_next_key(record, &at, &key)) {
        if (key.key.kind != KEY_NAME) TRY(add_key(&spread->found, key.key, spread->arena));
    }
    return OK;
}

static enum err take_if_wanted(void *context, const struct record *record)
{
    struct spread *spread = context;
    return has_wanted_key(spread, record) ? take_record(spread, record) : OK;
}

/* A key may lead to a record that does not have it any more. */
static enum err take_led_to(struct spread *spread, struct records_snapshot *snapshot)
{
    size_t count = spread->wanted.count;
    str *stored = arena_array(spread->arena, count, sizeof *stored);
    if (!stored) return no_memory();
    TRY(snapshot->records->ops->get(snapshot, spread->wanted.keys, count, spread->arena, stored));
    for (size_t i = 0; i < count; i++) {
        struct record record;
        if (!stored[i].p) continue;
        TRY(record_open(stored[i], &record));
        TRY(take_record(spread, &record));
    }
    return OK;
}

/* ---- the second pass ---- */

static enum err note_if_sharing(void *context, const struct record *record)
{
    struct spread *spread = context;
    if (has_id(&spread->ids, record->id) || !has_wanted_key(spread, record)) return OK;
    return add_id(&spread->sharing, record->id, spread->arena);
}

/* ---- both ---- */

static enum err set_wanted(struct spread *spread, const struct key *keys, size_t count)
{
    spread->wanted =
        (struct key_list){.keys = arena_array(spread->arena, count, sizeof *keys), .count = count};
    if (!spread->wanted.keys) return no_memory();
    if (count) memcpy(spread->wanted.keys, keys, count * sizeof *keys);
    if (count) qsort(spread->wanted.keys, count, sizeof *keys, compare_keys);
    return OK;
}

static enum err read_records(struct spread *spread, struct records_snapshot *snapshot)
{
    const struct records_ops *ops = snapshot->records->ops;
    TRY(set_wanted(spread, spread->order->keys, spread->order->key_count));
    TRY(take_led_to(spread, snapshot));
    TRY(ops->scan(snapshot, take_if_wanted, spread));
    sort_ids(&spread->ids);
    if (spread->found.count == 0) return OK;
    TRY(set_wanted(spread, spread->found.keys, spread->found.count));
    TRY(ops->scan(snapshot, note_if_sharing, spread));
    sort_ids(&spread->sharing);
    return OK;
}

static void fill_entry(const struct suppression *suppression, const struct suppression_order *order,
                       struct key key, bool is_erasure, struct suppression_entry *ret)
{
    *ret = (struct suppression_entry){
        .entity = order->entity,
        .kind = key.kind,
        .is_erasure = is_erasure,
        .created_us = order->now_us,
        .reason = order->reason,
    };
    suppression_hash(suppression, order->entity, key, ret->hash);
}

static enum err add_entries(struct control *control, struct suppression_entry *entries, size_t count,
                            size_t *ret_added)
{
    size_t added = 0;
    if (count) TRY(control->ops->suppression_add(control, entries, count));
    for (size_t i = 0; i < count; i++) added += entries[i].was_added;
    *ret_added = added;
    return OK;
}

enum err suppression_begin(struct suppression *suppression, struct control *control,
                           const struct suppression_order *order, struct arena *arena, size_t *ret_added)
{
    struct suppression_entry *entries = arena_array(arena, order->key_count, sizeof *entries);
    if (!entries) return no_memory();
    for (size_t i = 0; i < order->key_count; i++)
        fill_entry(suppression, order, order->keys[i], order->is_erasure, &entries[i]);
    return add_entries(control, entries, order->key_count, ret_added);
}

static enum err add_found(const struct spread *spread, struct suppression *suppression,
                          struct control *control, size_t *ret_added)
{
    size_t count = spread->found.count + spread->sharing.count;
    struct suppression_entry *entries = arena_array(spread->arena, count, sizeof *entries);
    if (!entries) return no_memory();
    size_t n = 0;
    for (size_t i = 0; i < spread->found.count; i++)
        fill_entry(suppression, spread->order, spread->found.keys[i], spread->order->is_erasure,
                   &entries[n++]);
    for (size_t i = 0; i < spread->sharing.count; i++) {
        char text[24];
        fill_entry(suppression, spread->order, id_key(spread->sharing.ids[i], text), false, &entries[n++]);
    }
    return add_entries(control, entries, n, ret_added);
}

enum err suppression_spread(struct suppression *suppression, struct control *control,
                            const struct suppression_order *order, struct records_snapshot *snapshot,
                            struct arena *arena, struct suppression_reach *ret)
{
    struct spread spread = {.order = order, .arena = arena};
    struct suppression_reach reach = {0};
    TRY(read_records(&spread, snapshot));
    TRY(add_found(&spread, suppression, control, &reach.added_count));
    reach.ids = spread.ids.ids;
    reach.id_count = spread.ids.count;
    reach.sharing_ids = spread.sharing.ids;
    reach.sharing_id_count = spread.sharing.count;
    *ret = reach;
    return OK;
}
