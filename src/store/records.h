/* Records by key: the interface that every backend of the record store implements.
 *
 * A store holds the records of one entity. Readers take a snapshot, which later writes do not disturb; a
 * writer collects records and publishes them all at once. The newest claim on a key wins, and what is read is
 * the newest version of the record that it names, whoever wrote it.
 *
 * Backends: records_segments.h (immutable files of our own).
 */
#ifndef ENRICHD_STORE_RECORDS_H
#define ENRICHD_STORE_RECORDS_H

#include "store/unpacker.h"

struct records;
struct records_snapshot;
struct records_writer;

/* What a store holds. */
struct records_stats {
    uint64_t record_count; /* upper bound: versions that were superseded and not yet merged away count */
    uint64_t stored_bytes; /* on disk */
    uint32_t default_bytes_average; /* of a record's default run; 0 in an empty store */
    uint32_t all_bytes_average;     /* of its whole text */
    uint32_t generation;            /* grows with every publication */
};

/* Called for each claim on a key that a commit takes from another record: winner_id claims it now, loser_id
 * did before (in the store, or earlier in the same commit) and is not deleted. `key` is valid during the
 * call. */
typedef void records_lost_key_fn(void *context, struct key key, int64_t loser_id, int64_t winner_id);

/* How much `compact` does. */
enum records_compact {
    COMPACT_DUE, /* what pays: many small parts into few large ones */
    COMPACT_ALL, /* everything: afterwards nothing superseded or deleted is on disk */
};

/* What it did. */
struct records_compaction {
    uint64_t merged_segments; /* 0: nothing was due */
    uint64_t read_records, read_bytes;
    uint64_t kept_records, written_bytes;
};

struct records_ops {
    void (*close)(struct records *records);

    /* The current content, which stays readable until released. Notices what other processes published; if
     * that cannot be loaded, gives the content before it, says so in ret->stale, and tries again next time.
     * Any thread. */
    enum err (*snapshot)(struct records *records, struct records_snapshot **ret) MUST_USE;
    void (*release)(struct records_snapshot *snapshot);

    /* Looks up count keys at once. ret[i] is the stored record that keys[i] leads to, empty (p NULL) if there
     * is none or it was deleted; valid until the snapshot is released (and, for a backend that copies, as
     * long as arena). ERR_IO, ERR_CORRUPT: nothing in ret is valid. Any thread. */
    enum err (*get)(struct records_snapshot *snapshot, const struct key *keys, size_t count,
                    struct arena *arena, str *ret) MUST_USE;

    /* Gives a record that was found in this snapshot, and opened, the wanted part of its text; records may be
     * stored packed. Once a record. The text is valid until the unpacker's next record. ERR_CORRUPT,
     * ERR_NOMEM. Any thread. */
    enum err (*unpack)(struct records_snapshot *snapshot, enum record_part part, struct unpacker *unpacker,
                       struct record *record) MUST_USE;

    /* Calls fn with every live record (not deleted, newest version), in no particular order, until it returns
     * an error, which is passed on. Records come as they are stored, with their text maybe packed. */
    enum err (*scan)(struct records_snapshot *snapshot,
                     enum err (*fn)(void *context, const struct record *record), void *context) MUST_USE;

    /* As scan, with every version that is still stored: superseded ones, too, and those of deleted records.
     */
    enum err (*scan_versions)(struct records_snapshot *snapshot,
                              enum err (*fn)(void *context, const struct record *record),
                              void *context) MUST_USE;

    void (*stats)(struct records_snapshot *snapshot, struct records_stats *ret);

    /* Starts writing. One writer at a time: waits for another one if wait, else ERR_BUSY. */
    enum err (*write)(struct records *records, bool wait, struct records_writer **ret) MUST_USE;

    /* Adds stored records (record_encode or record_encode_tombstone), one behind the other. A later one of
     * the same id replaces an earlier one, which leaves its keys to it. On an error the writer can only be
     * aborted. One thread. */
    enum err (*put)(struct records_writer *writer, str stored) MUST_USE;

    /* Publishes all that was put, atomically and durably, and ends the writer. Without a put nothing is
     * published. on_lost_key may be NULL; it is called before the publication, so forget what it said if the
     * commit fails.
     * ERR_UNKNOWN_OUTCOME: the disk failed during the publication. All of it was published or nothing, and if
     * readers see it a power failure may still undo it; the same puts can be repeated. On any other error
     * nothing is published, what was written is removed, and what readers see is unchanged. */
    enum err (*commit)(struct records_writer *writer, records_lost_key_fn *on_lost_key,
                       void *context) MUST_USE;

    /* Ends the writer and removes what it wrote. */
    void (*abort)(struct records_writer *writer);

    /* Rewrites records without superseded versions and deletions, beside readers and writers. What keys lead
     * to does not change, with one exception: a key of a deleted record leads to it again when its id is put
     * again, but only until a compaction has forgotten the deletion.
     *
     * COMPACT_ALL covers what was published before the call, and waits for another compaction; its files are
     * gone when it returns OK (bytes that were erased from files may be on the disk until it uses the space).
     * Readers keep their snapshots. Waits, at the end, for a writer that is at work. is_stopped: asked now
     * and then whether to give up; may be NULL. ret: also on failure. ERR_CLOSED: it said so. ERR_BUSY
     * (COMPACT_DUE): another compaction runs. ERR_LIMIT: a setting's memory does not suffice. ERR_STALE:
     * imports interfered again and again. Then, and on any other error, the content is the same as before.
     * Any thread. */
    enum err (*compact)(struct records *records, enum records_compact what, bool (*is_stopped)(void *context),
                        void *context, struct records_compaction *ret) MUST_USE;
};

/* Every backend's object begins with this. */
struct records {
    const struct records_ops *ops;
    enum entity entity;
};

/* Every backend's snapshot begins with this. `stale` is for the one who took it, right after taking it. */
struct records_snapshot {
    struct records *records;
    enum err stale; /* not OK: why a newer publication could not be loaded; err_detail() has the sentence */
};

/* Every backend's writer begins with this. The counts are of the puts so far. */
struct records_writer {
    struct records *records;
    uint64_t put_count;
    uint64_t repeated_count; /* puts of an id that this writer had put before */
    uint64_t replaced_count; /* ids that the store knew before, deleted ones too */
    uint64_t key_count;      /* keys that the put records name, their ids left out */
};

#endif
