/* The stored form of a record: its keys, and its families as ready JSON text behind a table of offsets.
 *
 * A stored record is one block of bytes, the same in a segment file, in PostgreSQL and in memory:
 *
 *     head        fixed (struct record_head in record.c): total length, CRC, id, counts
 *     sections    one a family: which family, which form, how long its text is
 *     keys        kind, length and text of every canonical key; inherited ones are marked
 *     text        `"family":value,"family":value,...`: families that are in the default set first (the
 * default run), so that the default answer is one copy; then the others; last, for each
 * default family that holds more than the default set, what its default form lacks (entity/additions.h)
 *
 * In the packed form the text is in two frames, one of the default run and one of the rest, or the default
 * run is plain and only the rest in a frame. Who compresses and inflates them is no matter here
 * (store/packer.h, store/unpacker.h); all else can be read as it is.
 *
 * Values are the imported bytes without blanks between tokens. Integers are little-endian. Pure code.
 */
#ifndef ENRICHD_ENTITY_RECORD_H
#define ENRICHD_ENTITY_RECORD_H

#include "base/buf.h"
#include "entity/record_source.h"

#define RECORD_BYTES_MAX    ((size_t)16 << 20) /* a stored record; larger input is refused */
#define RECORD_SECTIONS_MAX (FAMILY_COUNT_MAX * 2)

/* Appends the stored form, a multiple of 8 bytes. ERR_LIMIT over RECORD_BYTES_MAX, ERR_NOMEM when out has no
 * room. out is unchanged on failure. */
enum err record_encode(enum entity entity, const struct record_source *source, struct buf *out) MUST_USE;

/* Appends the stored form of a deletion of id: a record without families or keys. */
enum err record_encode_tombstone(int64_t id, struct buf *out) MUST_USE;

/* A stored record, opened. Views into the stored bytes. */
struct record {
    str bytes; /* all of it */
    int64_t id;
    bool is_tombstone;
    uint16_t key_count;
    str sections; /* raw table; see record_next_section */
    str keys;     /* raw keys; see record_next_key */
    str text;
    str default_run; /* `"crustdata_person_id":7,"basic_profile":{...},...`: a prefix of text */
    str all_run; /* the default run and all other families: a prefix of text; it lacks nothing but the whole
                    forms */

    /* In the packed form the three above hold only the default run, or nothing if that is in a frame, too. */
    uint32_t default_bytes, all_bytes, text_bytes; /* how long they are when they are unpacked */
    str default_frame, rest_frame;                 /* empty: there is none */
};

/* Whether text is missing until it is unpacked. */
static inline bool record_is_packed(const struct record *record)
{
    return record->default_frame.n || record->rest_frame.n;
}

/* How much of a record's text is wanted. */
enum record_part { RECORD_PART_DEFAULT, RECORD_PART_ALL };

/* Opens a stored record. bytes may be longer than the record. Checks that every offset lies inside; does not
 * compute the CRC. ERR_CORRUPT otherwise. Constant time. */
enum err record_open(str bytes, struct record *ret) MUST_USE;

/* As record_open, and verifies the CRC and every key; and every section, unless it is packed. For `enrichd
 * check` and after recovery. */
enum err record_check(str bytes, struct record *ret) MUST_USE;

/* Verifies every section of a record that has its whole text. */
enum err record_check_sections(const struct record *record) MUST_USE;

/* Gives a packed record its text, or the default run alone: default_bytes or text_bytes. The record is then
 * read like any other; its bytes stay the packed ones. */
void record_set_text(struct record *record, str text);

/* Appends the packed form of a record that is not packed. default_frame is empty to leave the default run
 * plain. Errors as record_encode. */
enum err record_pack(const struct record *record, str default_frame, str rest_frame,
                     struct buf *out) MUST_USE;

/* Appends the form that is not packed of a record that has its whole text. Errors as record_encode. */
enum err record_restore(const struct record *record, struct buf *out) MUST_USE;

/* Total bytes of the record that starts with these at least 8 bytes; 0 if it cannot be one. */
size_t record_stored_bytes(str head);

/* A section. Zeroed before the first step. */
struct record_section {
    uint8_t family;
    bool is_whole; /* has everything; false: the default form of a family whose whole form is another section
                    */
    bool is_default;   /* lies in the default run */
    bool is_additions; /* text is not `"name":value`, but what the family's default form lacks */
    str text;
    size_t table_at, text_at; /* where the next one is described and stands */
};

/* Steps through the sections in stored order. False at the end, and where the record is damaged. */
bool record_next_section(const struct record *record, struct record_section *section);

/* Appends the member `"name":value` of a section; nothing if it is damaged. */
void record_add_member(const struct record *record, const struct record_section *section, struct buf *out);

/* Steps through the keys; *at starts at 0. False at the end. */
bool record_next_key(const struct record *record, size_t *at, struct record_key *ret);

/* Whether the record has the key (KEY_ID compares with the id). */
bool record_has_key(const struct record *record, struct key key);

/* Appends the stored form of record with the keys of an earlier version that it lacks, marked inherited; at
 * most RECORD_KEYS_MAX in all, the rest is dropped. Errors as record_encode. */
enum err record_inherit_keys(const struct record *record, const struct record *earlier,
                             struct buf *out) MUST_USE;

#endif
