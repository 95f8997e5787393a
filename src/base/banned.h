/* Functions that this code base does without, made compile errors.
 *
 * Included before everything else by the build (-include). Unbounded copies, formatters and number parsers
 * have counterparts in str.h and buf.h that carry lengths; ctype.h depends on the locale.
 */
#ifndef ENRICHD_BASE_BANNED_H
#define ENRICHD_BASE_BANNED_H

/* The headers that declare or inline these come first, so that only our own use is an error. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#pragma GCC poison strcpy stpcpy strcat strncpy strncat sprintf vsprintf
#pragma GCC poison gets strtok strtok_r
#pragma GCC poison atoi atol atoll atof strtol strtoll strtoul strtoull strtod strtof
#pragma GCC poison sscanf scanf fscanf
#pragma GCC poison asctime ctime gmtime localtime
#pragma GCC poison tmpnam mktemp

#endif
