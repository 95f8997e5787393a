/* A selection: which fields of an entity are wanted, and the walk that copies just those.
 *
 * One mode a field of the table. The walk is over the field table's depth, not the input's: values below a
 * wanted field are copied as text, whatever they contain. Pure code.
 */
#ifndef ENRICHD_ENTITY_SELECTION_H
#define ENRICHD_ENTITY_SELECTION_H

#include "base/arena.h"
#include "base/buf.h"
#include "entity/fields.h"

enum select_mode {
    SELECT_NONE = 0,
    SELECT_WHOLE, /* the value with everything in it */
    SELECT_SOME,  /* only the members that are selected themselves */
    SELECT_REST,  /* all members but those that the table knows and that are not selected: the default form */
};

struct selection {
    const struct field_table *table;
    uint8_t *modes; /* enum select_mode, one a field */
};

/* The default set of an entity. Static storage; any thread. */
const struct selection *selection_default(enum entity entity);

/* The default set, to be added to. modes lives in arena. ERR_NOMEM. */
enum err selection_init(struct selection *selection, enum entity entity, struct arena *arena) MUST_USE;

/* Adds the field and everything below it. */
void selection_add(struct selection *selection, const struct field *field);

/* Takes out all families but those of the set. */
void selection_keep(struct selection *selection, uint64_t families);

/* Appends `"name":` and what is selected of the value of `family`, a compact JSON text. Appends nothing if
 * the value has nothing of it. A leading comma is the caller's. */
void selection_copy_family(const struct selection *selection, const struct field *family, str value,
                           struct buf *out);

#endif
