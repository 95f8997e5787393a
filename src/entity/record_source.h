/* A record as an import sees it: JSON text in the contract's shape, to families and canonical keys.
 *
 * Pure code. record.h makes the stored form of it.
 */
#ifndef ENRICHD_ENTITY_RECORD_SOURCE_H
#define ENRICHD_ENTITY_RECORD_SOURCE_H

#include "entity/fields.h"
#include "entity/identifier.h"

#define RECORD_KEYS_MAX ((size_t)1024) /* keys of one record, inherited ones counted */

/* A key of a record. An inherited one was claimed by an earlier version of the record: it still leads here,
 * but gives way to a claim that any other record has made since. */
struct record_key {
    struct key key;
    bool is_inherited;
};

/* A family's value as JSON text, before storing. */
struct record_family {
    uint8_t family; /* ordinal in the field table */
    str value;      /* compact JSON */
};

/* What an import knows of a record. Views into the line and the arena that made it. */
struct record_source {
    int64_t id; /* > 0 */
    struct record_family
        families[FAMILY_COUNT_MAX]; /* in table order; the id's own family is not among them */
    size_t family_count;
    struct record_key *keys; /* without KEY_ID, which every record has by nature; no two alike */
    size_t key_count;
    str ignored; /* name of one top-level key that the field table does not know, which was left out; else
                    empty */
};

/* Reads one record in the contract's shape, or the `data` of an enrich line around it.
 *
 * line: JSON text of an object. ret: views into the line and the arena. ERR_INVALID with err_detail(): not
 * JSON, no id, id out of range, a family of another type than the table's, an envelope whose internal_id
 * differs from the record's id. ERR_LIMIT: too many keys. ERR_NOMEM: the arena is exhausted (about 4 times
 * the line, 9 times if there are blanks between its tokens). Keys that cannot be identifiers (a malformed
 * email in a record) are left out, as are unknown top-level keys. */
enum err record_parse(enum entity entity, str line, struct arena *arena, struct record_source *ret) MUST_USE;

#endif
