/* Keys are few and written by hand: one transaction each. What changes a key that is there sets the change
 * mark afterwards, for the server that keeps a copy (key_cache.h); a new one nobody has a copy of. */
#include "store/control_sqlite_keys.h"

#include "base/os.h"
#include "store/budget_row.h"
#include "store/control_sqlite_state.h"

#define KEY_COLUMNS                                                                                          \
    "k.id, k.hash, k.account_id, a.name, k.name, k.scopes, k.families, k.created_us, k.expires_us,"          \
    " k.revoked_us, k.last_used_us, k.successor_id, k.secret_version, k.secret_changed_us"                   \
    ", " BUDGET_COLUMNS " FROM api_key AS k JOIN account AS a ON a.id = k.account_id"                        \
    " LEFT JOIN budget AS b ON b.id = k.budget_id"

static enum err account_of_name(struct sqlite *db, str name, int64_t now_us, int64_t *ret)
{
    bool has_row;
    STATEMENT_AUTO insert =
        statement_of(db, "INSERT INTO account (name, created_us) VALUES (?, ?) ON CONFLICT DO NOTHING");
    bind_str(&insert, name);
    bind_i64(&insert, now_us);
    TRY(statement_run(&insert));
    STATEMENT_AUTO find = statement_of(db, "SELECT id FROM account WHERE name = ?");
    bind_str(&find, name);
    TRY(statement_step(&find, &has_row));
    must(has_row);
    *ret = column_i64(&find);
    return OK;
}

