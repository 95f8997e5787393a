/* First the data, newest segment first, so that the new place of a record's newest version is known before
 * older versions are met; then the index, as a merge of the old ones. */
#include "store/segment_merge.h"

#include "store/key_hash.h"

#define STOP_EVERY 1024 /* records between questions whether to stop */

#define OFFSET_MASK (((uint64_t)1 << 63) - 1)

/* Where a stored record went. */
struct move {
    uint64_t from : 63;    /* offset in its old data file */
    uint64_t is_later : 1; /* `to` is still the old location of a later version in the same segment */
    uint64_t to;           /* location in the new one; 0: left out for good */
};

/* One of the segments that are merged. */
struct source {
    const struct segment *segment;
    struct move *moves; /* by offset */
    size_t move_count;
    uint64_t next_slot;
};

/* A slot of some source with the hash in hand. */
struct candidate {
    const struct source *source;
    uint64_t location, to;
};

struct segment_merge {
    struct segment_output output;
    struct hash_key secret;
    struct source *sources; /* oldest first */
    size_t source_count;
    bool is_bottom; /* nothing older is left */
    struct segment_stop stop;
    struct buf united[2]; /* a record with its inherited keys, and the one that it is made of */
    struct unpacker unpacker;
    struct buf plain;   /* a record that was packed */
    int64_t *forgotten; /* ids of deletions that were left out */
    size_t forgotten_count, forgotten_room;
    struct candidate *candidates;
    size_t candidate_room;
};

/* -- moves -- */

static enum err corrupt(const struct source *source, uint64_t location)
{
    return err_raise(ERR_CORRUPT, "segment %" PRIu32 ": no record at byte %" PRIu64, source->segment->number,
                     segment_location_offset(location));
}

