/* API keys on standard output: one JSON object each, or a table for people. Never the key itself, but for the
 * one that has just been made. */
#ifndef ENRICHD_CMD_KEY_PRINT_H
#define ENRICHD_CMD_KEY_PRINT_H

#include "store/control.h"

/* The object of one key: id, name, account, state, scopes and fields (null: all), created_at, expires_at,
 * revoked_at, last_used_at and successor (null: none), budget (null: none) with daily, total (null: no
 * limit), used_today and used. text: the key itself, as `key`, and webhook_secret; empty: not shown.
 * replaced: the key that it takes the place of, as `replaces`; NULL: none. */
void key_print_json(const struct api_key *key, str text, str webhook_secret, const struct api_key *replaced);

void key_print_json_list(const struct api_key *keys, size_t count);
void key_print_table(const struct api_key *keys, size_t count);

#endif
