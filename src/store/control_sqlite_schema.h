/* The tables of control.db and how they came to be.
 *
 * The schema's version stands in user_version, the program's mark in application_id. Every change of the
 * schema is one more entry of the list in control_sqlite_schema.c; old entries never change. Personal data is
 * in batch_input only (and in the piece files).
 */
#ifndef ENRICHD_STORE_CONTROL_SQLITE_SCHEMA_H
#define ENRICHD_STORE_CONTROL_SQLITE_SCHEMA_H

#include "store/sqlite.h"

/* Whether the schema is the current one; false for an empty database and for an older schema. ERR_CORRUPT:
 * not a control.db, or one of a newer enrichd. */
enum err control_schema_check(struct sqlite *db, bool *ret_is_current) MUST_USE;

/* Applies what is missing, in one transaction. */
enum err control_schema_update(struct sqlite *db) MUST_USE;

#endif
