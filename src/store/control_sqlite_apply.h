/* All durable writes of batches: `apply` of control.h. */
#ifndef ENRICHD_STORE_CONTROL_SQLITE_APPLY_H
#define ENRICHD_STORE_CONTROL_SQLITE_APPLY_H

#include "store/control.h"

void control_sqlite_apply(struct control *control, struct control_write **writes, size_t count);

#endif