static enum err insert_key(struct sqlite *db, const struct api_key *key)
{
    int64_t account_id;
    TRY(account_of_name(db, key->account_name, key->created_us, &account_id));
    STATEMENT_AUTO s = statement_of(
        db, "INSERT INTO api_key (id, hash, account_id, name, scopes, families, created_us, expires_us,"
            " revoked_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    bind_str(&s, str_of(key->token.id, sizeof key->token.id));
    bind_bytes(&s, key->token.hash, sizeof key->token.hash);
    bind_i64(&s, account_id);
    bind_str(&s, key->name);
    bind_str(&s, key->scopes);
    bind_str(&s, key->families);
    bind_i64(&s, key->created_us);
    bind_i64(&s, key->expires_us);
    bind_i64(&s, key->revoked_us);
    return statement_run(&s);
}

/* A change of keys on its way into a transaction. */
struct change {
    enum err (*run)(struct sqlite *db, const struct change *change);
    const char *id; /* of the key that is changed; NULL: none, so that nobody has a copy */
    const struct api_key *key;
    const struct api_key_change *fields;
    int64_t us;
};

static enum err transact(struct sqlite *db, const struct change *change)
{
    TRY(sqlite_begin(db));
    enum err e = change->run(db, change);
    if (e == OK) return sqlite_commit(db);
    sqlite_abort(db);
    return e;
}

static enum err apply(struct control *control, const struct change *change)
{
    struct control_sqlite *c = control_sqlite_of(control);
    pthread_mutex_lock(&c->writer_lock);
    enum err e = transact(&c->writer, change);
    pthread_mutex_unlock(&c->writer_lock);
    return e == OK && change->id ? change_mark_set(&c->keys_changed) : e;
}

/* Runs an update of one key that returns its id. */
static enum err update_one(struct statement *s)
{
    bool has_row;
    TRY(statement_step(s, &has_row));
    if (!has_row) return err_raise(ERR_NOT_FOUND, "there is no such key");
    return statement_run(s);
}

/* ---- budgets ---- */

static enum err attach_budget(struct sqlite *db, const char *id, int64_t budget_id)
{
    STATEMENT_AUTO s = statement_of(db, "UPDATE api_key SET budget_id = ? WHERE id = ? RETURNING id");
    bind_i64(&s, budget_id);
    bind_str(&s, str_of(id, TOKEN_ID_BYTES));
    return update_one(&s);
}

/* Sets the maxima of a key's budget, which comes into being with the first one. */
static enum err set_budget(struct sqlite *db, const char *id, const uint64_t *daily, const uint64_t *total)
{
    struct budget budget;
    TRY(budget_row_of_key(db, id, 0, &budget));
    if (daily) budget.daily_max = *daily;
    if (total) budget.total_max = *total;
    if (budget.id) return budget_row_set_max(db, &budget);
    if (!budget_is_limit(&budget)) return OK;
    TRY(budget_row_insert(db, &budget, &budget.id));
    return attach_budget(db, id, budget.id);
}

enum err control_sqlite_budget_get(struct control *control, const char id[TOKEN_ID_BYTES], struct budget *ret)
{
    struct control_sqlite *c = control_sqlite_of(control);
    SQLITE_LOAN_AUTO reader = sqlite_pool_lend(&c->readers);
    return budget_row_of_key(reader.db, id, os_now_us() / DAY_US, ret);
}

/* ---- create, find, list ---- */

static enum err create(struct sqlite *db, const struct change *change)
{
    const struct api_key *key = change->key;
    TRY(insert_key(db, key));
    return set_budget(db, key->token.id, &key->budget.daily_max, &key->budget.total_max);
}

enum err control_sqlite_key_create(struct control *control, const struct api_key *key)
{
    return apply(control, &(struct change){.run = create, .key = key});
}

static enum err read_key(struct statement *s, struct arena *arena, struct api_key *ret)
{
    str id = column_view(s);
    if (id.n != sizeof ret->token.id)
        return err_raise(ERR_CORRUPT, "control.db: a key id of %zu bytes", id.n);
    memcpy(ret->token.id, id.p, id.n);
    str hash = column_view(s);
    if (hash.n != sizeof ret->token.hash) return err_raise(ERR_CORRUPT, "control.db: a key without a hash");
    memcpy(ret->token.hash, hash.p, hash.n);
    ret->account_id = column_i64(s);
    ret->account_name = column_str(s, arena);
    ret->name = column_str(s, arena);
    ret->scopes = column_str(s, arena);
    ret->families = column_str(s, arena);
    ret->created_us = column_i64(s);
    ret->expires_us = column_i64(s);
    ret->revoked_us = column_i64(s);
    ret->last_used_us = column_i64(s);
    ret->successor_id = column_str(s, arena);
    ret->secret_version = column_u32(s);
    ret->secret_changed_us = column_i64(s);
    ret->budget = budget_row_read(s);
    TRY(statement_check(s));
    return arena->is_exhausted ? err_raise(ERR_NOMEM, "no memory for a key") : OK;
}

static enum err find_row(struct control_sqlite *c, const char *id, struct arena *arena, struct api_key *ret)
{
    bool has_row;
    struct api_key key;
    SQLITE_LOAN_AUTO reader = sqlite_pool_lend(&c->readers);
    STATEMENT_AUTO s = statement_of(reader.db, "SELECT " KEY_COLUMNS " WHERE k.id = ?");
    bind_str(&s, str_of(id, TOKEN_ID_BYTES));
    TRY(statement_step(&s, &has_row));
    if (!has_row) return ERR_NOT_FOUND;
    TRY(read_key(&s, arena, &key));
    *ret = key;
    return OK;
}

enum err control_sqlite_key_find(struct control *control, const char id[TOKEN_ID_BYTES], struct arena *arena,
                                 struct api_key *ret)
{
    struct control_sqlite *c = control_sqlite_of(control);
    uint64_t mark = change_mark_now(&c->keys_changed);
    enum err e = key_cache_find(&c->keys, id, mark, arena, ret);
    if (e != ERR_NOT_FOUND) return e;
    TRY(find_row(c, id, arena, ret));
    key_cache_put(&c->keys, ret, mark);
    return OK;
}

enum err control_sqlite_key_list(struct control *control, struct arena *arena, struct api_key **ret,
                                 size_t *ret_count)
{
    bool has_row;
    SQLITE_LOAN_AUTO reader = sqlite_pool_lend(&control_sqlite_of(control)->readers);
    STATEMENT_AUTO s =
        statement_of(reader.db, "SELECT count(*) OVER (), " KEY_COLUMNS " ORDER BY k.created_us, k.id");
    struct api_key *keys = NULL;
    size_t count = 0;
    for (;; count++) {
        TRY(statement_step(&s, &has_row));
        if (!has_row) break;
        int64_t total = column_i64(&s);
        if (!keys) keys = arena_array(arena, (size_t)total, sizeof *keys);
        if (!keys) return err_raise(ERR_NOMEM, "no memory for %" PRId64 " keys", total);
        TRY(read_key(&s, arena, &keys[count]));
    }
    *ret = keys;
    *ret_count = count;
    return OK;
}

/* ---- set ---- */

static enum err set_text(struct sqlite *db, const char *sql_cstr, const char *id, const str *text)
{
    if (!text) return OK;
    STATEMENT_AUTO s = statement_of(db, sql_cstr);
    bind_str(&s, *text);
    bind_str(&s, str_of(id, TOKEN_ID_BYTES));
    return update_one(&s);
}

static enum err set_expiry(struct sqlite *db, const char *id, const int64_t *expires_us)
{
    if (!expires_us) return OK;
    STATEMENT_AUTO s = statement_of(db, "UPDATE api_key SET expires_us = ? WHERE id = ? RETURNING id");
    bind_i64(&s, *expires_us);
    bind_str(&s, str_of(id, TOKEN_ID_BYTES));
    return update_one(&s);
}

static enum err set(struct sqlite *db, const struct change *change)
{
    static const char name[] = "UPDATE api_key SET name = ? WHERE id = ? RETURNING id";
    static const char scopes[] = "UPDATE api_key SET scopes = ? WHERE id = ? RETURNING id";
    static const char families[] = "UPDATE api_key SET families = ? WHERE id = ? RETURNING id";
    TRY(set_text(db, name, change->id, change->fields->name));
    TRY(set_text(db, scopes, change->id, change->fields->scopes));
    TRY(set_text(db, families, change->id, change->fields->families));
    TRY(set_expiry(db, change->id, change->fields->expires_us));
    if (!change->fields->budget_daily && !change->fields->budget_total) return OK;
    return set_budget(db, change->id, change->fields->budget_daily, change->fields->budget_total);
}

enum err control_sqlite_key_set(struct control *control, const char id[TOKEN_ID_BYTES],
                                const struct api_key_change *fields)
{
    return apply(control, &(struct change){.run = set, .id = id, .fields = fields});
}

/* ---- rotate ---- */

static enum err check_may_rotate(struct sqlite *db, const char *id, int64_t now_us)
{
    bool has_row;
    STATEMENT_AUTO s = statement_of(db, "SELECT revoked_us = 0 AND (expires_us = 0 OR expires_us > ?),"
                                        " successor_id = '' FROM api_key WHERE id = ?");
    bind_i64(&s, now_us);
    bind_str(&s, str_of(id, TOKEN_ID_BYTES));
    TRY(statement_step(&s, &has_row));
    if (!has_row) return err_raise(ERR_NOT_FOUND, "there is no such key");
    if (!column_i64(&s)) return err_raise(ERR_CLOSED, "the key is revoked or expired");
    return column_i64(&s) ? OK : err_raise(ERR_EXISTS, "the key has a successor already");
}

static enum err rotate(struct sqlite *db, const struct change *change)
{
    TRY(check_may_rotate(db, change->id, change->key->created_us));
    STATEMENT_AUTO s = statement_of(
        db, "UPDATE api_key SET expires_us = iif(expires_us = 0, ?1, min(expires_us, ?1)), successor_id = ?2"
            " WHERE id = ?3 RETURNING id");
    bind_i64(&s, change->us);
    bind_str(&s, str_of(change->key->token.id, TOKEN_ID_BYTES));
    bind_str(&s, str_of(change->id, TOKEN_ID_BYTES));
    TRY(update_one(&s));
    TRY(insert_key(db, change->key));
    struct budget budget;
    TRY(budget_row_of_key(db, change->id, 0, &budget));
    return budget.id ? attach_budget(db, change->key->token.id, budget.id) : OK;
}

enum err control_sqlite_key_rotate(struct control *control, const char id[TOKEN_ID_BYTES], int64_t until_us,
                                   const struct api_key *successor)
{
    return apply(control, &(struct change){.run = rotate, .id = id, .key = successor, .us = until_us});
}

/* ---- revoke, use ---- */

static enum err revoke(struct sqlite *db, const struct change *change)
{
    STATEMENT_AUTO s = statement_of(
        db, "UPDATE api_key SET revoked_us = iif(revoked_us = 0, ?, revoked_us) WHERE id = ? RETURNING id");
    bind_i64(&s, change->us);
    bind_str(&s, str_of(change->id, TOKEN_ID_BYTES));
    return update_one(&s);
}

enum err control_sqlite_key_revoke(struct control *control, const char id[TOKEN_ID_BYTES], int64_t revoked_us)
{
    return apply(control, &(struct change){.run = revoke, .id = id, .us = revoked_us});
}

enum err control_sqlite_key_used(struct sqlite *db, const char id[TOKEN_ID_BYTES], int64_t now_us)
{
    STATEMENT_AUTO s =
        statement_of(db, "UPDATE api_key SET last_used_us = ? WHERE id = ? AND last_used_us <= ?");
    bind_i64(&s, now_us);
    bind_str(&s, str_of(id, TOKEN_ID_BYTES));
    bind_i64(&s, now_us - KEY_USED_STEP_US);
    return statement_run(&s);
}

static enum err change_secret(struct sqlite *db, const char id[TOKEN_ID_BYTES], int64_t now_us,
                              uint32_t *ret_version)
{
    bool has_row;
    STATEMENT_AUTO s = statement_of(db, "UPDATE api_key SET secret_version = secret_version + 1,"
                                        " secret_changed_us = ? WHERE id = ? RETURNING secret_version");
    bind_i64(&s, now_us);
    bind_str(&s, str_of(id, TOKEN_ID_BYTES));
    TRY(statement_step(&s, &has_row));
    if (!has_row) return err_raise(ERR_NOT_FOUND, "there is no such key");
    uint32_t version = column_u32(&s);
    TRY(statement_run(&s));
    *ret_version = version;
    return OK;
}

enum err control_sqlite_key_change_secret(struct control *control, const char id[TOKEN_ID_BYTES],
                                          int64_t now_us, uint32_t *ret_version)
{
    struct control_sqlite *c = control_sqlite_of(control);
    pthread_mutex_lock(&c->writer_lock);
    enum err e = change_secret(&c->writer, id, now_us, ret_version);
    pthread_mutex_unlock(&c->writer_lock);
    return e == OK ? change_mark_set(&c->keys_changed) : e;
}
