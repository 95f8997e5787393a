/* Records and stores in short, for tests of the record store.
 *
 * A record is written "id key key ..."; a key is "e:a@b.c" (email), "p:slug" (profile) or "m:text" (member);
 * "~" before it means inherited, and "id -" is a tombstone. Default run and rest contain a version mark, the
 * ordinal of its making, so that versions of one id can be told apart.
 */
#ifndef ENRICHD_TESTS_RECORDS_HELP_H
#define ENRICHD_TESTS_RECORDS_HELP_H

#include "store/records.h"

/* Sets up and tears down what the functions below use. */
void records_help_begin(void);
void records_help_end(void);

/* The stored form; valid until the next call. The mark of its version is latest_mark() afterwards. */
str stored_of(const char *spec_cstr);
uint64_t latest_mark(void);

/* Puts records of the given specs, NULL at the end, into a writer. */
void put_records(struct records_writer *writer, ...) __attribute__((sentinel));

/* What happens after each commit_records from now on; nothing after records_help_begin. */
enum records_help_compact { COMPACT_NEVER, COMPACT_DUE_EACH_TIME, COMPACT_ALL_EACH_TIME };
void records_help_compact(enum records_help_compact mode);

/* What would happen now. */
void compact_records(struct records *records);

/* One whole commit. */
void commit_records(struct records *records, ...) __attribute__((sentinel));

/* What a key (written as above, or "id:7") leads to: the id, 0 for nothing. ret_mark may be NULL. */
int64_t owner_in(struct records_snapshot *snapshot, const char *key_cstr, uint64_t *ret_mark);

/* The same in a snapshot of its own. */
int64_t owner_now(struct records *records, const char *key_cstr);

/* The mark in the text of what was found in the snapshot; of anything that is not packed if that is NULL. */
uint64_t mark_in(struct records_snapshot *snapshot, str stored);

/* The key that a text means; its text is a view into key_cstr. */
struct key key_of(const char *key_cstr);

#endif
