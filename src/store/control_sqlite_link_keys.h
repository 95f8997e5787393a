/* Keys of signed links: the link_key_ operations of control.h. */
#ifndef ENRICHD_STORE_CONTROL_SQLITE_LINK_KEYS_H
#define ENRICHD_STORE_CONTROL_SQLITE_LINK_KEYS_H

#include "store/control.h"

uint64_t control_sqlite_keys_mark(struct control *control);
enum err control_sqlite_link_key_list(struct control *control, struct link_key ret[LINK_KEYS_MAX],
                                      size_t *ret_count) MUST_USE;
enum err control_sqlite_link_key_rotate(struct control *control, int64_t now_us, bool revokes) MUST_USE;

#endif
