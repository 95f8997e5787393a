/* One setting's text to its value; the half of conf that knows sizes and durations. */
#ifndef ENRICHD_BASE_CONF_VALUE_H
#define ENRICHD_BASE_CONF_VALUE_H

#include "base/conf.h"

/* Reads text by the item's form and checks its limits (CONF_LIST: one entry, limits not looked at).
 *
 * ret: the number; 0 for texts. ERR_INVALID: err_detail() says what is wrong and what is allowed. */
enum err conf_value_parse(const struct conf_item *item, str text, int64_t *ret) MUST_USE;

#endif
