/* The kinds of thing that enrichd knows: persons and companies.
 *
 * Everything that differs between them (field table, identifier kinds, the name of the id field) hangs on
 * this enum, so that one code serves both.
 */
#ifndef ENRICHD_ENTITY_ENTITY_H
#define ENRICHD_ENTITY_ENTITY_H

#include "base/str.h"

enum entity {
    ENTITY_PERSON = 0,
    ENTITY_COMPANY = 1,
};
#define ENTITY_COUNT 2

/* "person" or "company". */
str entity_name(enum entity entity);

/* ERR_INVALID if name is neither. */
enum err entity_of_name(str name, enum entity *ret) MUST_USE;

/* The top-level field that holds the record's id: "crustdata_person_id" or "crustdata_company_id". */
str entity_id_field(enum entity entity);

#endif
