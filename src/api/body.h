/* Reading JSON request bodies: one object with known keys.
 *
 * Every function here that finds something wrong refuses the call (400, naming the key and what is allowed)
 * and returns false; the handler then just returns.
 */
#ifndef ENRICHD_API_BODY_H
#define ENRICHD_API_BODY_H

#include <yyjson.h>

#include "api/api.h"

/* Parses the call's body and takes apart its object: ret_values[i] is the value of keys[i], NULL if it is not
 * there. */
bool body_read(struct api_call *call, const str *keys, size_t key_count, yyjson_val **ret_values) MUST_USE;

/* A list of strings, written as an array of strings or as one string with commas between items (blanks around
 * items are trimmed, empty items skipped). At most `max` items. In the call's arena. */
bool body_strings(struct api_call *call, str key, yyjson_val *value, size_t max, str **ret,
                  size_t *ret_count) MUST_USE;

/* As body_strings, where integers may stand for strings in an array (their text is taken). */
bool body_strings_or_numbers(struct api_call *call, str key, yyjson_val *value, size_t max, str **ret,
                             size_t *ret_count) MUST_USE;

/* A whole number within the bounds, both inclusive. */
bool body_integer(struct api_call *call, str key, yyjson_val *value, uint32_t min, uint32_t max,
                  uint32_t *ret) MUST_USE;

/* A string. */
bool body_string(struct api_call *call, str key, yyjson_val *value, str *ret) MUST_USE;

#endif