static struct move *find_move(const struct source *source, uint64_t location)
{
    uint64_t offset = segment_location_offset(location);
    size_t low = 0, high = source->move_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (source->moves[middle].from < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < source->move_count && source->moves[low].from == offset ? &source->moves[low] : NULL;
}

static enum err moved_to(const struct source *source, uint64_t location, uint64_t *ret)
{
    const struct move *move = find_move(source, location);
    if (!move) return corrupt(source, location);
    *ret = move->to;
    return OK;
}

/* -- data -- */

static enum err add_forgotten(struct segment_merge *merge, int64_t id)
{
    if (merge->forgotten_count == merge->forgotten_room) {
        size_t room = merge->forgotten_room ? merge->forgotten_room * 2 : 64;
        int64_t *ids = reallocarray(merge->forgotten, room, sizeof *ids);
        if (!ids) return err_raise(ERR_NOMEM, "no memory for %zu deletions", room);
        merge->forgotten = ids;
        merge->forgotten_room = room;
    }
    merge->forgotten[merge->forgotten_count++] = id;
    return OK;
}

/* Adds the keys of all earlier versions; as many as fit. ret: views into the merge's buffers. */
static enum err unite(struct segment_merge *merge, size_t number, uint64_t id_hash, struct record *ret)
{
    struct record earlier;
    uint64_t location;
    for (size_t i = number; i-- > 0;) {
        TRY(segment_find_id(merge->sources[i].segment, ret->id, id_hash, &earlier, &location));
        if (!location || earlier.key_count == 0) continue;
        struct buf *united = &merge->united[i % 2];
        if (ret->bytes.p == united->p) united = &merge->united[!(i % 2)];
        buf_clear(united);
        enum err e = record_inherit_keys(ret, &earlier, united);
        if (e == ERR_LIMIT) return OK;
        TRY(e);
        TRY(record_open(buf_str(united), ret));
    }
    return OK;
}

/* Takes a packed record out of its frames; ret is then a view into the merge's buffer. */
static enum err unpack(struct segment_merge *merge, size_t number, struct record *ret)
{
    if (!record_is_packed(ret)) return OK;
    TRY(segment_unpack(merge->sources[number].segment, &merge->unpacker, RECORD_PART_ALL, ret));
    buf_clear(&merge->plain);
    TRY(record_restore(ret, &merge->plain));
    return record_open(buf_str(&merge->plain), ret);
}

/* Writes the newest version of a record. */
static enum err keep_record(struct segment_merge *merge, size_t number, uint64_t id_hash,
                            struct record record, uint64_t *ret_to)
{
    *ret_to = 0;
    if (record.is_tombstone && merge->is_bottom) return add_forgotten(merge, record.id);
    TRY(unpack(merge, number, &record));
    if (!record.is_tombstone) TRY(unite(merge, number, id_hash, &record));
    return segment_output_add(&merge->output, &record, ret_to);
}

/* The version of the record in newer sources; *ret_is_found is false, and ret untouched, if there is none. */
static enum err find_later(const struct segment_merge *merge, size_t number, int64_t id, uint64_t id_hash,
                           uint64_t *ret_to, bool *ret_is_found)
{
    struct record later;
    uint64_t location;
    *ret_is_found = false;
    for (size_t i = merge->source_count; i-- > number + 1;) {
        TRY(segment_find_id(merge->sources[i].segment, id, id_hash, &later, &location));
        if (!location) continue;
        *ret_is_found = true;
        return moved_to(&merge->sources[i], location, ret_to);
    }
    return OK;
}

static enum err move_record(struct segment_merge *merge, size_t number, const struct record *record,
                            uint64_t location, struct move *ret)
{
    const struct segment *segment = merge->sources[number].segment;
    uint64_t id_hash = key_hash_id(merge->secret, record->id), to, own_location;
    struct record own;
    bool is_superseded;
    *ret = (struct move){.from = segment_location_offset(location) & OFFSET_MASK};
    TRY(find_later(merge, number, record->id, id_hash, &to, &is_superseded));
    if (!is_superseded) {
        TRY(segment_find_id(segment, record->id, id_hash, &own, &own_location));
        ret->is_later = own_location != location;
        if (ret->is_later) to = own_location;
        if (!ret->is_later) TRY(keep_record(merge, number, id_hash, *record, &to));
    }
    ret->to = to;
    return OK;
}

static enum err resolve_later(struct source *source)
{
    for (size_t i = 0; i < source->move_count; i++) {
        struct move *move = &source->moves[i];
        if (!move->is_later) continue;
        const struct move *later = find_move(source, move->to);
        if (!later || later->is_later) return corrupt(source, move->to);
        *move = (struct move){.from = move->from, .to = later->to};
    }
    return OK;
}

static enum err ask_stop(const struct segment_merge *merge)
{
    bool is_stopped = merge->stop.is_stopped && merge->stop.is_stopped(merge->stop.context);
    return is_stopped ? err_raise(ERR_CLOSED, "stopped") : OK;
}

static enum err move_source(struct segment_merge *merge, size_t number)
{
    struct source *source = &merge->sources[number];
    size_t room = source->segment->counts.stored_count;
    struct segment_walk walk = {0};
    struct record record;
    source->moves = calloc(room + 1, sizeof *source->moves);
    if (!source->moves) return err_raise(ERR_NOMEM, "no memory to merge %zu records", room);
    for (;;) {
        if (source->move_count % STOP_EVERY == 0) TRY(ask_stop(merge));
        TRY(segment_next(source->segment, &walk, &record));
        if (!record.bytes.p) return resolve_later(source);
        if (source->move_count == room) return corrupt(source, walk.location);
        TRY(move_record(merge, number, &record, walk.location, &source->moves[source->move_count]));
        source->move_count++;
    }
}

/* -- index -- */

static void skip_empty(struct source *source)
{
    const struct segment *segment = source->segment;
    while (source->next_slot < segment->slot_count && segment->slots[source->next_slot].location == 0)
        source->next_slot++;
}

/* The next slot in use; NULL at the end. */
static const struct segment_slot *slot_of(const struct source *source)
{
    bool is_end = source->next_slot == source->segment->slot_count;
    return is_end ? NULL : &source->segment->slots[source->next_slot];
}

/* False at the end. Few segments are merged at once, so that a heap would not pay. */
static bool find_least(const struct segment_merge *merge, uint64_t *ret)
{
    bool is_found = false;
    for (size_t i = 0; i < merge->source_count; i++) {
        const struct segment_slot *slot = slot_of(&merge->sources[i]);
        if (!slot || (is_found && slot->hash >= *ret)) continue;
        *ret = slot->hash;
        is_found = true;
    }
    return is_found;
}

static enum err add_candidate(struct segment_merge *merge, size_t count, struct candidate candidate)
{
    if (count == merge->candidate_room) {
        size_t room = merge->candidate_room * 2 + 16;
        struct candidate *candidates = reallocarray(merge->candidates, room, sizeof *candidates);
        if (!candidates) return err_raise(ERR_NOMEM, "no memory to merge %zu slots", room);
        merge->candidates = candidates;
        merge->candidate_room = room;
    }
    merge->candidates[count] = candidate;
    return OK;
}

/* Takes all slots with the hash, those of the newest source first. */
static enum err take_slots(struct segment_merge *merge, uint64_t hash, size_t *ret_count)
{
    size_t count = 0;
    for (size_t i = merge->source_count; i-- > 0;) {
        struct source *source = &merge->sources[i];
        const struct segment_slot *slot;
        while ((slot = slot_of(source)) && slot->hash == hash) {
            struct candidate candidate = {source, slot->location, 0};
            TRY(moved_to(source, slot->location, &candidate.to));
            TRY(add_candidate(merge, count++, candidate));
            source->next_slot++;
            skip_empty(source);
        }
    }
    *ret_count = count;
    return OK;
}

/* Whether two slots with one hash are of one key: nearly always, but hashes may collide. A tombstone has no
 * keys, its hash has to do. */
static enum err is_same_key(const struct segment_merge *merge, const struct candidate *newer,
                            const struct candidate *older, uint64_t hash, bool *ret)
{
    struct record a, b;
    struct record_key key;
    TRY(segment_record(newer->source->segment, newer->location, &a));
    TRY(segment_record(older->source->segment, older->location, &b));
    *ret = a.is_tombstone || b.is_tombstone || a.id == b.id;
    for (size_t at = 0; !*ret && record_next_key(&b, &at, &key);)
        *ret = key_hash(merge->secret, key.key) == hash && record_has_key(&a, key.key);
    return OK;
}

/* The newest owner of a key has it, also when it was deleted. */
static enum err is_overruled(const struct segment_merge *merge, size_t number, uint64_t hash, bool *ret)
{
    const struct candidate *candidate = &merge->candidates[number];
    *ret = false;
    for (size_t i = 0; i < number && !*ret; i++) {
        const struct candidate *newer = &merge->candidates[i];
        *ret = newer->to && newer->to == candidate->to;
        if (!*ret) TRY(is_same_key(merge, newer, candidate, hash, ret));
    }
    return OK;
}

static enum err each_slot(void *context, segment_slot_fn *add, void *add_context)
{
    struct segment_merge *merge = context;
    uint64_t hash = 0, steps = 0;
    for (size_t i = 0; i < merge->source_count; i++) {
        merge->sources[i].next_slot = 0;
        skip_empty(&merge->sources[i]);
    }
    while (find_least(merge, &hash)) {
        size_t count;
        if (steps++ % STOP_EVERY == 0) TRY(ask_stop(merge));
        TRY(take_slots(merge, hash, &count));
        for (size_t i = 0; i < count; i++) {
            bool is_out = merge->candidates[i].to == 0;
            if (!is_out) TRY(is_overruled(merge, i, hash, &is_out));
            if (!is_out) TRY(add(add_context, (struct segment_slot){hash, merge->candidates[i].to}));
        }
    }
    return OK;
}

static enum err count_slot(void *context, struct segment_slot slot)
{
    uint64_t *count = context;
    (void)slot;
    (*count)++;
    return OK;
}

/* -- the whole -- */

uint64_t segment_merge_memory(const struct segment_list *list, size_t first)
{
    uint64_t records = 0;
    for (size_t i = first; i < list->count; i++) records += list->segments[i]->counts.stored_count;
    return records * sizeof(struct move);
}

static enum err run(struct segment_merge *merge)
{
    for (size_t i = merge->source_count; i-- > 0;) TRY(move_source(merge, i));
    uint64_t key_count = 0;
    TRY(each_slot(merge, count_slot, &key_count));
    return segment_output_finish(&merge->output, key_count, each_slot, merge);
}

static enum err begin(struct segment_merge *merge, const struct segment_list *list, size_t first,
                      const char *folder, uint32_t number, const struct packer_settings *packing)
{
    TRY(segment_output_init(&merge->output, folder, list->segments[first]->entity, number, list->secret,
                            packing));
    merge->sources = calloc(list->count - first, sizeof *merge->sources);
    if (!merge->sources) return err_raise(ERR_NOMEM, "no memory to merge segments");
    merge->source_count = list->count - first;
    for (size_t i = 0; i < merge->source_count; i++) merge->sources[i].segment = list->segments[first + i];
    return OK;
}

enum err segment_merge_run(const struct segment_list *list, size_t first, const char *folder_cstr,
                           uint32_t number, const struct packer_settings *packing, struct segment_stop stop,
                           struct segment_merge **ret)
{
    must(first < list->count);
    struct segment_merge *merge = calloc(1, sizeof *merge);
    if (!merge) return err_raise(ERR_NOMEM, "no memory to merge segments");
    merge->secret = list->secret;
    merge->is_bottom = first == 0;
    merge->stop = stop;
    for (size_t i = 0; i < 2; i++) buf_init(&merge->united[i], RECORD_BYTES_MAX);
    unpacker_init(&merge->unpacker);
    buf_init(&merge->plain, RECORD_BYTES_MAX);
    enum err e = begin(merge, list, first, folder_cstr, number, packing);
    if (e == OK) e = run(merge);
    if (e != OK) {
        segment_merge_free(merge);
        return e;
    }
    *ret = merge;
    return OK;
}

void segment_merge_free(struct segment_merge *merge)
{
    segment_output_fini(&merge->output);
    for (size_t i = 0; i < merge->source_count; i++) free(merge->sources[i].moves);
    for (size_t i = 0; i < 2; i++) buf_fini(&merge->united[i]);
    unpacker_fini(&merge->unpacker);
    buf_fini(&merge->plain);
    free(merge->sources);
    free(merge->forgotten);
    free(merge->candidates);
    free(merge);
}

const struct segment_counts *segment_merge_counts(const struct segment_merge *merge)
{
    return &merge->output.counts;
}

enum err segment_merge_fits(const struct segment_merge *merge, const struct segment_list *newer, bool *ret)
{
    struct record record;
    bool is_found = false;
    for (size_t i = 0; i < merge->forgotten_count && !is_found; i++)
        TRY(segment_list_newest(newer, 0, merge->forgotten[i], &record, &is_found));
    *ret = !is_found;
    return OK;
}
