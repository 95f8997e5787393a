/* The list of schema changes. */
#include "store/control_sqlite_schema.h"

#define APPLICATION_ID 1701737064 /* "enrh" */

/* states, actions, kinds and errors: store/batch.h, entity/identifier.h. Times: microseconds since 1970. */
static const char version_1[] =
    "CREATE TABLE account ("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE,"
    "  created_us INTEGER NOT NULL) STRICT;"

    "CREATE TABLE api_key ("
    "  id TEXT PRIMARY KEY," /* the public part */
    "  hash BLOB NOT NULL,"  /* SHA-256 of the whole */
    "  account_id INTEGER NOT NULL REFERENCES account (id),"
    "  name TEXT NOT NULL,"
    "  created_us INTEGER NOT NULL,"
    "  expires_us INTEGER NOT NULL," /* 0: never */
    "  revoked_us INTEGER NOT NULL"  /* 0: not */
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE batch ("
    "  seq INTEGER PRIMARY KEY AUTOINCREMENT," /* order of submission */
    "  id BLOB NOT NULL UNIQUE,"
    "  account_id INTEGER NOT NULL REFERENCES account (id),"
    "  key_id TEXT NOT NULL," /* of the key that submitted it */
    "  entity INTEGER NOT NULL,"
    "  action INTEGER NOT NULL,"
    "  identifier_kind INTEGER NOT NULL,"
    "  state INTEGER NOT NULL,"
    "  error INTEGER NOT NULL,"
    "  error_message TEXT NOT NULL,"
    "  identifier_count INTEGER NOT NULL,"
    "  chunk_size INTEGER NOT NULL,"
    "  claim_identifiers INTEGER NOT NULL,"
    "  part_claims INTEGER NOT NULL,"
    "  fields TEXT NOT NULL,"
    "  webhook_url TEXT NOT NULL,"
    "  created_us INTEGER NOT NULL,"
    "  started_us INTEGER NOT NULL,"
    "  completed_us INTEGER NOT NULL,"
    "  expires_us INTEGER NOT NULL,"
    "  is_erased INTEGER NOT NULL,"
    "  matched_count INTEGER NOT NULL,"
    "  not_found_count INTEGER NOT NULL,"
    "  invalid_count INTEGER NOT NULL,"
    "  duplicate_count INTEGER NOT NULL,"
    "  suppressed_count INTEGER NOT NULL,"
    "  error_count INTEGER NOT NULL,"
    "  cancelled_count INTEGER NOT NULL) STRICT;"
    "CREATE INDEX batch_by_account ON batch (account_id, seq);"
    "CREATE INDEX batch_unfinished ON batch (account_id) WHERE state IN (1, 2);"
    "CREATE INDEX batch_expiring ON batch (expires_us) WHERE state IN (3, 4) AND is_erased = 0;"

    "CREATE TABLE batch_input ("
    "  batch_seq INTEGER PRIMARY KEY REFERENCES batch (seq),"
    "  inputs BLOB NOT NULL) STRICT;" /* jobs/inputs.h */

    "CREATE TABLE batch_pieces ("
    "  batch_seq INTEGER PRIMARY KEY REFERENCES batch (seq),"
    "  pairs BLOB NOT NULL) STRICT;" /* store/piece_list.h */

    "CREATE TABLE idempotency ("
    "  account_id INTEGER NOT NULL REFERENCES account (id),"
    "  key TEXT NOT NULL,"
    "  body_hash BLOB NOT NULL," /* SHA-256 of route and body */
    "  batch_id BLOB NOT NULL,"
    "  created_us INTEGER NOT NULL,"
    "  PRIMARY KEY (account_id, key)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX idempotency_by_age ON idempotency (created_us);"

    "CREATE TABLE usage ("
    "  account_id INTEGER NOT NULL REFERENCES account (id),"
    "  day INTEGER NOT NULL," /* since 1970, UTC */
    "  key_id TEXT NOT NULL,"
    "  endpoint TEXT NOT NULL,"
    "  status_class INTEGER NOT NULL," /* 2 to 5 */
    "  requests INTEGER NOT NULL,"
    "  results INTEGER NOT NULL,"
    "  PRIMARY KEY (account_id, day, key_id, endpoint, status_class)) STRICT, WITHOUT ROWID;";

/* Webhook deliveries, and versions of the secrets that sign them. */
static const char version_2[] =
    "ALTER TABLE api_key ADD COLUMN secret_version INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE api_key ADD COLUMN secret_changed_us INTEGER NOT NULL DEFAULT 0;"

    "CREATE TABLE delivery ("
    "  seq INTEGER PRIMARY KEY,"
    "  id BLOB NOT NULL UNIQUE,"
    "  batch_seq INTEGER NOT NULL UNIQUE REFERENCES batch (seq),"
    "  account_id INTEGER NOT NULL,"
    "  lane TEXT NOT NULL,"     /* account and host: takes its turn with the other lanes */
    "  state INTEGER NOT NULL," /* store/delivery.h */
    "  tried INTEGER NOT NULL,"
    "  created_us INTEGER NOT NULL,"
    "  next_us INTEGER NOT NULL) STRICT;"
    "CREATE INDEX delivery_by_lane ON delivery (lane, next_us) WHERE state = 1;"
    "CREATE INDEX delivery_by_time ON delivery (next_us) WHERE state = 1;"

    "CREATE TABLE delivery_attempt ("
    "  seq INTEGER PRIMARY KEY,"
    "  delivery_seq INTEGER NOT NULL REFERENCES delivery (seq),"
    "  started_us INTEGER NOT NULL,"
    "  duration_ms INTEGER NOT NULL,"
    "  status INTEGER NOT NULL," /* of the answer; 0: none */
    "  error TEXT NOT NULL) STRICT;"
    "CREATE INDEX delivery_attempt_by_delivery ON delivery_attempt (delivery_seq, seq);";

/* Lists are separated by commas. */
static const char version_3[] =
    "ALTER TABLE api_key ADD COLUMN scopes TEXT NOT NULL DEFAULT '';"       /* routes; empty: all */
    "ALTER TABLE api_key ADD COLUMN families TEXT NOT NULL DEFAULT '';"     /* of fields; empty: all */
    "ALTER TABLE api_key ADD COLUMN successor_id TEXT NOT NULL DEFAULT '';" /* once it is rotated */
    "ALTER TABLE api_key ADD COLUMN last_used_us INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE batch ADD COLUMN families TEXT NOT NULL DEFAULT '';"; /* of the key at submission */

/* Records that keys may get: budget_row.h. */
static const char version_4[] =
    "CREATE TABLE budget ("
    "  id INTEGER PRIMARY KEY,"
    "  daily_max INTEGER NOT NULL," /* 0: none */
    "  total_max INTEGER NOT NULL," /* 0: none */
    "  day INTEGER NOT NULL,"       /* that daily_used is of, since 1970, UTC */
    "  daily_used INTEGER NOT NULL,"
    "  total_used INTEGER NOT NULL,"
    "  direct_used INTEGER NOT NULL) STRICT;" /* of it by synchronous answers */
    "CREATE TABLE budget_charge ("
    "  batch_seq INTEGER PRIMARY KEY REFERENCES batch (seq),"
    "  budget_id INTEGER NOT NULL REFERENCES budget (id),"
    "  day INTEGER NOT NULL,"
    "  records INTEGER NOT NULL) STRICT;"
    "ALTER TABLE api_key ADD COLUMN budget_id INTEGER REFERENCES budget (id);"; /* its successor's, too */

static const char version_5[] =
    "CREATE TABLE link_key ("
    "  kid INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  created_us INTEGER NOT NULL,"
    "  retired_us INTEGER NOT NULL," /* 0: signs */
    "  revoked_us INTEGER NOT NULL"  /* 0: not */
    ") STRICT;"
    "INSERT INTO link_key (created_us, retired_us, revoked_us) VALUES (unixepoch() * 1000000, 0, 0);";

/* Who is not handed out, by keyed hashes (suppression.h), and the latest entry of the audit log. */
static const char version_6[] = "CREATE TABLE suppression ("
                                "  seq INTEGER PRIMARY KEY AUTOINCREMENT," /* a number is never used again */
                                "  hash BLOB NOT NULL UNIQUE,"
                                "  entity INTEGER NOT NULL,"
                                "  kind INTEGER NOT NULL," /* of key: entity/identifier.h */
                                "  is_erasure INTEGER NOT NULL,"
                                "  created_us INTEGER NOT NULL,"
                                "  reason TEXT NOT NULL) STRICT;"
                                "CREATE TABLE audit_head ("
                                "  id INTEGER PRIMARY KEY CHECK (id = 1),"
                                "  entry INTEGER NOT NULL,"
                                "  hash BLOB NOT NULL) STRICT;";

/* What of the suppression list the results have been checked with. */
static const char version_7[] =
    "ALTER TABLE batch ADD COLUMN suppression_seq INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE batch ADD COLUMN has_waste INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX batch_unscrubbed ON batch (suppression_seq) WHERE is_erased = 0;"
    "CREATE INDEX batch_wasteful ON batch (seq) WHERE is_erased = 0 AND has_waste = 1;";

/* How often the links to its files were revoked. */
static const char version_8[] = "ALTER TABLE batch ADD COLUMN link_epoch INTEGER NOT NULL DEFAULT 0";

/* What erasures have removed, for their receipts, and which of them an entry of the list is of. */
static const char version_9[] = "CREATE TABLE erasure ("
                                "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
                                "  receipt BLOB NOT NULL UNIQUE,"
                                "  started_us INTEGER NOT NULL,"
                                "  finished_us INTEGER NOT NULL," /* 0: not yet */
                                "  records INTEGER NOT NULL,"
                                "  lines INTEGER NOT NULL,"
                                "  inputs INTEGER NOT NULL) STRICT;"
                                "ALTER TABLE suppression ADD COLUMN erasure_id INTEGER NOT NULL DEFAULT 0;";

/* Of the request that submitted it. */
static const char version_10[] = "ALTER TABLE batch ADD COLUMN request_id TEXT NOT NULL DEFAULT ''";

static const char *const changes[] = {version_1, version_2, version_3, version_4, version_5,
                                      version_6, version_7, version_8, version_9, version_10};
#define VERSION ((int64_t)(sizeof changes / sizeof changes[0]))

static enum err read_marks(struct sqlite *db, int64_t *ret_application, int64_t *ret_version)
{
    TRY(sqlite_number(db, "PRAGMA application_id", ret_application));
    return sqlite_number(db, "PRAGMA user_version", ret_version);
}

enum err control_schema_check(struct sqlite *db, bool *ret_is_current)
{
    int64_t application, version, tables;
    TRY(read_marks(db, &application, &version));
    TRY(sqlite_number(db, "SELECT count(*) FROM sqlite_schema", &tables));
    bool is_ours = application == APPLICATION_ID;
    bool is_empty = application == 0 && version == 0 && tables == 0;
    if (!is_ours && !is_empty) return err_raise(ERR_CORRUPT, "control.db belongs to another program");
    if (version > VERSION) {
        return err_raise(ERR_CORRUPT, "control.db is of a newer enrichd: its version is %" PRId64, version);
    }
    *ret_is_current = version == VERSION;
    return OK;
}

static enum err apply_changes(struct sqlite *db)
{
    char sql[80];
    int64_t application, version;
    TRY(read_marks(db, &application, &version));
    for (; version < VERSION; version++) TRY(sqlite_run(db, changes[version]));
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %" PRId64, APPLICATION_ID,
             version);
    return sqlite_run(db, sql);
}

enum err control_schema_update(struct sqlite *db)
{
    TRY(sqlite_begin(db));
    enum err e = apply_changes(db);
    if (e == OK) return sqlite_commit(db);
    sqlite_abort(db);
    return e;
}
