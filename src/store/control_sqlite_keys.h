/* Accounts and API keys: the key_ operations of control.h. */
#ifndef ENRICHD_STORE_CONTROL_SQLITE_KEYS_H
#define ENRICHD_STORE_CONTROL_SQLITE_KEYS_H

#include "store/control.h"
#include "store/sqlite.h"

enum err control_sqlite_key_create(struct control *control, const struct api_key *key) MUST_USE;
enum err control_sqlite_key_find(struct control *control, const char id[TOKEN_ID_BYTES], struct arena *arena,
                                 struct api_key *ret) MUST_USE;
enum err control_sqlite_key_list(struct control *control, struct arena *arena, struct api_key **ret,
                                 size_t *ret_count) MUST_USE;
enum err control_sqlite_key_set(struct control *control, const char id[TOKEN_ID_BYTES],
                                const struct api_key_change *change) MUST_USE;
enum err control_sqlite_key_rotate(struct control *control, const char id[TOKEN_ID_BYTES], int64_t until_us,
                                   const struct api_key *successor) MUST_USE;
enum err control_sqlite_key_revoke(struct control *control, const char id[TOKEN_ID_BYTES],
                                   int64_t revoked_us) MUST_USE;
enum err control_sqlite_key_change_secret(struct control *control, const char id[TOKEN_ID_BYTES],
                                          int64_t now_us, uint32_t *ret_version) MUST_USE;

enum err control_sqlite_budget_get(struct control *control, const char id[TOKEN_ID_BYTES],
                                   struct budget *ret) MUST_USE;

/* Notes inside a transaction that the key was used, if the last note is older than KEY_USED_STEP_US. */
enum err control_sqlite_key_used(struct sqlite *db, const char id[TOKEN_ID_BYTES], int64_t now_us) MUST_USE;

#endif
