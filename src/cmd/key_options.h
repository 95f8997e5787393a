/* What the options of `enrichd key` mean: times and lists of names. What is wrong with one is ERR_INVALID
 * with err_detail(), without the option's name. */
#ifndef ENRICHD_CMD_KEY_OPTIONS_H
#define ENRICHD_CMD_KEY_OPTIONS_H

#include "base/arena.h"

/* A time from now, such as 30d; a date such as 2027-01-31, at whose midnight (UTC) it is; or "never": 0.
 * ERR_INVALID also for a time that is not to come. */
enum err key_option_time(const char *text_cstr, int64_t now_us, int64_t *ret_us) MUST_USE;

/* A span such as 24h, in microseconds; 0 is allowed. */
enum err key_option_span(const char *text_cstr, int64_t *ret_us) MUST_USE;

/* Records, 1 or more, or "none": 0. */
enum err key_option_records(const char *text_cstr, uint64_t *ret) MUST_USE;

/* Scopes, separated by commas, or "all": as a key stores them. The text is in arena. */
enum err key_option_scopes(const char *text_cstr, struct arena *arena, str *ret) MUST_USE;

/* The same for families of fields, of persons and companies. */
enum err key_option_families(const char *text_cstr, struct arena *arena, str *ret) MUST_USE;

#endif
