/* Entries for what reach_find finds. */
#include "store/suppression_spread.h"

static struct suppression_entry *new_entries(struct arena *arena, size_t count)
{
    return arena_array(arena, count, sizeof(struct suppression_entry));
}

static enum err no_memory(void)
{
    return err_raise(ERR_NOMEM, "no memory for entries of the suppression list");
}

static void fill_entry(const struct suppression *suppression, const struct suppression_order *order,
                       struct key key, bool is_erasure, struct suppression_entry *ret)
{
    *ret = (struct suppression_entry){
        .entity = order->entity,
        .kind = key.kind,
        .is_erasure = is_erasure,
        .erasure_id = is_erasure ? order->erasure_id : 0,
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
    struct suppression_entry *entries = new_entries(arena, order->key_count);
    if (!entries) return no_memory();
    for (size_t i = 0; i < order->key_count; i++)
        fill_entry(suppression, order, order->keys[i], order->is_erasure, &entries[i]);
    return add_entries(control, entries, order->key_count, ret_added);
}

static enum err add_reach(struct suppression *suppression, struct control *control,
                          const struct suppression_order *order, const struct reach *reach,
                          struct arena *arena, size_t *ret_added)
{
    struct suppression_entry *entries = new_entries(arena, reach->key_count + reach->sharing_id_count);
    if (!entries) return no_memory();
    size_t n = 0;
    for (size_t i = 0; i < reach->key_count; i++)
        fill_entry(suppression, order, reach->keys[i], order->is_erasure, &entries[n++]);
    for (size_t i = 0; i < reach->sharing_id_count; i++) {
        char text[KEY_ID_TEXT_BYTES];
        fill_entry(suppression, order, key_of_id(reach->sharing_ids[i], text), false, &entries[n++]);
    }
    return add_entries(control, entries, n, ret_added);
}

enum err suppression_spread(struct suppression *suppression, struct control *control,
                            const struct suppression_order *order, struct records_snapshot *snapshot,
                            struct arena *arena, struct suppression_reach *ret)
{
    struct suppression_reach reach = {0};
    TRY(reach_find(snapshot, order->keys, order->key_count, arena, &reach.of));
    TRY(add_reach(suppression, control, order, &reach.of, arena, &reach.added_count));
    *ret = reach;
    return OK;
}
