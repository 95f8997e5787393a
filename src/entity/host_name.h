/* Host names: to lower-case ASCII, and to the domain that was registered.
 *
 * Unicode names go through libidn2 (UTS 46, non-transitional); which suffixes are public is libpsl's built-in
 * list.
 */
#ifndef ENRICHD_ENTITY_HOST_NAME_H
#define ENRICHD_ENTITY_HOST_NAME_H

#include "base/arena.h"

/* The name in lower-case ASCII, xn-- for what is not ASCII, without a root dot.
 *
 * host: UTF-8, no port. ret: in the arena, at most 253 bytes, at least two labels of letters, digits and
 * inner hyphens, at most 63 bytes each. ERR_INVALID: anything else, IP addresses included. ERR_NOMEM. */
enum err host_name_ascii(str host, struct arena *arena, str *ret) MUST_USE;

/* The part of a name that its owner registered: the public suffix and one label.
 *
 * name: from host_name_ascii, in an arena. ret: the end of name. ERR_INVALID: name is itself a public suffix.
 */
enum err host_name_registrable(str name, str *ret) MUST_USE;

#endif
